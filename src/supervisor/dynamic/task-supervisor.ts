import { handled, OptionError, Own, parseOptions, z } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { AgentRefImpl, checkKeys, levelOf, planOf } from '../../behaviour/gen/index.js';
import type { Items, HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import { readStreamPlan, TaskStreamImpl } from '../../behaviour/task/index.js';
import type { StreamStart } from '../../behaviour/task/index.js';
import { Level } from '../../process/record/index.js';
import type { Address, Kernel } from '../../process/record/index.js';
import { checkStartName } from '../../router/names/index.js';
import { checkId, limitFields, limitsOf, shutdownOf } from '../spec/index.js';
import type { ChildSpec } from '../spec/index.js';
import { nestedSpec } from '../static/index.js';
import type {
  ChildCount, ChildInfo, SupervisedTaskOptions, SupervisorChildOptions, TaskChildOptions,
  TaskSupervisorSpec,
} from '../../api/supervisor.js';
import type { Pid, Via } from '../../api/address.js';
import type { ProcessVerbs, StopOptions } from '../../api/agent.js';
import type {
  Task, TaskFunction, TaskSelf, TaskStream, TaskStreamOptions,
} from '../../api/tasks.js';
import { dynamicDefinition } from './dynamic.js';
import type { DynamicPlan } from './spec.js';
import { TASK_SHUTDOWN_MS } from './task-child.js';
import type { TaskJob, TaskStart } from './tasks.js';

const CHILDREN_RULE = 'a whole number of tasks from 0; leave it out for no limit';
const { backoff: _none, ...limits } = limitFields;
const schema: z.ZodType<TaskSupervisorSpec> = z.strictObject({
  ...limits,
  maxChildren: z.number({ error: CHILDREN_RULE }).int({ error: CHILDREN_RULE }).min(0, { error: CHILDREN_RULE })
    .optional(),
});

/** Checked options of a task supervisor, and its name. */
export interface ReadTasks {
  readonly plan: DynamicPlan;
  readonly name: string | Via | undefined;
}

export function readTasks(where: string, spec: TaskSupervisorSpec): ReadTasks {
  const read = parseOptions(where, schema, spec);
  return {
    plan: {
      ...limitsOf(where, read), maxChildren: read.maxChildren ?? Infinity, extraArguments: [],
      template: null,
    },
    name: read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name),
  };
}

const RESTARTS: readonly unknown[] = ['permanent', 'transient', 'temporary'];

/**
 * The handle of a task supervisor: its children are tasks, which end with it and not with whoever asked for
 * them. Used in the synchronous part of a handler it acts for that process; after an await use
 * `self.bind(tasks)`. Outside every process the owner of a task is the outside. It is a dynamic
 * supervisor, whose own handle (`system.ref(DynamicSupervisorRef, name)`) starts other children
 * beside the tasks. Refusals: `max_children`, `not_found`.
 *
 * @example
 * const tasks = await system.supervise(taskSupervisor('tasks', { maxChildren: 1 }));
 * const task = await tasks.asyncNolink((self, n: number) => n * 2, 21);
 * await system.task.await(task); // => 42
 * await tasks.startChild((self) => self.receive(), []);
 * await tasks.async(() => 1).catch((error: CallError) => error.refusal); // => 'max_children'
 * (await tasks.children()).length; // => 1
 * @since 0.2.0
 */
export class TaskSupervisorRef {
  readonly #ref: AgentRefImpl;
  readonly #options: SupervisedTaskOptions;
  /** @internal Use `taskSupervisor`, or `system.ref`. */
  constructor(ref: AgentRefImpl, options: SupervisedTaskOptions = {}) {
    this.#ref = ref;
    this.#options = options;
  }

  /** @internal */
  static of(addr: Address, kernel: Kernel): TaskSupervisorRef {
    return new TaskSupervisorRef(new AgentRefImpl(addr, dynamicDefinition(), kernel, null));
  }

  /** `system.ref(TaskSupervisorRef, name)` */
  static handleAt({ addr, host }: HandlePlaceImpl): TaskSupervisorRef {
    return TaskSupervisorRef.of(addr, host.kernel);
  }

  /** undefined while nobody is there */
  get pid(): Pid | undefined {
    return this.#ref.pid;
  }

  /** the same supervisor with another caller, who owns the tasks */
  bind(self: ProcessVerbs): TaskSupervisorRef {
    return new TaskSupervisorRef(this.#ref.bind(self), this.#options);
  }

  /**
   * the same supervisor for tasks that start or end otherwise:
   * `tasks.with({ shutdown: 'brutal_kill' }).async(fn)`
   */
  with(options: SupervisedTaskOptions): TaskSupervisorRef {
    const where = 'tasks.with';
    checkKeys(where, options, ['shutdown', 'level']);
    shutdownOf(where, options.shutdown, 0);
    levelOf(where, options.level);
    return new TaskSupervisorRef(this.#ref, { ...this.#options, ...options });
  }

  /** A task that is linked to its owner and to this supervisor; the verbs of `self.task` wait for it. */
  async<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): Promise<Task<Awaited<V>>> {
    return this.#start('async', 'async', fn, args) as Promise<Task<Awaited<V>>>;
  }

  /** The same without the link to the owner: a crash reaches it only as a Down. */
  asyncNolink<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): Promise<Task<Awaited<V>>> {
    return this.#start('asyncNolink', 'asyncNolink', fn, args) as Promise<Task<Awaited<V>>>;
  }

