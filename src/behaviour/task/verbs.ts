import { OptionError, timeoutMs } from '../../base/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import { fenced, Level } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { exitSignal, unlink } from '../../process/signal/index.js';
import { checkKeys, levelOf, rejectedWith } from '../gen/index.js';
import type { Items } from '../gen/request/index.js';
import type {
  Task, TaskFunction, TaskOutcome, TaskOutcomes, TaskSelf, TaskStartOptions, TaskStream, TaskStreamOptions,
  TaskValues, TaskVerbs, TaskWaitOptions, YieldManyOptions,
} from '../../api/tasks.js';
import { recordOf, spawnTask, TaskRecord } from './task.js';
import { TaskError } from './error.js';
import { awaitAll, yieldAll } from './many.js';
import { readPlan, TaskStreamImpl } from './stream.js';
import { AwaitWait, OutcomeWait } from './wait.js';

/** Default of every wait for a task, ms. */
export const TASK_TIMEOUT_MS = 5_000;

type Fn = (...args: never[]) => unknown;
type Outcome<V> = TaskOutcome<V> | undefined;

const NOPROC: TaskOutcome<never> = { ok: false, reason: 'noproc' };

/** The run-time side of TaskVerbs, of one process or of the outside. */
export class TaskVerbsImpl implements TaskVerbs {
  constructor(
    readonly kernel: Kernel,
    readonly p: Process | null,
    private readonly level: Level = Level.Normal,
  ) {}

  with(options: TaskStartOptions): TaskVerbsImpl {
    checkKeys('task.with', options, ['level']);
    return new TaskVerbsImpl(this.kernel, this.p, levelOf('task.with', options.level));
  }

