import { OptionError, timeoutMs, type ExitReason } from '../base/index.js';
import { exitProcess, exitSignal, fenced, Phase, type Kernel, type Process } from '../process/index.js';
import { checkKeys } from './options.js';
import { recordOf, spawnTask, type TaskRecord } from './task.js';
import { TaskError } from './task-error.js';
import type { StreamOutcome, TaskStreamOptions } from './task-types.js';
import { TaskWait } from './task-wait.js';

export type StreamItems = Iterable<unknown> | AsyncIterable<unknown>;
type Outcome = StreamOutcome<unknown, unknown>;

/** How an element's task starts: `started` hears of it before it runs, or `refused` why there is none. */
export type StreamStart = (fn: unknown, item: unknown, consumer: Process | null, started: (task: TaskRecord) => void, refused: (error: unknown) => void) => void;

/** Everything a stream was asked for, checked. */
export interface StreamPlan {
  readonly items: StreamItems;
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
}

const KEYS = ['concurrency', 'ordered', 'timeoutMs', 'onTimeout', 'zipInputOnExit'];
const STREAM_TIMEOUT_MS = 5_000;

export function readPlan(where: string, kernel: Kernel, items: StreamItems, fn: unknown, linked: boolean, options: TaskStreamOptions, start: StreamStart | null = null): StreamPlan {
  checkKeys(where, options, KEYS);
  if (!isIterable(items)) throw new OptionError(`${where}.items`, items, 'something to loop over', 'an array, an iterator or an async iterator');
  const { concurrency = kernel.env.cores, ordered = true, onTimeout = 'exit', zipInputOnExit = false } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new OptionError(`${where}.concurrency`, concurrency, 'a whole number of tasks from 1');
  if (typeof ordered !== 'boolean') throw new OptionError(`${where}.ordered`, ordered, 'true or false');
  if (onTimeout !== 'exit' && onTimeout !== 'kill') throw new OptionError(`${where}.onTimeout`, onTimeout, "'exit' or 'kill'");
  if (typeof zipInputOnExit !== 'boolean') throw new OptionError(`${where}.zipInputOnExit`, zipInputOnExit, 'true or false');
  const limitMs = timeoutMs(`${where}.timeoutMs`, options.timeoutMs, STREAM_TIMEOUT_MS);
  return { items, fn, linked, concurrency, ordered, limitMs, kill: onTimeout === 'kill', zip: zipInputOnExit, start };
}

function isIterable(items: unknown): boolean {
  if (typeof items === 'string') return true;
  return typeof items === 'object' && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items);
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

  [Symbol.asyncIterator](): AsyncGenerator<Outcome> {
    const { consumer } = this;
    if (fenced(consumer)) throw new TaskError('ZOMBIE', 'stream', (consumer as Process).pid);
    return consume(new StreamRun(this.kernel, this.consumer, this.plan));
  }
}

