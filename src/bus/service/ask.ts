import { CastcallError, markHandled } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { CallSlot, trackCall, untrackCall } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { RequestEnd } from './account.js';

/** Why an ask ends before it is answered, and how that counts. */
export type GivenUp = Extract<RequestEnd, 'timedOut' | 'cancelled'>;

/**
 * Somebody who waits for an answer, under a time limit, a signal and the life of a process. It stands in the list
 * of the requests of that one: who waits for its worker, which waits for it, would wait for ever (CALL_CYCLE).
 */
export abstract class Ask extends CallSlot implements Abortable {
  over = false;
  /** what its caller was handling when it asked */
  outer: unknown = null;
  private watched: Watched | null = null;
  constructor(readonly kernel: Kernel, caller: Process | null) {
    super(caller, caller as Process); // its callee, while nobody has it, blocks nobody
  }

  get settled(): boolean {
    return this.over;
  }

  /** Whether `callee` has it now. */
  abstract override get blocks(): boolean;

  get remainingMs(): number | undefined {
    return this.over ? undefined : this.kernel.deadlines.remaining(this);
  }

  /** It waits from now on; its signal has not fired. */
  protected wait(timeoutMs: number, signal: AbortSignal | undefined): void {
    const { caller, kernel } = this;
    kernel.deadlines.add(this, timeoutMs);
    if (caller !== null) {
      this.outer = caller.from;
      trackCall(caller, this);
    }
    if (signal !== undefined && !this.over) this.watched = watchSignal(signal, this);
  }

  aborted(reason: unknown): void {
    this.abort(reason);
  }

  /** Whoever asked does not wait any more, for that reason. */
  abort(reason: unknown): void {
    this.giveUp(reason, 'cancelled');
  }

  callerEnded(): void {
    const { pid } = this.caller as Process;
    this.giveUp(new CastcallError('ZOMBIE', `${this.title}: the process ${pid} has ended`), 'cancelled');
  }

  /** It hears of that by its hand. */
  calleeEnded(_reason: ExitReason): void {}

  abstract get title(): string;
  /** Rejects, and takes back what an agent has of it. Nothing when it is over. */
  abstract giveUp(error: unknown, as: GivenUp): void;

  protected close(): void {
    this.over = true;
    const { caller, kernel } = this;
    kernel.deadlines.remove(this);
    unwatch(this.watched, kernel);
    if (caller !== null) untrackCall(caller, this);
  }
}

// The executor hands the two functions over through module variables: no closure of ours per request.
let resolveOfNew: (value: unknown) => void;
let rejectOfNew: (error: unknown) => void;
const executor = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  resolveOfNew = resolve;
  rejectOfNew = reject;
};

/** An ask whose answer is a promise. */
export abstract class PromisedAsk extends Ask {
  readonly promise: Promise<unknown>;
  protected readonly resolve: (value: unknown) => void;
  private readonly refuse: (error: unknown) => void;
  constructor(kernel: Kernel, caller: Process | null) {
    super(kernel, caller);
    this.promise = new Promise(executor);
    this.resolve = resolveOfNew;
    this.refuse = rejectOfNew;
  }

  protected reject(error: unknown): void {
    markHandled(this.promise);
    this.refuse(error);
  }

  /** The promise as its verb returns it: one that is over has come without a drain. */
  get outcome(): Promise<unknown> {
    return this.over ? this.kernel.answer(this.promise) : this.kernel.traced(this.promise);
  }
}
