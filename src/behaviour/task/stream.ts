import { handled, OptionError, Ring, timeoutMs, unstacked } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { exitProcess, systemStopped } from '../../process/kernel/index.js';
import { fenced, Phase } from '../../process/record/index.js';
import type { Holding, Kernel, Level, Process } from '../../process/record/index.js';
import { exitSignal } from '../../process/signal/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { checkKeys, rejectedWith } from '../gen/index.js';
import { Source } from '../gen/request/index.js';
import type { Items, Puller } from '../gen/request/index.js';
import type { StreamOutcome, TaskStreamOptions } from '../../api/tasks.js';
import { recordOf, spawnTask, type TaskRecord } from './task.js';
import { TaskError } from './error.js';
import { TaskWait } from './wait.js';

type Outcome = StreamOutcome<unknown, unknown>;

/** How an element's task starts: `started` hears of it before it runs, or `refused` why there is none. */
export type StreamStart = (
  fn: unknown, item: unknown, consumer: Process | null, started: (task: TaskRecord) => void,
  refused: (error: unknown) => void,
) => void;

/** Everything a stream was asked for, checked. */
export interface StreamPlan {
  readonly items: Items;
  readonly fn: unknown;
  /** a crash ends a consumer that does not trap exits */
  readonly linked: boolean;
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly limitMs: number;
  readonly kill: boolean;
  readonly zip: boolean;
  /** null: the consumer starts its tasks itself */
  readonly start: StreamStart | null;
  /** scheduling level of the tasks that the consumer starts */
  readonly level: Level;
}

const KEYS = ['concurrency', 'ordered', 'timeoutMs', 'onTimeout', 'zipInputOnExit'];
const STREAM_TIMEOUT_MS = 5_000;

export function readPlan(
  where: string, kernel: Kernel, items: Items, fn: unknown, linked: boolean,
  options: TaskStreamOptions, level: Level,
  start: StreamStart | null = null,
): StreamPlan {
  checkKeys(where, options, KEYS);
  if (!isIterable(items)) {
    throw new OptionError(
      `${where}.items`, items, 'something to loop over', 'an array, an iterator or an async iterator',
    );
  }
  const {
    concurrency = kernel.env.cores, ordered = true, onTimeout = 'exit', zipInputOnExit = false,
  } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new OptionError(`${where}.concurrency`, concurrency, 'a whole number of tasks from 1');
  }
  if (typeof ordered !== 'boolean') throw new OptionError(`${where}.ordered`, ordered, 'true or false');
  if (onTimeout !== 'exit' && onTimeout !== 'kill') {
    throw new OptionError(`${where}.onTimeout`, onTimeout, "'exit' or 'kill'");
  }
  if (typeof zipInputOnExit !== 'boolean') {
    throw new OptionError(`${where}.zipInputOnExit`, zipInputOnExit, 'true or false');
  }
  const limitMs = timeoutMs(`${where}.timeoutMs`, options.timeoutMs, STREAM_TIMEOUT_MS);
  return {
    items, fn, linked, concurrency, ordered, limitMs, kill: onTimeout === 'kill',
    zip: zipInputOnExit, level, start,
  };
}

function isIterable(items: unknown): boolean {
  if (typeof items === 'string') return true;
  try {
    return typeof items === 'object' && items !== null
      && (Symbol.asyncIterator in items || Symbol.iterator in items);
  } catch {
    return false;
  }
}

/** The run-time side of TaskStream. */
export class TaskStreamImpl implements AsyncIterable<Outcome> {
  constructor(
    private readonly kernel: Kernel,
    private readonly consumer: Process | null,
    private readonly plan: StreamPlan,
  ) {}

