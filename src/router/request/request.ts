import { CallError, callError, markHandled, settle, UNUSED } from '../../base/index.js';
import type { CallErrorCode, CallErrorFields, Deadline, DeadlineEntry, ExitReason } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { Rank } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Process, trackCall, untrackCall } from '../../process/record/index.js';
import type {
  Address, Gate, LostCode, NameCell, SystemCommand, Trace, Tracked,
} from '../../process/record/index.js';
import { accept, acceptWith, boundOf, pushSignal, refusalOf } from '../../process/send/index.js';
import { Request, RequestExtra } from './base.js';
import { unwatch, watchFromNextTurn } from './watch.js';

/** A call in flight: it settles exactly once (P6); what comes later dies here and is counted. */
export class CallRequest extends Request implements Tracked, Deadline {
  /** see `Exit.kept` */
  static readonly kept: CallRequest = new CallRequest(
    null, UNUSED, UNUSED, UNUSED, 0, Promise.resolve(), () => undefined, () => undefined,
  );
  entry: DeadlineEntry | null = null;
  extra: RequestExtra | null = null;
  priorCall: Tracked | null = null;
  nextCall: Tracked | null = null;
  /** settled, as far as it has been told */
  over = false;
  /** the reply is a promise: it is its outcome that is waited for, as long as the call may take */
  private answered = false;
  /** its answer waits for a commit, whatever becomes of its callee */
  private waits = false;
  /** what its caller was handling when it made this one; a request there takes this one with it when it is cancelled */
  outer: unknown = null;
  constructor(
    readonly caller: Process | null,
    public callee: Process,
    readonly op: Op,
    readonly target: Address,
    readonly timeoutMs: number,
    readonly promise: Promise<unknown>,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super();
  }

  cold(): RequestExtra {
    return (this.extra ??= new RequestExtra(this));
  }

  /** Also by a signal that has fired and has not told it yet. */
  get settled(): boolean {
    const { extra } = this;
    if (!this.over && extra !== null && extra.fired) extra.stand();
    return this.over;
  }

  /** Settles with the reply; false when the call was over, then the reply is dropped and counted (GS-11, GS-18). */
  reply(value: unknown): boolean {
    if (this.settled || this.answered || this.waits) {
      this.callee.kernel.counts.lateReplies++;
      return false;
    }
    const { gate } = this.callee.kernel;
    return (gate !== null && this.keep(gate, () => void this.deliver(value))) || this.deliver(value);
  }

  override refuse(refusal: string, details: unknown): void {
    if (this.settled || this.waits) return;
    const { gate } = this.callee.kernel;
    const tell = (): void => super.refuse(refusal, details);
    if (gate === null || !this.keep(gate, tell)) tell();
  }

  /** The answer of a durable agent waits for the commit of what it tells of. */
  private keep(gate: Gate, tell: () => void): boolean {
    const { callee, op, extra } = this;
    const release = (): void => {
      this.waits = false;
      if (!this.settled) tell();
    };
    const lost = (dropped: boolean): void => {
      this.waits = false;
      if (!dropped) this.fail('UNKNOWN');
    };
    return this.waits = gate.holds(callee, op, release, lost, extra !== null && extra.worker !== null);
  }

  private deliver(value: unknown): boolean {
    if (this.answered) return false;
    if ((typeof value === 'object' ? value !== null : typeof value === 'function') && mayWait(value as object)) {
      this.answered = true;
      settle(
        value, (given) => { if (!this.settled) this.answer(given); },
        (error) => void this.withdraw(error, false),
      );
      return true;
    }
    this.answer(value);
    return true;
  }

  private answer(value: unknown): void {
    this.close();
    this.dropController();
    this.resolve(value);
  }

  /** Settles with a typed failure; ignored when the call was over. */
  fail(code: CallErrorCode, fields: Partial<CallErrorFields> = {}): CallError | undefined {
    if (this.settled) return undefined;
    this.close();
    const { kernel } = this.callee;
    const error =
      callError(code, { target: this.title, op: this.op.name, bound: boundOf(this.callee, code), ...fields });
    if (kernel.traces !== null) kernel.traces.add(error, this.extra === null ? null : this.extra.trace);
    kernel.counts.callsFailed++;
    kernel.failures.count(code);
    this.rejectWith(error);
    return error;
  }

