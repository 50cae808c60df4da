import { atOnce, Deadline } from '../../../base/index.js';
import { Kind } from '../../../mailbox/message/index.js';
import type { Holding, Kept } from '../../../process/record/index.js';
import { isSuspended, withdrawn } from '../../../process/signal/index.js';
import { hold, letGo } from '../../../router/names/index.js';
import { unwatch, watchSignal } from '../../../router/request/index.js';
import type { Abortable, Watched } from '../../../router/request/index.js';
import type { Down } from '../../../api/messages.js';
import type { BodySelf } from './self.js';

export type Match = ((message: unknown) => boolean) | undefined;

/** A receive that waits, for one message or (`max` above 0) for a batch. */
export class Receiver extends Deadline implements Abortable, Holding {
  private readonly watched: Watched | null;
  constructor(
    readonly self: BodySelf,
    readonly match: Match,
    readonly max: number,
    /** ms to wait, -1 for ever */
    private readonly limitMs: number,
    signal: AbortSignal | undefined,
    private readonly settle: (got: unknown) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    super();
    this.watched = signal === undefined ? null : watchSignal(signal, this);
    if (signal !== undefined) hold(self.p, this);
    if (limitMs < 0) return;
    this.arm();
    self.p.cold().idle = this; // removed with the process
  }
  /**
   * Its time begins, again after each system message, and stands still while one has suspended the
   * process (GS-29).
   */
  arm(): void {
    const { mailbox, kernel } = this.self.p;
    if (this.limitMs < 0) return;
    kernel.deadlines.remove(this);
    if (!mailbox.held) kernel.deadlines.add(this, this.limitMs);
  }
  aborted(reason: unknown): void {
    this.leave();
    this.reject(reason);
  }
  /** Whether it takes a message; a predicate that is async ends the wait. */
  takes(one: Kept): boolean {
    try {
      return fits(this.match, one);
    } catch (error) {
      this.aborted(error);
      return false;
    }
  }
  /** Its process has ended: the promise stays open. */
  release(): void {
    this.leave();
  }
  resolve(got: unknown): void {
    this.leave();
    this.settle(got);
  }
  /**
   * A suspended process hears of it when it goes on, and then before what has come meanwhile, as on
   * the BEAM.
   */
  expire(): void {
    const { p } = this.self;
    if (isSuspended(p)) p.rare().onResume = () => this.expire();
    else if (this.self.receiver === this) this.resolve(this.max > 0 ? [] : undefined);
  }
  /** It waits no longer: what comes now stays queued (RE-01). */
  private leave(): void {
    if (this.self.receiver === this) this.self.receiver = null;
    this.self.p.kernel.deadlines.remove(this);
    if (this.watched === null) return;
    unwatch(this.watched, this.self.p.kernel);
    letGo(this.self.p, this);
  }
}

/** Whether a receive takes a message. Errors: `ASYNC_CALLBACK`; the message stays. */
export function fits(match: Match, one: Kept): boolean {
  if (one.op.kind === Kind.Down && withdrawn(one.payload as Down)) return false;
  if (match === undefined) return true;
  let said: unknown;
  try {
    said = match(one.payload);
  } catch {
    return false; // RE-06: an exception in a predicate is no match; the message stays
  }
  return Boolean(atOnce('receive.match', said));
}