  bind(self: { readonly p: Process }): TaskStreamImpl {
    return new TaskStreamImpl(this.kernel, self.p, this.plan);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Outcome> {
    const { consumer, kernel } = this;
    if (fenced(consumer)) return ofZombie(kernel, new TaskError('ZOMBIE', 'stream', (consumer as Process).pid));
    return new StreamRun(this.kernel, this.consumer, this.plan);
  }
}

/** The loop of a dead process fails at its first step, which leaves the event loop its turns (P8). */
function ofZombie(kernel: Kernel, error: TaskError): AsyncIterableIterator<Outcome> {
  const run: AsyncIterableIterator<Outcome> = {
    next: () => rejectedWith(kernel, error),
    [Symbol.asyncIterator]: () => run,
  };
  return run;
}

/**
 * One element: its task, then its outcome. A stream always listens, so no message of it ever
 * reaches a mailbox (TK-12, TK-15).
 */
class Element extends TaskWait {
  outcome: Outcome | null = null;
  constructor(
    task: TaskRecord,
    readonly input: unknown,
    private readonly run: StreamRun,
  ) {
    super(task);
  }

  protected value(value: unknown): void {
    this.outcome = { ok: true, value };
    this.run.told(this);
  }

  protected failure(reason: ExitReason): void {
    const { plan, consumer } = this.run;
    this.fails(reason);
    // The link of a stream is kept by hand: a real one would leave Exit messages with a consumer that traps.
    if (plan.linked && consumer !== null
      && !consumer.trap) exitSignal(consumer, this.task.process, reason, true);
  }

  protected late(): void {
    const { plan } = this.run;
    this.kill();
    if (plan.kill) this.fails('timeout');
    else this.run.fail(
      unstacked(() => new TaskError('TIMEOUT', 'stream', this.task.pid, undefined, plan.limitMs)),
    );
  }

  /** The consumer has ended: its tasks go with it. */
  override callerEnded(): void {
    super.callerEnded();
    this.kill();
  }

  kill(): void {
    this.close();
    this.task.drop();
    exitProcess(this.task.process, 'killed', true);
  }

  private fails(reason: ExitReason): void {
    this.outcome = this.run.plan.zip ? { ok: false, reason, input: this.input } : { ok: false, reason };
    this.run.told(this);
  }
}

interface Reader {
  resolve(result: IteratorResult<Outcome, undefined>): void;
  reject(error: unknown): void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * One loop over a stream, as its reader holds it. However it ends, by its end, by a failure, by its
 * reader, by the death of its consumer or by the stop of the system, its tasks are killed and its
 * source is closed, and nobody waits for that.
 */
class StreamRun implements AsyncIterableIterator<Outcome>, Puller, Holding {
  private readonly readers = new Ring<Reader>();
  private failure: { readonly error: unknown } | null = null;
  /** running, or done and not yet taken; in input order */
  private readonly open: Element[] = [];
  /** done and not yet taken, in the order of completion */
  private readonly finished: Element[] = [];
  private source: Source | null = null;
  private begun = false;
  /** an item, or its task, is on its way */
  private waiting = false;
  private ended = false;
  private closed = false;
  /** it moves on now, or will in a moment */
  private moving = false;

  constructor(
    private readonly kernel: Kernel,
    readonly consumer: Process | null,
    readonly plan: StreamPlan,
  ) {}

  /* ---- the reader's side ---- */

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** As the receive of a dead process, the loop of one gets nothing more. */
  next(): Promise<IteratorResult<Outcome, undefined>> {
    if (fenced(this.consumer)) return new Promise(() => undefined);
    const promise =
      new Promise<IteratorResult<Outcome, undefined>>((resolve, reject) =>
        this.readers.push({ resolve, reject }));
    this.begin();
    if (!this.moving) this.move();
    // A source may be empty, and every outcome there: then no drain holds the loop of its consumer back.
    return this.kernel.answer(handled(promise));
  }

