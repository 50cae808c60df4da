import {
  adopt, callError, Deadline, handled, isThenable, markHandled,
} from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { refused } from '../../../mailbox/index.js';
import { CallSlot, Phase, untrackCall } from '../../../process/record/index.js';
import type { Kernel, LostCode, Process } from '../../../process/record/index.js';
import { boundOf } from '../../../process/send/index.js';
import { unwatch, watchSignal } from '../../../router/request/index.js';
import type { Abortable, Watched } from '../../../router/request/index.js';
import { Refusal } from '../../../api/returns.js';
import { rejectedWith } from '../host.js';

/**
 * ms without demand after which a stream handler is cancelled, so that a forgotten consumer cannot
 * hold an agent's turn.
 */
export const ITEM_TIMEOUT_MS = 30_000;

/** One promise, its two functions, and no more. */
class Wait<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

class DemandDeadline extends Deadline {
  constructor(private readonly slot: StreamSlot) {
    super();
  }
  expire(): void {
    this.slot.leave(callError('TIMEOUT', {
      target: this.slot.target, op: this.slot.op, timeoutMs: ITEM_TIMEOUT_MS,
    }));
  }
}

/**
 * A call with many replies: the consumer asks for one item at a time, the handler runs only while
 * one is asked for. It is itself the deadline of the item that is being waited for.
 */
export class StreamSlot extends CallSlot implements AsyncIterableIterator<unknown>, Abortable {
  settled = false;
  private asked: Wait<IteratorResult<unknown>> | null = null;
  private demand: Wait<boolean> | null = null;
  private failure: unknown = undefined;
  /** the handler's signal for this stream, once it has looked at it; fired when the consumer has gone */
  controller: AbortController | null = null;
  /** its consumer has gone, for that reason */
  left: { readonly reason: unknown } | null = null;
  private readonly patience = new DemandDeadline(this);
  private readonly watched: Watched | null;
  constructor(
    caller: Process | null,
    callee: Process,
    readonly target: string,
    readonly op: string,
    private readonly timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    super(caller, callee);
    this.watched = signal === undefined ? null : watchSignal(signal, this);
  }

  aborted(reason: unknown): void {
    this.leave(reason);
  }

  /* ---- the consumer's side ---- */

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.callee.kernel.answer(this.ask());
  }

  private ask(): Promise<IteratorResult<unknown>> {
    if (this.asked !== null) {
      return handled(Promise.reject<never>(
        new TypeError('the stream is already waiting for an item: await one next() before the following'),
      ));
    }
    if (this.settled) {
      const { failure } = this;
      this.failure = undefined;
      return failure === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : handled(Promise.reject<never>(failure));
    }
    this.asked = new Wait();
    if (this.timeoutMs >= 0) this.callee.kernel.deadlines.add(this, this.timeoutMs);
    if (this.demand !== null) this.wake(true);
    return this.asked.promise;
  }

  /**
   * The consumer breaks off: the handler's generator is finished through its `finally` blocks, its
   * turn ends.
   */
  return(): Promise<IteratorResult<unknown>> {
    this.leave(undefined);
    this.failure = undefined; // it is not read any more
    return Promise.resolve({ done: true, value: undefined });
  }

  expire(): void {
    this.leave(callError('TIMEOUT', { target: this.target, op: this.op, timeoutMs: this.timeoutMs }));
  }

  calleeEnded(reason: ExitReason): void {
    this.close(callError('EXIT', { target: this.target, op: this.op, reason }));
  }

  callerEnded(): void {
    this.leave(callError('ZOMBIE', { target: this.target, op: this.op }));
  }

  override lost(code: LostCode): void {
    this.close(callError(code, { target: this.target, op: this.op, bound: boundOf(this.callee, code) }));
  }

  /** The consumer has gone, with an error unless it is undefined: the signal of the handler fires. */
  leave(failure: unknown): void {
    if (this.settled) return;
    this.close(failure);
    const { controller } = this;
    this.left = {
      reason: failure === undefined
        ? new DOMException('the consumer of the stream has left', 'AbortError')
        : failure,
    };
    if (controller !== null) controller.abort(this.left.reason);
  }

  /** Ends the stream, with an error unless it is undefined. Idempotent. */
  close(failure: unknown): void {
    if (this.settled) return;
    this.settled = true;
    const { deadlines } = this.callee.kernel;
    deadlines.remove(this);
    deadlines.remove(this.patience);
    if (this.caller !== null) untrackCall(this.caller, this);
    unwatch(this.watched, this.callee.kernel);
    const { asked } = this;
    this.asked = null;
    if (asked === null) this.failure = failure;
    else if (failure === undefined) asked.resolve({ done: true, value: undefined });
    else {
      markHandled(asked.promise);
      asked.reject(failure);
    }
    if (this.demand !== null) this.wake(false);
  }

  /* ---- the handler's side ---- */

  /** Resolves to true when an item is asked for, to false when nobody will ask again. */
  wanted(): Promise<boolean> {
    if (this.settled) return Promise.resolve(false);
    if (this.asked !== null) return Promise.resolve(true);
    this.demand = new Wait();
    this.callee.kernel.deadlines.add(this.patience, ITEM_TIMEOUT_MS);
    return this.demand.promise;
  }

  item(value: unknown): void {
    const { asked } = this;
    if (asked === null) return;
    this.asked = null;
    this.callee.kernel.deadlines.remove(this);
    asked.resolve({ done: false, value });
  }

  private wake(wanted: boolean): void {
    const { demand } = this;
    this.demand = null;
    this.callee.kernel.deadlines.remove(this.patience);
    demand?.resolve(wanted);
  }
}

