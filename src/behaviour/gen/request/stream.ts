import { callError, Deadline, handled, markHandled, Ring, weightOf } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { exitProcess } from '../../../process/kernel/index.js';
import { CallSlot, fenced, Phase, untrackCall } from '../../../process/record/index.js';
import type { Kernel, LostCode, Process, TurnJob } from '../../../process/record/index.js';
import { boundOf } from '../../../process/send/index.js';
import { unwatch, watchSignal } from '../../../router/request/index.js';
import type { Abortable, Watched } from '../../../router/request/index.js';
import type { ReadStream } from '../options.js';
import type { Feed } from './agent-stream.js';

type Step = IteratorResult<unknown, undefined>;

const DONE: Step = { done: true, value: undefined };

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

/** Nothing is asked for. */
class Patience extends Deadline {
  constructor(private readonly slot: StreamSlot) {
    super();
  }
  expire(): void {
    this.slot.forgotten();
  }
}

/**
 * A call with many replies. The handler makes an item when one is asked for, and with credit some
 * ahead of that, which lie ready:
 *
 *   handler ─▶ wanted? ─▶ item ─▶ [ ready … ] ─▶ next() ─▶ reader
 *                                   credit - 1
 *
 * Whoever waits, waits in one of two promises: `asked`, the reader's, while nothing lies ready;
 * `demand`, the handler's, while there is no room. It is itself the deadline of the item that is
 * being waited for; `patience` runs while none is.
 */
export class StreamSlot extends CallSlot implements Feed, Abortable, TurnJob {
  settled = false;
  taken = 0;
  /** the handler's signal for this stream, once it has looked at it; fired when the reader has gone */
  controller: AbortController | null = null;
  /** its reader has gone, for that reason */
  left: { readonly reason: unknown } | null = null;
  /** the process of its handler, when that runs beside the callee */
  worker: Process | null = null;
  /** what its reader was handling when it asked; of a stream for somebody else, what that one says */
  outer: unknown = null;
  /** items that may lie ready */
  readonly ahead: number;
  private asked: Wait<Step> | null = null;
  private demand: Wait<boolean> | null = null;
  private readonly ready = new Ring<Step>();
  /** of those that lie ready, what each weighs; null when nobody asks */
  private readonly weights: Ring<number> | null;
  private bytes = 0;
  private failure: unknown = undefined;
  private begun = false;
  /** an item that lay ready was taken since patience was armed */
  private moved = false;
  /** the next turn of the event loop looks which limit is to be armed */
  private watches = false;
  private readonly patience: Patience | null;
  private readonly watched: Watched | null;
  constructor(
    caller: Process | null,
    callee: Process,
    readonly target: string,
    readonly op: string,
    private readonly terms: ReadStream,
  ) {
    super(caller, callee);
    this.ahead = terms.credit - 1;
    this.weights = terms.creditBytes > 0 ? new Ring() : null;
    this.patience = terms.itemTimeoutMs > 0 ? new Patience(this) : null;
    this.watched = terms.signal === undefined ? null : watchSignal(terms.signal, this);
  }

  get kernel(): Kernel {
    return this.callee.kernel;
  }

  aborted(reason: unknown): void {
    this.leave(reason);
  }

  /* ---- the reader's side ---- */

  next(): Promise<Step> {
    const { kernel } = this.callee;
    if (this.ready.size > 0 && !this.settled) return kernel.scheduler.paced(Promise.resolve(this.take()));
    return kernel.answer(this.ask());
  }

  private ask(): Promise<Step> {
    if (this.asked !== null) {
      return handled(Promise.reject<never>(
        new TypeError('the stream is already waiting for an item: await one next() before the following'),
      ));
    }
    if (this.settled) return this.afterwards();
    this.asked = new Wait();
    const { patience } = this;
    if (patience !== null && patience.entry !== null) this.callee.kernel.deadlines.remove(patience);
    if (!this.watches) this.watch();
    if (this.demand !== null) this.wake(true);
    return this.asked.promise;
  }

  /** The handler has ended: what was made before, then how it ended, then nothing. */
  private afterwards(): Promise<Step> {
    if (this.ready.size > 0) {
      const { signal } = this.terms; // nobody watches it any more
      const zombie = fenced(this.caller);
      if (!zombie && signal?.aborted !== true) return Promise.resolve(this.take());
      this.drop();
      this.failure = zombie ? callError('ZOMBIE', { target: this.target, op: this.op }) : signal?.reason;
    }
    const { failure } = this;
    this.failure = undefined;
    return failure === undefined ? Promise.resolve(DONE) : handled(Promise.reject<never>(failure));
  }

  private take(): Step {
    const step = this.ready.shift();
    if (this.weights !== null) this.bytes -= this.weights.shift();
    this.taken++;
    this.moved = true;
    if (this.demand !== null && this.ready.size <= this.ahead >> 1
      && this.bytes * 2 <= this.terms.creditBytes) {
      this.wake(true);
    }
    return step;
  }

  /** The reader breaks off, and is told nothing any more. */
  close(): void {
    this.leave(undefined);
    this.drop();
    this.failure = undefined;
  }