/** As the receive of a dead process: its loop gets nothing more. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

async function* consume(run: StreamRun): AsyncGenerator<Outcome> {
  try {
    for (;;) {
      await run.paced();
      if (run.gone) await never();
      run.fill();
      if (run.failure !== null) throw run.failure.error;
      const ready = run.ready();
      if (ready !== undefined) yield ready;
      else if (run.done) return;
      else await run.change();
    }
  } finally {
    await run.close();
  }
}

/** One element: its task, then its outcome. A stream always listens, so no message of it ever reaches a mailbox (TK-12, TK-15). */
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
    if (plan.linked && consumer !== null && !consumer.trap) exitSignal(consumer, this.task.process, reason, true);
  }

  protected late(): void {
    const { plan } = this.run;
    this.kill();
    if (plan.kill) this.fails('timeout');
    else this.run.fail(new TaskError('TIMEOUT', 'stream', this.task.pid, undefined, plan.limitMs));
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

/** One loop over a stream. */
class StreamRun {
  failure: { readonly error: unknown } | null = null;
  /** running, or done and not yet taken; in input order */
  private readonly open: Element[] = [];
  /** done and not yet taken, in the order of completion */
  private readonly finished: Element[] = [];
  private sync: Iterator<unknown> | null = null;
  private later: AsyncIterator<unknown> | null = null;
  private pulling = false;
  private exhausted = false;
  private closed = false;
  private wake: (() => void) | null = null;

  constructor(
    private readonly kernel: Kernel,
    readonly consumer: Process | null,
    readonly plan: StreamPlan,
  ) {}

  get done(): boolean {
    return this.exhausted && this.open.length === 0;
  }

  /** A source may be empty, and every outcome there: then no drain holds the loop of its consumer back. */
  paced(): Promise<void> {
    return this.kernel.scheduler.paced(Promise.resolve());
  }

  /** Starts as many tasks as may run now. */
  fill(): void {
    try {
      this.begin();
      while (this.open.length < this.plan.concurrency && !this.exhausted && !this.pulling && this.failure === null && !this.closed && !this.gone) {
        if (this.sync !== null) this.took(this.sync.next());
        else if (this.later !== null) this.pull(this.later);
      }
    } catch (error) {
      this.exhausted = true;
      this.failure = { error };
    }
  }

  private begin(): void {
    if (this.sync !== null || this.later !== null) return;
    const items = this.plan.items as { [Symbol.asyncIterator]?: () => AsyncIterator<unknown>; [Symbol.iterator]: () => Iterator<unknown> };
    if (typeof items[Symbol.asyncIterator] === 'function') this.later = (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    else this.sync = items[Symbol.iterator]();
  }

  private pull(later: AsyncIterator<unknown>): void {
    this.pulling = true;
    Promise.resolve(later.next()).then(
      (step) => this.pulled(() => this.took(step)),
      (error: unknown) => this.pulled(() => {
        this.exhausted = true;
        this.failure = { error };
      }),
    );
  }

  private pulled(then: () => void): void {
    this.pulling = false;
    if (this.closed || this.gone) return;
    then();
    this.changed();
  }

  private took(step: IteratorResult<unknown>): void {
    if (step.done === true) {
      this.exhausted = true;
      return;
    }
    const { consumer, kernel, plan } = this;
    const { value } = step;
    if (plan.start === null) {
      this.began(recordOf(spawnTask(kernel, consumer, false, consumer, plan.fn, [value]), consumer), value);
      return;
    }
    this.pulling = true;
    plan.start(plan.fn, value, consumer, (task) => {
      this.pulling = false;
      this.began(task, value);
      this.changed();
    }, (error) => {
      this.pulling = false;
      this.fail(error);
    });
  }

  /** Listens to it before it can run; nobody wants one that comes after the end of the loop. */
  private began(task: TaskRecord, input: unknown): void {
    const element = new Element(task, input, this);
    if (this.closed || this.gone) {
      element.kill();
      return;
    }
    this.open.push(element);
    element.begin(this.plan.limitMs);
  }

  /** the consumer has ended */
  get gone(): boolean {
    return this.consumer !== null && this.consumer.phase === Phase.Dead;
  }

  told(element: Element): void {
    this.finished.push(element);
    this.changed();
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.changed();
  }

  /** The next outcome, taken, if it is there. */
  ready(): Outcome | undefined {
    const next = this.plan.ordered ? this.open[0] : this.finished[0];
    if (next === undefined || next.outcome === null) return undefined;
    this.open.splice(this.open.indexOf(next), 1);
    this.finished.splice(this.finished.indexOf(next), 1);
    return next.outcome;
  }

  /** Resolves when there may be something to do; never after the consumer's end. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private changed(): void {
    const { wake } = this;
    this.wake = null;
    if (wake !== null && !this.gone) wake();
  }

  /** Ends what still runs, and lets the source close. */
  async close(): Promise<void> {
    this.closed = true;
    for (const element of this.open) if (!element.settled) element.kill();
    this.open.length = 0;
    if (this.exhausted) return;
    if (this.sync !== null) this.sync.return?.();
    else await this.later?.return?.();
  }
}