type Items = AsyncGenerator<unknown> | Generator<unknown>;

/**
 * Runs a stream handler: holds the agent's turn until the generator is done, has been finished, or
 * the agent has ended. The generator is the agent's own code, which nothing may overlap (P7): only
 * a dead agent does not wait for it.
 */
export async function driveStream(p: Process, slot: StreamSlot, items: Items): Promise<void> {
  try {
    while (await slot.wanted()) {
      if (p.phase === Phase.Dead) break;
      const step = await pull(p, items, 'next');
      if (step.done === true) {
        slot.close(refusalOf(p, slot, step.value));
        return;
      }
      const { value } = step;
      slot.item(isThenable(value) ? await adopt(value) : value); // of a plain generator, as `for await` does it
    }
    await pull(p, items, 'return');
  } finally {
    if (slot.controller !== null) p.ext?.controllers?.delete(slot.controller);
  }
}

/** `return self.refuse(…)` ends a stream with an error to its consumer. */
function refusalOf(p: Process, slot: StreamSlot, value: unknown): unknown {
  if (!(value instanceof Refusal)) return undefined;
  refused(p.box());
  return callError('REFUSED', {
    target: slot.target, op: slot.op, refusal: value.code, details: value.details,
  });
}

/** The generator's synchronous part runs as the process, like any handler. */
function pull(
  p: Process, items: Items, step: 'next' | 'return',
): Promise<IteratorResult<unknown>> | IteratorResult<unknown> {
  const { kernel } = p;
  const outer = kernel.current;
  kernel.current = p;
  try {
    return step === 'next' ? items.next() : items.return(undefined);
  } finally {
    kernel.current = outer;
  }
}

/** A stream that fails at its first item. */
export class FailedStream implements AsyncIterableIterator<never> {
  private failure: { readonly error: unknown } | null;
  constructor(
    private readonly kernel: Kernel,
    error: unknown,
  ) {
    this.failure = { error };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<never>> {
    const { failure } = this;
    this.failure = null;
    return failure === null
      ? Promise.resolve({ done: true, value: undefined })
      : rejectedWith(this.kernel, failure.error);
  }

  return(): Promise<IteratorResult<never>> {
    this.failure = null;
    return Promise.resolve({ done: true, value: undefined });
  }
}
