import { callError, markHandled } from '../../base/index.js';
import type { CallErrorCode, CallErrorFields, ExitReason } from '../../base/index.js';
import { Waiter } from '../../mailbox/index.js';
import type { Rank } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { CallSlot, trackCall, untrackCall } from '../../process/record/index.js';
import type { Address, Process } from '../../process/record/index.js';
import {
  acceptOrWait, admitWaiter, boundOf, Entry, refusalOf, withdraw,
} from '../../process/send/index.js';
import { findCycle } from './cycle.js';
import { addressName } from './title.js';
import { unwatch, watchSignal, type Abortable, type Watched } from './watch.js';

/** The options of a put, read and checked; times in ms, -1 for none. */
export interface PutOptions {
  readonly rank: Rank;
  readonly timeoutMs: number;
  readonly expiresInMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The place in line of one put. */
class PutWaiter extends Waiter {
  constructor(
    readonly put: Put,
    rank: Rank,
    payload: unknown,
    expiresAt: number,
  ) {
    super(rank, put.op, payload, put.caller, expiresAt);
  }
  get over(): boolean {
    return this.put.settled;
  }
  enter(): void {
    admitWaiter(this.put.callee, this);
    this.entered();
  }
  entered(): void {
    this.put.close();
    this.put.resolve();
  }
  refused(code: string, reason?: ExitReason): void {
    this.put.fail(code as CallErrorCode, code === 'EXIT' ? { reason } : {});
  }
}

/**
 * A cast that waits for room (design §6). It stands among the unsettled requests of its sender, so
 * that it is withdrawn when that ends, and so that two agents which wait for each other are found.
 */
export class Put extends CallSlot implements Abortable {
  settled = false;
  readonly promise: Promise<void>;
  resolve!: () => void;
  private reject!: (error: unknown) => void;
  private watched: Watched | null = null;
  readonly waiter: PutWaiter;
  constructor(
    caller: Process | null,
    callee: Process,
    readonly op: Op,
    payload: unknown,
    private readonly target: Address,
    private readonly options: PutOptions,
  ) {
    super(caller, callee);
    this.promise = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { expiresInMs } = options;
    this.waiter =
      new PutWaiter(this, options.rank, payload, expiresInMs < 0 ? -1 : callee.kernel.env.mono() + expiresInMs);
  }

  /** Waits from now on, by its deadline and its signal; not when a copy of it is queued already. */
  wait(): void {
    if (this.settled) return;
    const { timeoutMs, expiresInMs, signal } = this.options;
    const limit = this.expires ? expiresInMs : timeoutMs;
    if (limit >= 0) this.callee.kernel.deadlines.add(this, limit);
    if (this.caller !== null) trackCall(this.caller, this);
    if (signal === undefined || this.settled) return;
    if (signal.aborted) this.aborted(signal.reason); // by the user's sizeOf
    else this.watched = watchSignal(signal, this);
  }

  aborted(reason: unknown): void {
    this.leave('rejected', reason, true);
  }

  /** its message expires before the wait does */
  private get expires(): boolean {
    const { timeoutMs, expiresInMs } = this.options;
    return expiresInMs >= 0 && (timeoutMs < 0 || expiresInMs <= timeoutMs);
  }

  expire(): void {
    if (this.expires) this.leave('expired', this.error('EXPIRED', {}));
    else this.leave('rejected', this.error('TIMEOUT', { timeoutMs: this.options.timeoutMs }));
  }

  calleeEnded(reason: ExitReason): void {
    this.fail('EXIT', { reason });
  }

  callerEnded(): void {
    this.leave('dropped', this.error('ZOMBIE', {}));
  }

  fail(code: CallErrorCode, fields: Partial<CallErrorFields>): void {
    if (!this.settled) this.end(this.error(code, fields), false);
  }

  /** Out of the line, counted as `outcome`. */
  leave(outcome: 'rejected' | 'dropped' | 'expired', error: unknown, aborted: boolean = false): void {
    if (this.settled) return;
    this.close();
    withdraw(this.callee, this.waiter, outcome);
    this.end(error, aborted);
  }

  close(): void {
    this.settled = true;
    if (this.entry !== null) this.callee.kernel.deadlines.remove(this);
    if (this.caller !== null) untrackCall(this.caller, this);
    if (this.watched !== null) unwatch(this.watched, this.callee.kernel);
  }

  private end(error: unknown, aborted: boolean): void {
    this.close();
    this.callee.kernel.failures.failed(error, aborted);
    markHandled(this.promise);
    this.reject(error);
  }

  private error(code: CallErrorCode, fields: Partial<CallErrorFields>): unknown {
    return callError(
      code,
      { target: addressName(this.target), op: this.op.name, verb: 'put', bound: boundOf(
        this.callee, code,
      ), ...fields },
    );
  }
}

/**
 * Queues a cast, or waits until there is room for it. The caller has checked the payload, and that
 * the signal has not fired.
 */
export function put(
  callee: Process, op: Op, payload: unknown, caller: Process | null, target: Address, options: PutOptions,
): Promise<void> {
  const made = new Put(caller, callee, op, payload, target, options);
  const entry = acceptOrWait(callee, made.waiter);
  if (made.settled) return made.promise; // its process ended while it was measured
  if (entry === Entry.Queued) made.waiter.entered();
  else if (entry === Entry.Refused) made.fail(refusalOf(callee, op, payload), {});
  else {
    const path = caller === null ? null : findCycle(caller, callee);
    made.wait();
    if (path !== null) {
      made.leave(
        'rejected',
        callError('CALL_CYCLE', { target: addressName(target), op: op.name, verb: 'put', path }),
      );
    }
  }
  return made.promise;
}
