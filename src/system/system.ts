import { OptionError, delayMs, nodeEnv, type ExitReason } from '../base/index.js';
import {
  addressOf, AgentRefImpl, checkKeys, registryRef, runtimeOf, scopeRef, spawnPlain, startFrom, TaskVerbsImpl, ViaRefImpl,
  type AgentRef, type AnyDefinition, type Host, type ProcessRef, type ProcessSelf, type RegistryDefinition, type RegistryRef, type ScopeDefinition, type ScopeRef, type StartArgs, type Started, type Target, type TaskVerbs,
} from '../behaviour/index.js';
import { Sys, type StateIn } from '../behaviour/index.js';
import { Reporter } from '../observe/index.js';
import { demonitor, exitSignal, inspectProcess, Kernel, monitor, type Address, type Down, type Pid, type ProcessInfo } from '../process/index.js';
import { checkName, pidOf, Router, titleOf, Via, type DeadLetters } from '../router/index.js';
import { Applications, DynamicSupervisorRef, PartitionSupervisorRef, SupervisorRef, type ChildSpec, type DynamicSpec, type PartitionSpec, type SimpleSpec, type SimpleSupervisorRef, type SupervisorInit, type SupervisorSpec, type TaskSupervisorSpec, type Template, TaskSupervisorRef } from '../supervisor/index.js';
import { Listeners } from './listeners.js';
import { readOptions, type ReadOptions, type SystemOptions } from './options.js';
import { systemStats, type SystemStats } from './stats.js';
import { stopAll, STOP_TIMEOUT_MS, type StopReport, type SystemStopOptions } from './stop.js';
import { Tops, type SuperviseOptions } from './supervision.js';
import { treeOf, type TreeNode } from './tree.js';

/** What `system.monitor` returns. */
export interface Watch {
  /** resolves once, when the watched process has ended; `noproc` when nobody was there */
  readonly down: Promise<Down>;
  /** stops watching; `down` then never resolves */
  cancel(): void;
}

/**
 * One actor system: its processes, names, supervisors and dead letters. Make it with `createSystem`.
 *
 * @example
 * const other = createSystem({ name: 'bank' });
 * other.stats().processes // => 0
 * await other.stop();
 * @since 0.1.0
 */
export class System implements AsyncDisposable {
  readonly name: string;
  /** applications: trees with names, dependencies and callbacks around their lives */
  readonly applications: Applications;
  readonly #kernel: Kernel;
  readonly #router: Router;
  readonly #host: Host;
  readonly #listeners = new Listeners();
  readonly #tops: Tops;
  #stopping: Promise<StopReport> | null = null;