  /**
   * One task for each item, as `self.task.stream` does it, but under this supervisor: its stop ends
   * them. A start that it refuses fails the stream with that CallError: `max_children` says that
   * `concurrency` is above what is free.
   */
  stream<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>> {
    return this.#stream('stream', items, fn, true, options) as TaskStream<T, Awaited<V>>;
  }

  /** The same, where a crash is an outcome for every consumer. */
  streamNolink<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>> {
    return this.#stream('streamNolink', items, fn, false, options) as TaskStream<T, Awaited<V>>;
  }

  #stream(verb: string, items: Items, fn: unknown, linked: boolean, options: TaskStreamOptions = {}): unknown {
    const where = `tasks.${verb}`;
    checkFunction(where, fn);
    const { addr, definition, kernel, sender } = this.#ref;
    // The link of a stream is kept by the stream itself, so each task is one without.
    const start: StreamStart = (run, item, consumer, started, refused) => {
      const job = this.#job(where, run as TaskJob['fn'], [item], { restart: 'temporary' });
      const request: TaskStart = { as: 'asyncNolink', job, told: { started, refused } };
      const asked = new AgentRefImpl(addr, definition, kernel, consumer).call(
        'startTask', new Own(request), { timeoutMs: 'infinity' },
      );
      asked.catch(refused);
    };
    return new TaskStreamImpl(
      kernel, sender ?? kernel.current,
      readStreamPlan(where, kernel, items, fn, linked, options, Level.Normal, start),
    );
  }

  /** A task whose result nobody hears of, restarted by its own rule. */
  startChild<A extends unknown[]>(
    fn: TaskFunction<A, unknown>, args: readonly [...A], options: TaskChildOptions = {},
  ): Promise<Pid> {
    return this.#start('startChild', 'child', fn, args, options) as Promise<Pid>;
  }

  #start(
    verb: string, as: TaskStart['as'], fn: unknown, args: readonly unknown[], options: TaskChildOptions = {},
  ): Promise<unknown> {
    const where = `tasks.${verb}`;
    checkFunction(where, fn);
    if (!Array.isArray(args)) throw new OptionError(`${where}.args`, args, 'an array of arguments');
    checkKeys(where, options, ['restart', 'shutdown', 'level']);
    return this.#ask(
      'startTask', new Own<TaskStart>({ as, job: this.#job(where, fn, args, options), told: null }),
    );
  }

  #job(where: string, fn: TaskJob['fn'], args: readonly unknown[], options: TaskChildOptions): TaskJob {
    const { restart = 'temporary', shutdown, level } = { ...this.#options, ...options };
    if (!RESTARTS.includes(restart)) {
      throw new OptionError(`${where}.restart`, restart, "'permanent', 'transient' or 'temporary'");
    }
    return {
      fn, args, restart, shutdownMs: shutdownOf(where, shutdown, TASK_SHUTDOWN_MS),
      level: levelOf(where, level),
    };
  }

  /** Ends one child: `shutdown`, then a kill when it takes too long. Errors: `not_found`. */
  terminateChild(pid: string): Promise<void> {
    return this.#ask('terminateChild', pid) as Promise<void>;
  }

  /** Pids of the living tasks, oldest first. */
  children(): Promise<Pid[]> {
    const rows = this.#ask('whichChildren') as Promise<ChildInfo<undefined>[]>;
    return handled(rows.then((all) => all.reverse().flatMap(({ pid }) => pid ?? [])));
  }

  countChildren(): Promise<ChildCount> {
    return this.#ask('countChildren') as Promise<ChildCount>;
  }

  /** Ends all tasks at once, then the supervisor; `normal` by default, as every `stop`. */
  stop(reason: ExitReason = 'normal', options: StopOptions = {}): Promise<void> {
    return this.#ref.stop(reason, options);
  }

  #ask(op: string, payload?: unknown): Promise<unknown> {
    return handled(this.#ref.call(op, payload, { timeoutMs: 'infinity' }));
  }
}

shownAs(TaskSupervisorRef, (it) => `TaskSupervisorRef(${it.pid ?? 'nobody'})`);

function checkFunction(where: string, fn: unknown): asserts fn is TaskJob['fn'] {
  if (typeof fn !== 'function') {
    throw new OptionError(where, fn, 'a function that takes the self of its task, then the arguments');
  }
}

/**
 * Specifies a task supervisor under a supervisor.
 *
 * @example
 * const top = await system.supervise({ children: [] });
 * const tasks = await top.startChild(taskSupervisor('tasks', { maxChildren: 100 }));
 * await system.task.await(await tasks.async(() => 'done')); // => 'done'
 * @since 0.2.0
 */
export function taskSupervisor(
  id: string, spec: TaskSupervisorSpec = {}, options: SupervisorChildOptions = {},
): ChildSpec<TaskSupervisorRef> {
  const where = checkId('taskSupervisor', id);
  const read = readTasks(where, spec);
  return nestedSpec(
    where, id, options, (name) => planOf(dynamicDefinition(), [read.plan], { name: name ?? read.name }),
    (addr, kernel) => TaskSupervisorRef.of(addr, kernel),
  );
}
