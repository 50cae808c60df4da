import { callError, disown, isThenable, settle } from '../../base/index.js';
import type { CallError, CallErrorCode, CallErrorFields, ExitReason } from '../../base/index.js';
import { StreamSlot } from '../../behaviour/gen/request/index.js';
import { refused } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Phase, Process } from '../../process/record/index.js';
import type { Address, LostCode } from '../../process/record/index.js';
import { boundOf } from '../../process/send/index.js';
import { addressName, Request, RequestExtra } from '../../router/request/index.js';
import { Hop } from './hops.js';

/** What was made on behalf of something, and ends with it. */
interface MadeFor {
  readonly outer?: unknown;
  abort?(reason: unknown): void;
}

/**
 * One message that an agent was handed: an invoke, or an attempt at a request. Whoever waits for it may give it
 * up; over it is when its handler is, so that the place it takes is free.
 */
export abstract class Hand extends Request {
  extra: RequestExtra | null = null;
  over = false;
  /** a simulation has lost it: nobody will ever answer */
  private gone = false;
  constructor(
    readonly caller: Process | null,
    public callee: Process,
    readonly op: Op,
    readonly target: Address,
    readonly hop: Hop,
  ) {
    super();
  }

  /** ms until whoever waits gives it up; undefined when nobody does */
  protected abstract get leftMs(): number | undefined;
  protected abstract answered(value: unknown): void;
  /** @param tried whether the agent had begun with it */
  protected abstract failed(error: CallError, tried: boolean): void;
  /** An answer after the first. */
  protected abstract late(): void;

  get settled(): boolean {
    return this.over;
  }

  /** Who waits stands in the list of its caller. */
  override get blocks(): boolean {
    return false;
  }

  get title(): string {
    return this.target instanceof Process ? this.callee.title : addressName(this.target);
  }

  get remainingMs(): number | undefined {
    if (this.extra !== null && this.extra.cancelled) return 0;
    return this.over ? undefined : this.leftMs;
  }

  cold(): RequestExtra {
    return (this.extra ??= new RequestExtra(this));
  }

  reply(value: unknown): boolean {
    if (this.over) {
      this.callee.kernel.counts.lateReplies++;
      disown(value);
      this.late();
      return false;
    }
    const { gate } = this.callee.kernel;
    return (gate !== null && gate.holds(this.callee, this.op, () => void this.answer(value), (dropped) => {
      if (!dropped) this.fail('UNKNOWN');
    })) || this.answer(value);
  }

  private answer(value: unknown): boolean {
    if (this.over) return false;
    this.end();
    if (!isThenable(value)) this.answered(value);
    else settle(
      value, (came) => this.answered(came),
      (error) => this.failed(this.error('REPLY_FAILED', { reason: error, cause: error }), true),
    );
    return true;
  }

  fail(code: CallErrorCode, fields: Partial<CallErrorFields> = {}): CallError | undefined {
    if (this.over) return undefined;
    this.end();
    const error = this.error(code, fields);
    this.failed(error, code === 'REFUSED' || code === 'EXIT');
    return error;
  }

  private error(code: CallErrorCode, fields: Partial<CallErrorFields>): CallError {
    return callError(code, { target: this.title, op: this.op.name, bound: boundOf(this.callee, code), ...fields });
  }

  /** A handler that ends with the reason why it was given up ends what it did, and not its agent. */
  override threw(error: unknown): boolean {
    const { extra, callee } = this;
    if (this.over || extra === null || !extra.cancelled || extra.abortReason !== error) return false;
    if (callee.from === this) refused(callee.box());
    this.fail('REFUSED', { refusal: 'ABORTED' });
    return true;
  }

  calleeEnded(reason: ExitReason): void {
    if (this.over) return;
    const tried = this.begun;
    this.end();
    this.failed(this.error('EXIT', { reason }), tried);
  }

  override lost(code: LostCode): void {
    this.fail(code);
  }

  override vanished(): boolean {
    this.gone = true;
    return false;
  }

  /** Whether its handler has begun; asked when its agent ends, which has forgotten all others by then. */
  private get begun(): boolean {
    const { callee, extra } = this;
    return callee.from === this || (extra !== null && extra.worker !== null)
      || (callee.ext !== null && callee.ext.deferred !== null && callee.ext.deferred.has(this));
  }

  /** Nobody waits for it any more: its signal fires, and what was asked for on its behalf is given up as well. */
  cancel(reason: unknown): void {
    if (this.over) return;
    if (this.gone) {
      this.fail('EVICTED');
      return;
    }
    const extra = this.cold();
    if (extra.cancelled) return;
    extra.cancelled = true;
    extra.abortReason = reason;
    const inner = this.madeFor(extra.worker ?? this.callee);
    if (extra.controller !== null) extra.controller.abort(reason);
    this.dropController();
    for (const one of inner) one.abort?.(reason);
  }

  /** What its handler has asked for and waits for, oldest first. */
  private madeFor(maker: Process): MadeFor[] {
    const found: MadeFor[] = [];
    if (maker.phase === Phase.Dead) return found;
    for (let at = maker.calls; at !== null; at = at.nextCall) {
      if ((at as MadeFor).outer === this) found.push(at as MadeFor);
    }
    return found.reverse();
  }

  private end(): void {
    this.over = true;
    this.callee.ext?.deferred?.delete(this);
    this.dropController();
  }
}

/**
 * The hop that a process is on: of what it handles now, also through the calls and streams in between; null outside
 * of any.
 * It is looked up when it asks for something, so nothing is kept for those that ask for nothing.
 */
export function hopOf(p: Process | null): Hop | null {
  let at: unknown = p === null ? null : p.from;
  while (at instanceof Request || at instanceof StreamSlot) {
    if (at instanceof Hand) return at.hop;
    at = (at as MadeFor).outer;
  }
  return at instanceof Hop ? at : null;
}