  /**
   * The caller's AbortSignal fired: the promise rejects with the signal's reason, the callee's
   * signal fires.
   */
  override abort(reason: unknown): void {
    if (this.withdraw(reason, true)) this.cancel(reason);
  }

  private withdraw(reason: unknown, aborted: boolean): boolean {
    if (this.settled) return false;
    this.close();
    const { kernel } = this.callee;
    kernel.counts.callsFailed++;
    kernel.failures.failed(reason, aborted);
    this.rejectWith(reason);
    return true;
  }

  expire(): void {
    const error = this.fail('TIMEOUT', { timeoutMs: this.timeoutMs });
    if (error === undefined) return;
    this.cancel(error);
  }

  calleeEnded(reason: ExitReason): void {
    if (!this.answered && !this.waits) this.fail('EXIT', { reason });
  }

  override lost(code: LostCode): void {
    this.fail(code);
  }

  callerEnded(): void {
    const error = this.fail('ZOMBIE');
    if (error !== undefined) this.cancel(error);
    else if (this.caller !== null) untrackCall(this.caller, this);
  }

  get title(): string {
    return this.target instanceof Process ? this.callee.title : (this.target as NameCell).name;
  }

  /**
   * Tells the callee that nobody waits any more; a queued request is still handled unless it asked
   * not to be. The calls that it made for this request end with the same reason, and theirs, oldest
   * first.
   */
  private cancel(reason: unknown): void {
    const cancelled: CallRequest[] = [this];
    for (const at of cancelled) { // grows meanwhile
      const inner = at.madeFor();
      at.tellCallee(reason);
      for (const call of inner) if (call.withdraw(reason, !isA(reason, CallError))) cancelled.push(call);
    }
  }

  private tellCallee(reason: unknown): void {
    const extra = this.cold();
    extra.cancelled = true;
    extra.abortReason = reason;
    if (extra.controller !== null) extra.controller.abort(reason);
    this.dropController();
  }

  /** The open calls that its handler has made, oldest first. */
  private madeFor(): CallRequest[] {
    const found: CallRequest[] = [];
    const maker = this.extra?.worker ?? this.callee;
    for (let at = maker.calls; at !== null; at = at.nextCall) {
      if (at instanceof CallRequest && at.outer === this) found.push(at);
    }
    return found.reverse();
  }

  /**
   * ms until its caller gives up, by this call's limit or by that of one that it is made for;
   * undefined when it waits for ever.
   */
  get remainingMs(): number | undefined {
    if (this.settled) return this.extra?.cancelled === true ? 0 : undefined;
    let least: number | undefined;
    for (let at: unknown = this; at instanceof CallRequest && !at.settled; at = at.outer) {
      const left = at.timeoutMs < 0 ? undefined : at.callee.kernel.deadlines.remaining(at);
      if (left !== undefined && (least === undefined || left < least)) least = left;
    }
    return least;
  }

  private rejectWith(error: unknown): void {
    markHandled(this.promise);
    this.reject(error);
  }

  protected close(): void {
    this.over = true;
    const { callee, entry, extra } = this;
    if (entry !== null) this.entry = callee.kernel.deadlines.lift(entry);
    if (this.caller !== null) untrackCall(this.caller, this);
    const deferred = callee.ext === null ? null : callee.ext.deferred;
    if (deferred !== null) deferred.delete(this);
    unwatch(extra, callee.kernel);
  }
}

/** Whether a reply may be a promise; the look at it may be a trap. */
function mayWait(value: object): boolean {
  try {
    return 'then' in value;
  } catch {
    return true;
  }
}

// The executor hands the two functions over through module variables: no closure of ours per call.
let resolveOfNew: (value: unknown) => void;
let rejectOfNew: (error: unknown) => void;
const executor = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  resolveOfNew = resolve;
  rejectOfNew = reject;
};

/**
 * Makes a request and queues it: the common case of a call, without options. `timeoutMs` below 0
 * waits forever.
 */
