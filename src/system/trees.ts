import { handled } from '../base/index.js';
import type { Via } from '../api/address.js';
import { addressOf, type Host, type StartPlan } from '../behaviour/index.js';
import {
  Applications, checkPartitionsName, DynamicSupervisorRef, PartitionSupervisorRef, SupervisorRef, TaskSupervisorRef,
  type AnyTreeSpec, type ChildSpec, type DynamicInit, type DynamicSpec, type PartitionSpec, type SimpleSpec, type
  SimpleSupervisorRef,
  type SuperviseOptions, type TaskSupervisorSpec, type Template, type
  TopOptions,
} from '../supervisor/index.js';
import { Ending } from './ending.js';
import type { Listeners } from './listeners.js';
import { SystemOutward } from './outward.js';
import type { StopReport, SystemStopOptions } from './stop.js';
import { Tops } from './supervision.js';

/** The verbs of a system about its trees: they start, are found again and end. */
export class SystemTrees extends SystemOutward implements AsyncDisposable {
  /** applications: trees with names, dependencies and callbacks around their lives */
  readonly applications: Applications;
  readonly #host: Host;
  readonly #tops: Tops;
  readonly #ending: Ending;

  /** @internal */
  constructor(host: Host, listeners: Listeners) {
    super(host);
    const { kernel } = host;
    this.#host = host;
    this.#ending = new Ending(kernel, listeners, () => this.applications.close());
    this.#tops = new Tops(host, this.#ending);
    const startTop = (plan: StartPlan) => this.#tops.start(plan, 'ignore');
    this.applications = new Applications({ kernel, startTop, fail: (error) => this.#ending.fail(error) });
  }

  /**
   * Starts a supervisor with its children; resolves when all run. Errors: OptionError for a bad spec,
   * StartError `{ shutdown: { failedToStartChild, reason } }` when a child fails, with nothing left running.
   * Takes the specification of any kind, too. The tree is the system's, whoever calls; a process's own:
   * `self.supervise`. A supervisor that gives up stops the system, unless `onGiveUp` says otherwise.
   *
   * @example
   * const Worker = defineAgent({ init: () => ({ jobs: 0 }), casts: { work(self) { self.state.jobs++; } } });
   * await system.supervise({ strategy: 'one_for_one', children: [child('worker', Worker)] });
   * system.ref(Worker, 'worker').cast('work');
   */
  supervise<R = SupervisorRef>(spec: AnyTreeSpec<R>, options: SuperviseOptions = {}): Promise<NoInfer<R>> {
    return handled(this.#tops.supervise(spec, options)) as Promise<never>;
  }

  /**
   * Starts a supervisor without children, for those that come and go, each by its own specification. A spec
   * function runs when it starts and again when its code changes.
   * @example
   * const Job = defineAgent({ init: (n: number) => ({ n }) });
   * const jobs = await system.superviseDynamic({ name: 'jobs' });
   * await jobs.startChild(child('job', Job, 1, { restart: 'temporary' }));
   * (await jobs.countChildren()).active // => 1
   */
  superviseDynamic(
    spec: DynamicSpec | DynamicInit = {}, options: SuperviseOptions = {},
  ): Promise<DynamicSupervisorRef> {
    return handled(this.#tops.dynamic(spec, options));
  }

  /**
   * Starts a supervisor whose children are all instances of one template: OTP's simple_one_for_one.
   *
   * @example
   * const Job = defineAgent({ init: (queue: string, n: number) => ({ queue, n }) });
   * const jobs = await system.superviseSimple(template(Job, ['mail']));
   * await jobs.startChild(1);
   * (await jobs.countChildren()).active // => 1
   */
  superviseSimple<R, Rest extends readonly unknown[]>(
    template: Template<R, Rest>, spec: SimpleSpec = {}, options: TopOptions = {},
  ): Promise<SimpleSupervisorRef<R, Rest>> {
    return handled(this.#tops.simple(template, spec, options));
  }

  /**
   * Starts a supervisor of tasks: its children are functions in processes of their own, temporary by default.
   *
   * @example
   * const tasks = await system.superviseTasks({ name: 'tasks' });
   * const task = await tasks.asyncNolink(() => 'done');
   * await system.task.await(task) // => 'done'
   */
  superviseTasks(spec: TaskSupervisorSpec = {}, options: TopOptions = {}): Promise<TaskSupervisorRef> {
    return handled(this.#tops.tasks(spec, options));
  }

  /** The handle of a task supervisor, by name (resolved at every use) or pid. */
  taskSupervisor(nameOrPid: string): TaskSupervisorRef {
    return TaskSupervisorRef.of(addressOf(this.#host, nameOrPid), this.#host.kernel);
  }

  /**
   * Starts N copies of one child and routes by key: the same key always means the same partition.
   *
   * @example
   * const Shard = defineAgent({ init: (n: number) => n, calls: { number: (self) => self.state } });
   * const shards = await system.supervisePartitions({ name: 'shards', child: child('shard', Shard, 0), partitions: 8, withArguments: (_args, n) => [n] });
   * await shards.ref(11).call('number') // => 3
   */
  supervisePartitions<R>(spec: PartitionSpec<R>, options: TopOptions = {}): Promise<PartitionSupervisorRef<R>> {
    return handled(this.#tops.partitions(spec, options));
  }

  /**
   * The handle of a partition supervisor by name; `of` is the child it was made of, for the types. Errors: see
   * PartitionSupervisorRef.
   */
  partitions<R>(name: string | Via, of: ChildSpec<R>): PartitionSupervisorRef<R> {
    return new PartitionSupervisorRef(
      this.#host.router.address(checkPartitionsName('partitions', name)), this.#host.kernel, name, of,
    );
  }

  /** The handle of a static supervisor, by name (resolved at every use) or pid. */
  supervisor(nameOrPid: string): SupervisorRef {
    return new SupervisorRef(addressOf(this.#host, nameOrPid), this.#host.kernel);
  }

  /** The handle of a dynamic supervisor, by name (resolved at every use) or pid. */
  dynamicSupervisor(nameOrPid: string): DynamicSupervisorRef {
    return new DynamicSupervisorRef(addressOf(this.#host, nameOrPid), this.#host.kernel);
  }

  /**
   * Stops everything, newest tree first, each child by its own shutdown rule. What was queued and not started becomes
   * dead letters. Afterwards the system owns no process, timer or listener. Idempotent; also from inside a handler:
   * call it before the handler's first await, or the handler is not known to be the one that stops and is waited for
   * like any other.
   */
  stop(options: SystemStopOptions = {}): Promise<StopReport> {
    return this.#ending.stop(options);
  }

  /**
   * How the system ends: resolves as `stop` does, and rejects with a GiveUpError when a supervisor of the system gave
   * up (`onGiveUp` of `supervise`), or with an ApplicationError `EXITED` when an application that must run ended, once
   * all has stopped. Nobody marks it as handled: if you do not look at it, such an end is the end of the program, with
   * exit code 1.
   *
   * @example
   * const other = createSystem({ logger: false });
   * const Fragile = defineAgent({ init: () => ({}), casts: { crash() { throw new Error('no network'); } } });
   * await other.supervise({ intensity: 0, children: [child('fragile', Fragile)] });
   * other.ref(Fragile, 'fragile').cast('crash');
   * await other.done.catch((error: unknown) => error instanceof GiveUpError && error.restarts); // => 1
   * @since 0.2.0
   */
  get done(): Promise<StopReport> {
    return this.#ending.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return handled(this.stop().then(() => undefined));
  }
}
