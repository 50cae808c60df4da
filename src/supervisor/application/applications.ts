import { handled, OptionError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { AgentRefImpl, checkKeys, planOf } from '../../behaviour/gen/index.js';
import type { StartPlan } from '../../behaviour/gen/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { monitor } from '../../process/signal/index.js';
import { reasonOfStart } from '../core/index.js';
import type {
  ApplicationEnv, ApplicationInfo, ApplicationReport, ApplicationType, EnsureOptions,
  StartApplicationOptions,
} from '../../api/supervisor.js';
import { Application, ApplicationError, EnvMap } from './application.js';
import { masterDefinition, type MasterJob } from './master.js';

/** What the controller needs of its system. */
export interface ApplicationPorts {
  readonly kernel: Kernel;
  /** starts a top process, which is stopped with the system in reverse order (AP-12) */
  startTop(plan: StartPlan): Promise<Process>;
  /** stops the system because of this */
  fail(error: ApplicationError): void;
}

interface Running extends ApplicationInfo {
  readonly master: Process;
}

const TYPES: readonly string[] = ['permanent', 'transient', 'temporary'];

/**
 * The applications of a system: `system.applications`. Questions are answered at once, also while
 * the system stops, so that a process that ends can ask without waiting for whoever ends it.
 *
 * @example
 * const Db = defineApplication({ name: 'db', start: () => ({ children: [] }) });
 * const Web = defineApplication({ name: 'web', dependsOn: [Db], start: () => ({ children: [] }) });
 * await system.applications.ensureAllStarted(Web); // => ['db', 'web']
 * system.applications.running().map((one) => one.name); // => ['db', 'web']
 * await system.applications.stop('web');
 * @since 0.2.0
 */
export class Applications {
  readonly #ports: ApplicationPorts;
  readonly #loaded = new Map<string, { readonly app: Application; readonly env: EnvMap }>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #running = new Map<string, Running>();
  readonly #stopping = new Set<string>();
  #closed = false;
  /** @internal */
  constructor(ports: ApplicationPorts) {
    this.#ports = ports;
  }

  /**
   * Makes an application known by name, so that others may name it in `dependsOn` and `optional`.
   * Starting does it as well.
   */
  load(app: Application): void {
    if (!(app instanceof Application)) {
      throw new OptionError('applications.load', app, 'what defineApplication returned');
    }
    if (this.#loaded.get(app.name)?.app !== app) this.#loaded.set(app.name, {
      app, env: new EnvMap(app.spec.env),
    });
  }

  /** Forgets a loaded application and its env. Errors: ALREADY_STARTED while it runs, NOT_LOADED. */
  unload(app: Application | string): void {
    const name = nameOf(app);
    if (this.#running.has(name) || this.#starting.has(name)) {
      throw new ApplicationError('ALREADY_STARTED', name, 'is running; stop it first');
    }
    if (!this.#loaded.delete(name)) throw new ApplicationError('NOT_LOADED', name, 'is not loaded');
  }

  /** Those that run, in start order. */
  running(): ApplicationInfo[] {
    return [...this.#running.values()].map(({ name, type }) => ({ name, type }));
  }

  loaded(): string[] {
    return [...this.#loaded.keys()];
  }

  /** The env of a loaded application. Errors: NOT_LOADED. */
  env(app: Application | string): ApplicationEnv {
    return this.#find(app).env;
  }

  /**
   * Starts one application; what it depends on must run already. A start that is going on is joined.
   * Errors, as an ApplicationError: NOT_STARTED, ALREADY_STARTED, START_FAILED, NOT_LOADED, STOPPING.
   */
  start(app: Application | string, options: StartApplicationOptions = {}): Promise<void> {
    return this.#told(this.#start(app, options));
  }

  /**
   * Starts an application, or several, and everything they depend on, dependencies first. Resolves
   * to the names of what it has started, in order; what ran already is left out. When one fails,
   * what it has started is stopped again in reverse order, and nothing else. Optional ones are
   * started when they are loaded.
   */
  ensureAllStarted(
    apps: Application | string | readonly (Application | string)[], options: EnsureOptions = {},
  ): Promise<string[]> {
    return this.#told(
      this.#ensure(Array.isArray(apps) ? (apps as Application[]) : [apps as Application], options),
    );
  }

  /**
   * Stops one application and no other: prepStop, tree, stop, leftovers. Errors: NOT_STARTED, also
   * while it is being stopped.
   */
  stop(app: Application | string): Promise<void> {
    return this.#told(this.#stop(app));
  }

  #told<T>(answer: Promise<T>): Promise<T> {
    return this.#ports.kernel.answer(handled(answer));
  }

  /** @internal The system stops: nothing is started or stopped by request any more. */
  close(): void {
    this.#closed = true;
  }

  async #start(given: Application | string, options: StartApplicationOptions): Promise<void> {
    checkKeys('applications.start', options, ['type']);
    const type = typeOf(options);
    if (given instanceof Application) this.load(given);
    const { app, env } = this.#find(given);
    const { name } = app;
    const joined = this.#starting.get(name);
    if (joined !== undefined) return joined;
    if (this.#closed) throw new ApplicationError('SYSTEM_STOPPED', name, 'the system stops');
    if (this.#running.has(name)) throw new ApplicationError('ALREADY_STARTED', name, 'is running already');
    if (this.#stopping.has(name)) throw new ApplicationError('STOPPING', name, 'is being stopped');
    for (const one of app.spec.dependsOn ?? []) {
      const dependency = nameOf(one);
      if (!this.#running.has(dependency)) {
        throw new ApplicationError(
          'NOT_STARTED', name, `depends on '${dependency}', which does not run`, dependency,
        );
      }
    }
    const starting = this.#begin({ app, env }, type);
    this.#starting.set(name, handled(starting));
    try {
      await starting;
    } finally {
      this.#starting.delete(name);
    }
  }

  async #begin(job: MasterJob, type: ApplicationType): Promise<void> {
    const { name } = job.app;
    try {
      const master = await this.#ports.startTop(
        planOf(masterDefinition(), [job], { label: `application ${name}` }),
      );
      this.#running.set(name, { name, type, master });
      monitor(null, master, undefined, (down) => this.#ended(name, down.reason));
    } catch (error) {
      const reason = reasonOfStart(error);
      throw new ApplicationError('START_FAILED', name, 'its start failed', undefined, reason);
    }
  }

  /** AP-06; an end that was asked for has no consequences (AP-08). */
  #ended(name: string, reason: ExitReason): void {
    const one = this.#running.get(name);
    this.#running.delete(name);
    this.#stopping.delete(name);
    if (one === undefined || this.#closed) return;
    const { kernel } = this.#ports;
    const report: ApplicationReport =
      { label: 'application exited', level: 'info', application: name, type: one.type, reason };
    if (kernel.reporting) kernel.report(report);
    const must = one.type === 'permanent' || (one.type === 'transient' && reason !== 'normal');
    if (must) {
      this.#ports.fail(new ApplicationError(
        'EXITED', name, `is ${one.type} and ended by itself`, undefined, reason,
      ));
    }
  }

  async #stop(app: Application | string): Promise<void> {
    const name = nameOf(app);
    const one = this.#running.get(name);
    if (this.#closed) throw new ApplicationError('SYSTEM_STOPPED', name, 'the system stops');
    if (one === undefined) throw new ApplicationError('NOT_STARTED', name, 'does not run');
    this.#running.delete(name);
    this.#stopping.add(name);
    await new AgentRefImpl(one.master, masterDefinition(), this.#ports.kernel, null).stop('normal');
  }

  async #ensure(apps: readonly (Application | string)[], options: EnsureOptions): Promise<string[]> {
    checkKeys('applications.ensureAllStarted', options, ['type', 'mode']);
    const { type, mode } = options;
    if (mode !== undefined && mode !== 'serial' && mode !== 'concurrent') {
      throw new OptionError('applications.ensureAllStarted.mode', mode, "'serial' or 'concurrent'");
    }
    const order = this.#order(apps);
    const started: string[] = [];
    const run = async (app: Application): Promise<void> => {
      if (this.#running.has(app.name)) return;
      const mine = !this.#starting.has(app.name);
      await this.#start(app, { type });
      if (mine) started.push(app.name);
    };
    try {
      if (mode === 'concurrent') await this.#concurrently(order, run);
      else for (const app of order) await run(app);
      return started;
    } catch (error) {
      for (const name of started.reverse()) await this.#stop(name).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Each starts when all that it depends on has started; after a failure the others are waited for,
   * so that all can be stopped.
   */
  async #concurrently(order: readonly Application[], run: (app: Application) => Promise<void>): Promise<void> {
    const done = new Map<string, Promise<void>>();
    for (const app of order) {
      const before = this.#relations(app).map((one) => done.get(one.name) ?? Promise.resolve());
      done.set(app.name, handled(Promise.all(before).then(() => run(app))));
    }
    const outcomes = await Promise.allSettled(done.values());
    const failure = outcomes.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** Dependencies first, each once. */
  #order(apps: readonly (Application | string)[]): Application[] {
    const order: Application[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const visit = (app: Application): void => {
      const seen = state.get(app.name);
      if (seen === 'done') return;
      if (seen === 'open') throw new ApplicationError(
        'DEPENDENCY_CYCLE', app.name, 'depends on itself through others',
      );
      state.set(app.name, 'open');
      for (const one of this.#relations(app)) visit(one);
      state.set(app.name, 'done');
      order.push(app);
    };
    for (const given of apps) {
      if (given instanceof Application) this.load(given);
      visit(this.#find(given).app);
    }
    return order;
  }

  /** What must start before it: all it depends on, and of the optional ones those that are there. */
  #relations(app: Application): Application[] {
    const found: Application[] = [];
    for (const one of app.spec.dependsOn ?? []) {
      if (one instanceof Application) this.load(one);
      found.push(this.#find(one).app);
    }
    for (const one of app.spec.optional ?? []) {
      if (one instanceof Application) this.load(one);
      const known = this.#loaded.get(nameOf(one));
      if (known !== undefined) found.push(known.app);
    }
    return found;
  }

  #find(app: Application | string): { readonly app: Application; readonly env: EnvMap } {
    const name = nameOf(app);
    const known = this.#loaded.get(name);
    if (known === undefined) {
      throw new ApplicationError('NOT_LOADED', name, 'is not loaded; load its definition, or pass it');
    }
    return known;
  }
}

function nameOf(app: Application | string): string {
  if (app instanceof Application) return app.name;
  if (typeof app === 'string') return app;
  throw new OptionError('application', app, 'an application or its name');
}

function typeOf({ type }: StartApplicationOptions): ApplicationType {
  if (type === undefined || TYPES.includes(type)) return type ?? 'temporary';
  throw new OptionError('application.type', type, "'permanent', 'transient' or 'temporary'");
}