  /** The reader breaks off. */
  return(): Promise<IteratorResult<Outcome, undefined>> {
    this.failure = null;
    this.close();
    this.source?.close(); // at once: it is its own reader that leaves
    while (this.readers.size > 0 && !this.gone) this.readers.shift().resolve(DONE);
    return Promise.resolve(DONE);
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    if (this.consumer === null && this.kernel.closed) {
      this.fail(systemStopped()); // nothing would end it later
      return;
    }
    if (this.consumer === null) this.kernel.stopHooks.add(this.stopped);
    else hold(this.consumer, this);
    try {
      this.source = Source.of(
        this.plan.items,
        (error) => this.kernel.warn('the source of a stream of tasks failed to close', { error }),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Gives the readers what there is, and starts what may run for those that wait. */
  private move(): void {
    this.moving = true;
    while (this.readers.size > 0 && !this.gone) {
      this.fill();
      if (this.readers.size === 0 || this.gone) break; // the source has ended the loop, or its consumer
      const { failure } = this;
      const ready = failure === null ? this.ready() : undefined;
      if (ready !== undefined) this.readers.shift().resolve({ done: false, value: ready });
      else if (failure !== null) {
        this.failure = null;
        this.readers.shift().reject(failure.error);
      } else if (this.closed || (this.ended && this.open.length === 0)) {
        this.close();
        this.readers.shift().resolve(DONE);
      } else break;
    }
    this.moving = false;
  }

  /** Starts as many tasks as may run now. */
  private fill(): void {
    const { source, plan } = this;
    while (source !== null && this.open.length < plan.concurrency && !this.ended && !this.waiting
      && !this.closed) {
      this.waiting = true;
      source.pull(this);
    }
  }

  /** The next outcome, taken, if it is there. */
  private ready(): Outcome | undefined {
    const next = this.plan.ordered ? this.open[0] : this.finished[0];
    if (next === undefined || next.outcome === null) return undefined;
    this.open.splice(this.open.indexOf(next), 1);
    this.finished.splice(this.finished.indexOf(next), 1);
    return next.outcome;
  }

  /** Never inside of what told it: that may be another process's handler. */
  private changed(): void {
    if (this.moving || this.readers.size === 0 || this.gone) return;
    this.moving = true;
    this.kernel.env.microtask(() => this.move());
  }

  /* ---- the source and the tasks ---- */

  pulled(value: unknown): void {
    try {
      this.start(value);
    } catch (error) {
      this.waiting = false;
      this.fail(error);
    }
  }

  exhausted(): void {
    this.ended = true;
    this.waiting = false;
    this.changed();
  }

  broke(error: unknown): void {
    this.ended = true;
    this.fail(error);
  }

  private start(value: unknown): void {
    const { consumer, kernel, plan } = this;
    if (plan.start === null) {
      this.began(recordOf(
        spawnTask(kernel, consumer, false, consumer, plan.fn, [value], plan.level), consumer,
      ), value);
      return;
    }
    plan.start(plan.fn, value, consumer, (task) => this.began(task, value), (error) => {
      this.waiting = false;
      this.fail(error);
    });
  }

  /** Listens to it before it can run; nobody wants one that comes after the end of the loop. */
  private began(task: TaskRecord, input: unknown): void {
    this.waiting = false;
    const element = new Element(task, input, this);
    if (this.closed || this.gone) {
      element.kill();
      return;
    }
    this.open.push(element);
    element.begin(this.plan.limitMs);
    this.changed();
  }

  told(element: Element): void {
    this.finished.push(element);
    this.changed();
  }

  /* ---- the end ---- */

  /** the consumer has ended */
  private get gone(): boolean {
    return this.consumer !== null && this.consumer.phase === Phase.Dead;
  }

  fail(error: unknown): void {
    if (this.closed) return;
    this.failure = { error };
    this.close();
    this.changed();
  }

  /** The consumer has ended. */
  release(): void {
    this.close();
  }

  private readonly stopped = (): void => this.fail(systemStopped());

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.ended = true;
    for (const element of this.open) if (!element.settled) element.kill();
    this.open.length = 0;
    this.finished.length = 0;
    if (this.consumer === null) this.kernel.stopHooks.delete(this.stopped);
    else letGo(this.consumer, this);
    const { source } = this;
    // The user's code, and we may be in the midst of somebody's end.
    if (source !== null) this.kernel.env.microtask(() => source.close());
  }
}