  async<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): TaskRecord<Awaited<V>> {
    return this.start('async', true, fn, args);
  }

  asyncNolink<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): TaskRecord<Awaited<V>> {
    return this.start('asyncNolink', false, fn, args);
  }

  private start<V>(verb: string, linked: boolean, fn: unknown, args: readonly unknown[]): TaskRecord<V> {
    checkFunction(verb, fn);
    this.need(verb);
    const { p } = this;
    return recordOf(spawnTask(this.kernel, p, linked, p, fn, args, this.level), p);
  }

  await<V>(task: Task<V>, options?: TaskWaitOptions): Promise<V>;
  await(task: TaskRecord, options?: TaskWaitOptions): Promise<unknown> {
    try {
      this.own('await', task);
      const limit = waitMs('await', options);
      const now = task.take();
      if (now === undefined) {
        const wait = new AwaitWait(task, limit);
        wait.begin(limit);
        return this.kernel.traced(wait.promise);
      }
      if (now !== null && now.ok) return this.told(Promise.resolve(now.value));
      throw now === null
        ? new TaskError('NOPROC', 'await', task.pid)
        : new TaskError('EXIT', 'await', task.pid, now.reason);
    } catch (error) {
      return rejectedWith(this.kernel, error);
    }
  }

  awaitMany<const L extends readonly Task<unknown>[]>(
    tasks: L, options?: TaskWaitOptions,
  ): Promise<TaskValues<L>>;
  awaitMany(tasks: readonly TaskRecord[], options?: TaskWaitOptions): Promise<unknown[]> {
    try {
      this.ownAll('awaitMany', tasks);
      return this.told(awaitAll(tasks, waitMs('awaitMany', options)));
    } catch (error) {
      return rejectedWith(this.kernel, error);
    }
  }

  yield<V>(task: TaskRecord<V>, options?: TaskWaitOptions): Promise<Outcome<V>> {
    try {
      this.own('yield', task);
      const limit = waitMs('yield', options);
      const now = task.take();
      if (now !== undefined) return this.told(Promise.resolve(now ?? NOPROC));
      return new Promise((resolve) => new OutcomeWait(task, resolve).begin(limit));
    } catch (error) {
      return rejectedWith(this.kernel, error);
    }
  }

  yieldMany<const L extends readonly Task<unknown>[]>(
    tasks: L, options?: YieldManyOptions,
  ): Promise<TaskOutcomes<L>>;
  yieldMany(tasks: readonly TaskRecord[], options: YieldManyOptions = {}): Promise<Outcome<unknown>[]> {
    try {
      checkKeys('task.yieldMany', options, ['timeoutMs', 'onTimeout', 'limit']);
      this.ownAll('yieldMany', tasks);
      const { onTimeout = 'nothing', limit = tasks.length } = options;
      if (onTimeout !== 'nothing' && onTimeout !== 'ignore' && onTimeout !== 'kill') {
        throw new OptionError('task.yieldMany.onTimeout', onTimeout, "'nothing', 'ignore' or 'kill'");
      }
      if (!Number.isInteger(limit) || limit < (tasks.length === 0 ? 0 : 1)) {
        throw new OptionError('task.yieldMany.limit', limit, 'a whole number of tasks from 1');
      }
      return this.told(
        yieldAll(
          tasks, timeoutMs('task.yieldMany.timeoutMs', options.timeoutMs, TASK_TIMEOUT_MS),
          onTimeout, limit,
        ),
      );
    } catch (error) {
      return rejectedWith(this.kernel, error);
    }
  }

  shutdown<V>(
    task: TaskRecord<V>, patience: number | 'infinity' | 'brutal_kill' = TASK_TIMEOUT_MS,
  ): Promise<Outcome<V>> {
    try {
      this.own('shutdown', task);
      const brutal = patience === 'brutal_kill';
      const limit = brutal ? -1 : timeoutMs('task.shutdown.timeoutMs', patience, TASK_TIMEOUT_MS);
      const now = task.take();
      if (now === null && !task.watchEnd()) return this.told(Promise.resolve(NOPROC));
      if (now !== undefined && now !== null) return this.told(Promise.resolve(asked(now, brutal)));
      return this.told(new Promise((resolve) => end(task, brutal, limit, resolve)));
    } catch (error) {
      return rejectedWith(this.kernel, error);
    }
  }

  ignore<V>(task: TaskRecord<V>): Outcome<V> {
    this.own('ignore', task);
    const now = task.take();
    if (now !== undefined && now !== null) return now;
    // also of one that was let go before: a timeout leaves the link (TK-02)
    task.detach();
    return undefined;
  }

  stream<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>>;
  stream(items: Items, fn: Fn, options: TaskStreamOptions = {}): TaskStreamImpl {
    checkFunction('stream', fn);
    return new TaskStreamImpl(
      this.kernel, this.p, readPlan('task.stream', this.kernel, items, fn, true, options, this.level),
    );
  }

  streamNolink<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>>;
  streamNolink(items: Items, fn: Fn, options: TaskStreamOptions = {}): TaskStreamImpl {
    checkFunction('streamNolink', fn);
    return new TaskStreamImpl(
      this.kernel, this.p, readPlan('task.streamNolink', this.kernel, items, fn, false, options, this.level),
    );
  }

  /** An outcome that is there already comes without a drain. */
  private told<T>(answer: Promise<T>): Promise<T> {
    return this.kernel.answer(answer);
  }

  private need(verb: string): void {
    if (fenced(this.p)) throw new TaskError('ZOMBIE', verb, (this.p as Process).pid);
  }

  /** Refuses what is no task, another process's task, and a task that is waited for already. */
  private own(verb: string, task: TaskRecord): void {
    if (!(task instanceof TaskRecord)) {
      throw new OptionError(`task.${verb}`, task, 'a task', 'pass what task.async returned');
    }
    this.need(verb);
    if (task.holder !== this.p) throw new TaskError('NOT_OWNER', verb, task.pid);
    if (task.listener !== null) throw new TaskError('BUSY', verb, task.pid);
  }

  private ownAll(verb: string, tasks: readonly TaskRecord[]): void {
    if (!Array.isArray(tasks)) throw new OptionError(`task.${verb}`, tasks, 'an array of tasks');
    for (const task of tasks) this.own(verb, task as TaskRecord);
    if (new Set(tasks).size !== tasks.length) {
      throw new OptionError(`task.${verb}`, 'the same task twice', 'tasks that differ');
    }
  }
}

function checkFunction(verb: string, fn: unknown): void {
  if (typeof fn !== 'function') {
    throw new OptionError(`task.${verb}`, fn, 'a function that takes the self of its task, then the arguments');
  }
}

function waitMs(verb: string, options: TaskWaitOptions | undefined): number {
  if (options === undefined) return TASK_TIMEOUT_MS;
  checkKeys(`task.${verb}`, options, ['timeoutMs']);
  return timeoutMs(`task.${verb}.timeoutMs`, options.timeoutMs, TASK_TIMEOUT_MS);
}

/** That a task ended as it was asked to is no news. */
function asked<V>(outcome: TaskOutcome<V>, brutal: boolean): Outcome<V> {
  return !outcome.ok && outcome.reason === (brutal ? 'killed' : 'shutdown') ? undefined : outcome;
}

/** Unlinks first: the end that was asked for must not come back as an exit signal. */
function end<V>(
  task: TaskRecord<V>, brutal: boolean, limitMs: number, resolve: (outcome: Outcome<V>) => void,
): void {
  const { process: p, holder } = task;
  if (holder !== null) unlink(holder, p);
  const wait = new OutcomeWait(task, (outcome) => {
    if (outcome !== undefined) {
      resolve(asked(outcome, brutal));
      return;
    }
    new OutcomeWait(task, resolve).begin(-1);
    exitProcess(p, 'killed', true);
  });
  wait.begin(limitMs);
  if (brutal) exitProcess(p, 'killed', true);
  else exitSignal(p, holder, 'shutdown', false);
}
