import { handled } from '../base/index.js';
import type { Host, StartPlan } from '../behaviour/gen/index.js';
import { Applications } from '../supervisor/application/index.js';
import { launchFrom } from '../supervisor/launch/index.js';
import type { AnyTreeSpec, SuperviseOptions, SupervisorRef } from '../supervisor/static/index.js';
import type { LaunchJob, SubAgent } from '../api/tasks.js';
import type { AnyDefinition, CallEntryOf, CallName, ReplyOf } from '../api/protocol.js';
import type { StopReport, SystemStopOptions } from '../api/system.js';
import { SystemActivation } from './activation.js';
import { Ending } from './ending.js';
import type { Listeners } from './listeners.js';
import { TopSupervisors } from './supervision.js';

/** The verbs of a system about its trees: they start, are found again and end. */
export class SystemTrees extends SystemActivation implements AsyncDisposable {
  /** applications: trees with names, dependencies and callbacks around their lives */
  readonly applications: Applications;
  readonly #host: Host;
  readonly #tops: TopSupervisors;
  readonly #ending: Ending;

  /** @internal */
  constructor(host: Host, listeners: Listeners) {
    super(host);
    const { kernel } = host;
    this.#host = host;
    this.#ending = new Ending(kernel, listeners, () => this.applications.close());
    this.#tops = new TopSupervisors(host, this.#ending);
    const startTop = (plan: StartPlan) => this.#tops.start(plan, 'ignore');
    this.applications = new Applications({ kernel, startTop, fail: (error) => this.#ending.fail(error) });
  }

  /**
   * Starts a supervisor with its children; resolves when all run. Errors: OptionError for a bad spec,
   * StartError `{ shutdown: { failedToStartChild, reason } }` when a child fails, with nothing left running.
   * Takes the specification of a supervisor of any kind as well, and resolves to the handle of that kind:
   * `dynamicSupervisor`, `taskSupervisor`, `partitionSupervisor`, `pool`, `supervisor`. The tree is
   * the system's, whoever calls; a process's own: `self.supervise`. A supervisor that gives up
   * stops the system, unless `onGiveUp` says otherwise.
   *
   * @example
   * const Worker = defineAgent({ init: () => ({ jobs: 0 }), casts: { work(self) { self.state.jobs++; } } });
   * await system.supervise({ strategy: 'one_for_one', children: [child('worker', Worker)] });
   * system.ref(Worker, 'worker').cast('work');
   * const jobs = await system.supervise(dynamicSupervisor('jobs', { maxChildren: 100 }));
   * await jobs.startChild(child('job', Worker, { restart: 'temporary', name: false }));
   * (await jobs.countChildren()).active; // => 1
   */
  supervise<R = SupervisorRef>(spec: AnyTreeSpec<R>, options: SuperviseOptions = {}): Promise<NoInfer<R>> {
    return handled(this.#tops.supervise(spec, options)) as Promise<never>;
  }

  /**
   * Starts an agent for one piece of work, asks it, and gives a handle at once: `self.launch` for the
   * outside. It is a child of a supervisor of the system, started with the first launch. Errors: as
   * `self.launch`.
   *
   * @example
   * const Adder = defineAgent({ calls: { add: (self, [a, b]: [number, number]) => a + b } });
   * await system.launch(Adder, { op: 'add', payload: [1, 2], timeoutMs: 1_000 }).result; // => 3
   * @since 0.2.0
   */
  launch<D extends AnyDefinition, K extends CallName<D>>(
    definition: D, job: LaunchJob<D, K>,
  ): SubAgent<D, ReplyOf<CallEntryOf<D, K>>> {
    return launchFrom(this.#host, definition, job) as SubAgent<D, ReplyOf<CallEntryOf<D, K>>>;
  }

  /**
   * Stops everything, newest tree first, each child by its own shutdown rule. What was queued and
   * not started becomes dead letters. Afterwards the system owns no process, timer or listener.
   * Idempotent; also from inside a handler: call it before the handler's first await, or the
   * handler is not known to be the one that stops and is waited for like any other.
   */
  stop(options: SystemStopOptions = {}): Promise<StopReport> {
    return this.#ending.stop(options);
  }

  /**
   * How the system ends: resolves as `stop` does, and rejects with a GiveUpError when a supervisor
   * of the system gave up (`onGiveUp` of `supervise`), or with an ApplicationError `EXITED` when an
   * application that must run ended, once all has stopped. Nobody marks it as handled: if you do
   * not look at it, such an end is the end of the program, with exit code 1.
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