  /** @internal Use `createSystem`. */
  constructor(options: ReadOptions) {
    this.name = options.name;
    const env = options.env ?? nodeEnv();
    const reporter = new Reporter(options.logger, options.name);
    const kernel = new Kernel({
      env,
      prefix: `${options.name}.${env.nonce()}.`,
      processesMax: options.processesMax,
      frozen: options.frozen,
      development: options.development,
      reporting: options.logger !== false,
      ports: {
        report: (report) => reporter.report(report),
        warn: (text, fields) => reporter.warn(text, fields),
        deadLetter: (to, op, payload, from, reason) => this.#router.deadLetters.add(to.title, op, payload, pidOf(from), reason),
      },
    });
    this.#kernel = kernel;
    const router = new Router(kernel, options.deadLettersKept);
    this.#router = router;
    this.#host = {
      kernel,
      router,
      extensions: new Map(),
      refTo: (p, definition) => new AgentRefImpl(p, definition as never, kernel, null),
      start: (parent, definition, args) => startFrom(this.#host, parent, definition, args),
      tasks: (p) => new TaskVerbsImpl(kernel, p) as never,
      spawn: (parent, body, given) => spawnPlain(kernel, parent, body, given) as never,
    };
    kernel.host = this.#host;
    this.#tops = new Tops(this.#host);
    this.applications = new Applications({ kernel, startTop: (plan) => this.#tops.start(plan), stopSystem: () => kernel.env.microtask(() => void this.stop()) });
    if (options.strays === 'report') this.#listeners.reportStrays(kernel);
    if (options.handleSignals) this.#listeners.stopOnSignals(() => this.stop({ drain: true }));
  }

  /** @internal What the test kit taps; see `kernelOf`. */
  static kernelOf(system: System): Kernel {
    return system.#kernel;
  }

  /** The latest dead letters, and a subscription to all of them. */
  get deadLetters(): DeadLetters {
    return this.#router.deadLetters;
  }

  /**
   * Starts an agent that nobody supervises: `start(Definition, ...initArgs, options?)`. Returns its ref when init is
   * synchronous, the promise of it when init is asynchronous. Errors: StartError with the reason init failed with, or
   * `{ alreadyStarted: pid }` for a taken name (GS-06); OptionError for bad options.
   *
   * @example
   * const Echo = defineAgent({ calls: { say: (self, text: string) => text } });
   * await system.start(Echo).call('say', 'hello') // => 'hello'
   */
  start<D extends AnyDefinition>(definition: D, ...args: StartArgs<D>): Started<D> {
    return startFrom(this.#host, null, definition, args) as never;
  }

  /**
   * Spawns a plain process; `body` runs later, never inside this call (PR-01). When it returns the process ends with
   * `normal` (PR-02), when it throws with what it threw.
   *
   * @example
   * const got: unknown[] = [];
   * const p = system.spawn(async (self) => { got.push(await self.receive()); });
   * p.send('hello');
   * await system.monitor(p).down;
   * got // => ['hello']
   */
  spawn(body: (self: ProcessSelf) => unknown, options: { readonly name?: string | Via } = {}): ProcessRef {
    checkKeys('spawn', options, ['name']);
    return spawnPlain(this.#kernel, null, body, { link: false, name: options.name }) as never;
  }

  /**
   * Tasks of the outside: functions in processes of their own, whose results are waited for here (TK-01). Inside a
   * process use `self.task`.
   *
   * @example
   * const task = system.task.async((self, n: number) => n * 2, 21);
   * await system.task.await(task) // => 42
   */
  get task(): TaskVerbs {
    return this.#host.tasks(null);
  }

  /**
   * Starts a supervisor with its children; resolves when all run (SU-01). Errors: OptionError for a bad spec,
   * StartError `{ shutdown: { failedToStartChild, reason } }` when a child fails, with nothing left running (SU-04).
   *
   * @example
   * const Worker = defineAgent({ init: () => ({ jobs: 0 }), casts: { work(self) { self.state.jobs++; } } });
   * await system.supervise({ strategy: 'one_for_one', children: [child('worker', Worker)] });
   * system.ref(Worker, 'worker').cast('work');
   */
  supervise(spec: SupervisorSpec | SupervisorInit, options: SuperviseOptions = {}): Promise<SupervisorRef> {
    return this.#tops.supervise(spec, options);
  }

  /**
   * Starts a supervisor without children, for children that come and go, each by a specification of its own (DS-01).
   *
   * @example
   * const Job = defineAgent({ init: (n: number) => ({ n }) });
   * const jobs = await system.superviseDynamic({ name: 'jobs' });
   * await jobs.startChild(child('job', Job, 1, { restart: 'temporary' }));
   * (await jobs.countChildren()).active // => 1
   */
  superviseDynamic(spec: DynamicSpec = {}): Promise<DynamicSupervisorRef> {
    return this.#tops.dynamic(spec);
  }

  /**
   * Starts a supervisor whose children are all instances of one template: OTP's simple_one_for_one (SU-19).
   *
   * @example
   * const Job = defineAgent({ init: (queue: string, n: number) => ({ queue, n }) });
   * const jobs = await system.superviseSimple(template(Job, ['mail']));
   * await jobs.startChild(1);
   * (await jobs.countChildren()).active // => 1
   */
  superviseSimple<R, Rest extends readonly unknown[]>(template: Template<R, Rest>, spec: SimpleSpec = {}): Promise<SimpleSupervisorRef<R, Rest>> {
    return this.#tops.simple(template, spec);
  }

  /**
   * Starts a supervisor of tasks: its children are functions in processes of their own, temporary by default (TK-16).
   *
   * @example
   * const tasks = await system.superviseTasks({ name: 'tasks' });
   * const task = await tasks.asyncNolink(() => 'done');
   * await system.task.await(task) // => 'done'
   */
  superviseTasks(spec: TaskSupervisorSpec = {}): Promise<TaskSupervisorRef> {
    return this.#tops.tasks(spec);
  }

  /** The handle of a task supervisor, by name (resolved at every use) or pid. */
  taskSupervisor(nameOrPid: string): TaskSupervisorRef {
    return TaskSupervisorRef.of(addressOf(this.#host, nameOrPid), this.#kernel);
  }

  /**
   * Starts N copies of one child and routes by key: the same key always means the same partition (PS-01, PS-02).
   *
   * @example
   * const Shard = defineAgent({ init: (n: number) => n, calls: { number: (self) => self.state } });
   * const shards = await system.supervisePartitions({ name: 'shards', child: child('shard', Shard, 0), partitions: 8, withArguments: (_args, n) => [n] });
   * await shards.ref(11).call('number') // => 3
   */
  supervisePartitions<R>(spec: PartitionSpec<R>): Promise<PartitionSupervisorRef<R>> {
    return this.#tops.partitions(spec);
  }

  /** The handle of a partition supervisor by name; `of` is the child it was made of, for the types. Errors: see PartitionSupervisorRef. */
  partitions<R>(name: string, of: ChildSpec<R>): PartitionSupervisorRef<R> {
    return new PartitionSupervisorRef(this.#router.address(checkName('partitions', name)), this.#kernel, name, of);
  }

  /** The handle of a static supervisor, by name (resolved at every use) or pid. */
  supervisor(nameOrPid: string): SupervisorRef {
    return new SupervisorRef(addressOf(this.#host, nameOrPid), this.#kernel);
  }

  /** The handle of a dynamic supervisor, by name (resolved at every use) or pid. */
  dynamicSupervisor(nameOrPid: string): DynamicSupervisorRef {
    return new DynamicSupervisorRef(addressOf(this.#host, nameOrPid), this.#kernel);
  }

  /**
   * A typed ref. By name it is resolved at every use, so it survives restarts and may be made before the name is taken
   * (RG-04); by pid it means that one incarnation.
   */
  ref<D extends AnyDefinition>(definition: D, nameOrPid: string | Via): AgentRef<D> {
    const made = runtimeOf(definition);
    if (nameOrPid instanceof Via) return new ViaRefImpl(this.#router.address(nameOrPid), made, this.#kernel, null) as never;
    return new AgentRefImpl(this.#address('ref', nameOrPid), made, this.#kernel, null) as never;
  }

  /**
   * The registry of that definition by name, by default the definition's own, or by pid; looked up at every use.
   *
   * @example
   * const Rooms = defineRegistry({ name: 'rooms', keys: 'unique' });
   * system.start(Rooms, { name: 'rooms' });
   * system.registry(Rooms).count() // => 0
   * @since 0.2.0
   */
  registry<K, V>(definition: RegistryDefinition<K, V>, nameOrPid: string | Via = definition.name): RegistryRef<K, V> {
    return registryRef(this.#host, definition, this.#address('registry', nameOrPid));
  }

  /**
   * The process groups of a scope by name, by default the definition's own, or by pid; looked up at every use.
   *
   * @example
   * const Groups = defineScope({ name: 'groups' });
   * system.start(Groups, { name: 'groups' });
   * system.scope(Groups).whichGroups() // => []
   * @since 0.2.0
   */
  scope<G>(definition: ScopeDefinition<G>, nameOrPid: string | Via = definition.name): ScopeRef<G> {
    return scopeRef(this.#host, definition, this.#address('scope', nameOrPid));
  }

  /** Who has a name now, also one in another registry. */
  whereis(name: string | Via): Pid | undefined {
    return (name instanceof Via ? this.#router.address(name).owner : this.#router.names.whereis(name))?.pid;
  }

  /** All registered names. */
  registered(): string[] {
    return this.#router.names.registered();
  }

  /** Gives a living process a name (RG-01); it is released when the process ends (RG-03). */
  register(name: string, to: Target): void {
    const checked = checkName('register', name);
    const p = addressOf(this.#host, to).owner;
    if (p === null) throw new OptionError('register', to, 'a living process', 'it has ended', 'NOPROC');
    const owner = this.#router.names.register(checked, p);
    if (owner !== null) throw new OptionError('register', name, 'a free name', `it belongs to ${owner.pid}`, 'ALREADY_REGISTERED');
  }

  unregister(name: string): void {
    this.#router.names.unregister(checkName('unregister', name));
  }

  /** A plain message; arrives in `info`, or in `receive`. To nobody it is a dead letter. Never throws for a valid target. */
  send(to: Target, message: unknown): void {
    this.#router.send(addressOf(this.#host, to), message, this.#kernel.current);
  }

  /** An exit signal (EX-10 to EX-15); `kill` cannot be trapped. Harmless to the dead. */
  exit(to: Target, reason: ExitReason): void {
    const p = addressOf(this.#host, to).owner;
    if (p !== null) exitSignal(p, this.#kernel.current, reason, false);
  }

  /**
   * Watches a process from outside.
   *
   * @example
   * const p = system.spawn(() => 'done');
   * (await system.monitor(p).down).reason // => 'normal'
   */
  monitor(to: Target): Watch {
    const addr = addressOf(this.#host, to);
    let cancel = (): void => undefined;
    const down = new Promise<Down>((resolve) => {
      const ref = monitor(null, addr.owner, 'mailbox' in addr ? undefined : titleOf(addr), resolve);
      cancel = () => void demonitor(ref, true);
    });
    return { down, cancel };
  }

  alive(pid: string): boolean {
    return this.#kernel.byPid(pid) !== undefined;
  }

  /** Pids of all live processes; O(processes). */
  processes(): Pid[] {
    return this.#kernel.live.list().map((p) => p.pid);
  }

  /** What one process is doing now; undefined when it has ended (PF-05). */
  inspect(to: Target): ProcessInfo | undefined {
    const p = addressOf(this.#host, to).owner;
    return p === null ? undefined : inspectProcess(p);
  }

  /**
   * The system messages of one process: suspend it, look at its state, replace it, watch it, end it (OTP's sys).
   *
   * @example
   * const Counter = defineAgent({ init: () => ({ n: 1 }) });
   * await system.sys(system.start(Counter)).getState(); // => { n: 1 }
   */
  sys<D extends AnyDefinition>(ref: AgentRef<D>): Sys<StateIn<D>>;
  sys(target: Target): Sys;
  sys(target: Target): Sys {
    return new Sys(addressOf(this.#host, target), this.#host, null);
  }

  /** The conservation account and counts; O(processes), taken now. */
  stats(): SystemStats {
    return systemStats(this.#kernel, this.#router.deadLetters.total);
  }

  /** Every live process, as a forest by parent. */
  tree(): TreeNode[] {
    return treeOf(this.#kernel);
  }

  /**
   * Stops everything, newest tree first, each child by its own shutdown rule. What was queued and not started becomes
   * dead letters. Afterwards the system owns no process, timer or listener. Idempotent; also from inside a handler: call it
   * before the handler's first await, or the handler is not known to be the one that stops and is waited for like any other.
   */
  stop(options: SystemStopOptions = {}): Promise<StopReport> {
    checkKeys('stop', options, ['drain', 'timeoutMs']);
    if (options.drain !== undefined && typeof options.drain !== 'boolean') throw new OptionError('stop.drain', options.drain, 'true or false');
    const limit = options.timeoutMs === undefined ? STOP_TIMEOUT_MS : delayMs('stop.timeoutMs', options.timeoutMs);
    this.#stopping ??= this.#stop(options.drain ?? false, limit);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop().then(() => undefined);
  }

  async #stop(drain: boolean, limit: number): Promise<StopReport> {
    const kernel = this.#kernel;
    this.applications.close();
    kernel.stopper = kernel.current;
    // A handler that stops the system is parked on this very promise in a moment: only then can it be ended at once.
    if (kernel.stopper !== null) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
    const report = await stopAll(kernel, this.#tops.list(), drain, limit);
    kernel.closed = true;
    this.#listeners.remove();
    // The tick that is armed while anything runs has its last turn before the caller goes on.
    for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
    kernel.deadlines.close();
    return report;
  }

  #address(where: string, to: string | Via): Address {
    const isPid = typeof to === 'string' && to.startsWith(this.#kernel.prefix);
    return this.#router.address(isPid || to instanceof Via ? to : checkName(where, to));
  }
}

/**
 * Makes a system. Use `await using` to stop it at the end of a block.
 *
 * Errors: an OptionError for an unknown option or a value that breaks its rule.
 *
 * @example
 * const bank = createSystem({ name: 'bank', logger: false });
 * bank.name // => 'bank'
 * await bank.stop();
 * @since 0.1.0
 */
export function createSystem(options: SystemOptions = {}): System {
  return new System(readOptions(options));
}

/** @internal For folders that observe or test a system from inside; not part of the package's door. */
export function kernelOf(system: System): Kernel {
  return System.kernelOf(system);
}