export function request(
  callee: Process, op: Op, payload: unknown, caller: Process | null, target: Address, timeoutMs: number,
): CallRequest {
  const promise = new Promise<unknown>(executor);
  const made = new CallRequest(caller, callee, op, target, timeoutMs, promise, resolveOfNew, rejectOfNew);
  if (!accept(callee, op, payload, made)) {
    made.fail(refusalOf(callee, op, payload));
    return made;
  }
  if (made.settled) return made;
  if (timeoutMs >= 0) made.entry = callee.kernel.deadlines.place(made, timeoutMs);
  if (caller !== null) madeFor(made, caller);
  return made;
}

/** It ends with the request that its caller handles: that one hears of its own end at once from now on. */
function madeFor(made: CallRequest, caller: Process): void {
  const outer = caller.from;
  made.outer = outer;
  if (outer instanceof CallRequest && outer.extra !== null) outer.extra.stand();
  trackCall(caller, made);
}

/**
 * A request whose sender does not wait for it: its answer goes to two functions. It is no edge of
 * the cycle check, unless its sender says that it waits now.
 */
export class SentRequest extends CallRequest {
  waitedFor = false;
  constructor(
    caller: Process | null, callee: Process, op: Op, target: Address, value: (value: unknown) => void,
    error: (error: unknown) => void,
  ) {
    super(caller, callee, op, target, -1, NOBODY_LISTENS, value, error);
  }
  override get blocks(): boolean {
    return this.waitedFor;
  }
}
const NOBODY_LISTENS: Promise<unknown> = Promise.resolve();

/** Makes one and queues it; a full mailbox is told through `error` at once. */
export function sendRequest(made: SentRequest, payload: unknown): void {
  if (!accept(made.callee, made.op, payload, made)) made.fail(refusalOf(made.callee, made.op, payload));
  else if (made.caller !== null) trackCall(made.caller, made);
}

/**
 * A request of the sys protocol: travels as a signal, in the sender's order, and is answered by
 * what `command` does.
 */
export function systemRequest(
  callee: Process, op: Op, command: SystemCommand, caller: Process | null, target: Address, timeoutMs: number,
): CallRequest {
  const promise = new Promise<unknown>(executor);
  const made = new CallRequest(caller, callee, op, target, timeoutMs, promise, resolveOfNew, rejectOfNew);
  const { traces } = callee.kernel;
  if (traces !== null) made.cold().trace = traces.take(systemRequest);
  pushSignal(callee, op, command, made);
  if (timeoutMs >= 0) callee.kernel.deadlines.add(made, timeoutMs);
  if (caller !== null) trackCall(caller, made);
  return made;
}

/** The options of a request that need the longer road. */
export interface RequestOptions {
  readonly rank: Rank;
  readonly timeoutMs: number;
  readonly expiresAt: number;
  readonly skipAbandoned: boolean;
  readonly signal: AbortSignal | undefined;
  readonly trace: Trace | null;
}

/** Makes and queues a request with options. The caller has checked that the signal has not fired. */
export function requestWith(
  callee: Process, op: Op, payload: unknown, caller: Process | null, target: Address, options: RequestOptions,
): CallRequest {
  const promise = new Promise<unknown>(executor);
  const made = new CallRequest(
    caller, callee, op, target, options.timeoutMs, promise, resolveOfNew, rejectOfNew,
  );
  const { rank, expiresAt, signal } = options;
  if (options.skipAbandoned) made.cold().skipAbandoned = true;
  if (options.trace !== null) made.cold().trace = options.trace;
  if (!(rank === Rank.Normal && expiresAt < 0
    ? accept(callee, op, payload, made)
    : acceptWith(callee, rank, op, payload, made, expiresAt))) {
    made.fail(refusalOf(callee, op, payload));
    return made;
  }
  if (made.settled) return made;
  if (options.timeoutMs >= 0) made.entry = callee.kernel.deadlines.place(made, options.timeoutMs);
  if (caller !== null) madeFor(made, caller);
  // Accepting may have run the user's code (sizeOf), which may have fired it: it is found out as
  // later in this turn.
  if (signal !== undefined && !made.settled) watchFromNextTurn(signal, made.cold(), callee.kernel);
  return made;
}