  expire(): void {
    const { target, op, terms: { timeoutMs } } = this;
    this.leave(callError('TIMEOUT', { target, op, timeoutMs }));
  }

  /** Nothing was asked for in all that time, unless it lay ready. */
  forgotten(): void {
    if (this.moved) this.watch();
    else this.leave(callError('TIMEOUT', { target: this.target, op: this.op, timeoutMs: this.terms.itemTimeoutMs }));
  }

  calleeEnded(reason: ExitReason): void {
    this.end(callError('EXIT', { target: this.target, op: this.op, reason }));
    const { worker } = this;
    // Also when the agent has ended as it should, which no link tells: nobody is left to read.
    if (worker !== null && worker.phase !== Phase.Dead) exitProcess(worker, reason, true);
  }

  callerEnded(): void {
    this.leave(callError('ZOMBIE', { target: this.target, op: this.op }));
  }

  override lost(code: LostCode): void {
    this.end(callError(code, { target: this.target, op: this.op, bound: boundOf(this.callee, code) }));
  }

  /**
   * The reader has gone, with an error unless it is undefined: what lies ready is dropped, the
   * handler's signal fires.
   */
  leave(failure: unknown): void {
    if (this.settled) return;
    this.drop();
    this.end(failure);
    const { controller } = this;
    this.left = {
      reason: failure === undefined
        ? new DOMException('the consumer of the stream has left', 'AbortError')
        : failure,
    };
    if (controller !== null) controller.abort(this.left.reason);
  }

  private drop(): void {
    while (this.ready.size > 0) this.ready.shift();
    if (this.weights !== null) while (this.weights.size > 0) this.weights.shift();
    this.bytes = 0;
  }

  /** Ends the stream after what lies ready, with an error unless it is undefined. Idempotent. */
  end(failure: unknown): void {
    if (this.settled) return;
    this.settled = true;
    const { callee } = this;
    const { deadlines } = callee.kernel;
    deadlines.remove(this);
    if (this.patience !== null) deadlines.remove(this.patience);
    if (this.caller !== null) untrackCall(this.caller, this);
    if (this.worker !== null && this.worker.phase === Phase.Dead) callee.ext?.deferred?.delete(this);
    unwatch(this.watched, callee.kernel);
    const { asked } = this;
    this.asked = null;
    if (asked === null) this.failure = failure;
    else if (failure === undefined) asked.resolve(DONE);
    else {
      markHandled(asked.promise);
      asked.reject(failure);
    }
    if (this.demand !== null) this.wake(false);
  }

  /* ---- its two limits ---- */

  private watch(): void {
    this.watches = true;
    this.callee.kernel.scheduler.nextTurn(this);
  }

  /**
   * A limit is armed in the turn of the event loop after the one in which a wait began: most are over
   * by then, and cost no deadline.
   */
  turn(): void {
    this.watches = false;
    if (this.settled) return;
    const { asked, patience, terms, callee: { kernel: { deadlines } } } = this;
    if (asked !== null) {
      if (terms.timeoutMs >= 0 && this.entry === null) deadlines.add(this, terms.timeoutMs);
    } else if (patience !== null && patience.entry === null && this.begun) {
      this.moved = false;
      deadlines.add(patience, terms.itemTimeoutMs);
    }
  }

  /* ---- the handler's side ---- */

  /** Its handler begins. */
  begin(): void {
    this.begun = true;
    if (!this.watches) this.watch();
  }

  /** Its handler has finished, in whatever process it was: until then the agent's end ends that one. */
  handlerEnded(): void {
    const { callee, controller, worker } = this;
    if (controller !== null) (worker ?? callee).ext?.controllers?.delete(controller);
    if (worker !== null) callee.ext?.deferred?.delete(this);
  }

  private get room(): boolean {
    return this.asked !== null
      || (this.ready.size < this.ahead && (this.weights === null || this.bytes < this.terms.creditBytes));
  }

  /** Whether an item is to be made; a promise while there is no room; false when nobody will ask again. */
  wanted(): boolean | Promise<boolean> {
    if (this.settled) return false;
    if (this.room) return true;
    this.demand = new Wait();
    return this.demand.promise;
  }

  /** The step of the generator is the reader's: nobody else has it. */
  item(step: IteratorYieldResult<unknown>): void {
    if (this.settled) return;
    if (this.asked === null) this.keep(step);
    else this.give(this.asked, step);
  }

  private give(asked: Wait<Step>, step: Step): void {
    this.asked = null;
    this.taken++;
    if (this.entry !== null) this.callee.kernel.deadlines.remove(this);
    if (!this.watches) this.watch();
    asked.resolve(step);
  }

  private keep(step: Step): void {
    if (this.weights === null) {
      this.ready.push(step);
      return;
    }
    const { creditBytes } = this.terms;
    const weight = Math.min(creditBytes, weightOf(step.value, creditBytes)); // runs getters: the reader may come, or go
    if (this.settled) return;
    if (this.asked !== null) {
      this.give(this.asked, step);
      return;
    }
    this.ready.push(step);
    this.weights.push(weight);
    this.bytes += weight;
  }

  private wake(wanted: boolean): void {
    const { demand } = this;
    this.demand = null;
    demand?.resolve(wanted);
  }
}
