import { OptionError, StartError, delayMs, nodeEnv, type ExitReason } from '../base/index.js';
import {
  addressOf, AgentRefImpl, checkFlags, checkKeys, checkSpawn, planOf, runtimeOf, spawnPlain, startAgent, startFrom, Timers, ViaRefImpl,
  type AgentRef, type AnyDefinition, type Host, type ProcessRef, type ProcessSelf, type ProcessSpawnOptions, type SendOptions, type SignalOptions, type StartArgs, type Started, type Target,
} from '../behaviour/index.js';
import { Reporter } from '../observe/index.js';
import {
  Alias, demonitor, exitSignal, exitToAlias, inspectProcess, Kernel, monitor, PROCESS_ITEMS, readItems, resume, suspend,
  type Down, type Pid, type Process, type ProcessInfo, type ProcessItems, type WatchdogEvent, type WatchdogOptions,
} from '../process/index.js';
import { checkName, pidOf, Router, titleOf, Via, type DeadLetters } from '../router/index.js';
import { checkTree, supervisorDefinition, SupervisorRef, type SupervisorSpec } from '../supervisor/index.js';
import { Listeners } from './listeners.js';
import { readOptions, type ReadOptions, type SystemOptions } from './options.js';
import { systemStats, type SystemStats } from './stats.js';
import { stopAll, STOP_TIMEOUT_MS, type StopReport, type SystemStopOptions } from './stop.js';
import { treeOf, type TreeNode } from './tree.js';
import { startWatchdog } from './watchdog.js';

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
  readonly #kernel: Kernel;
  readonly #router: Router;
  readonly #host: Host;
  readonly #listeners = new Listeners();
  readonly #tops = new Set<Process>();
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
      spawn: (parent, body, given) => spawnPlain(kernel, parent, body, given) as never,
    };
    kernel.host = this.#host;
    if (options.strays === 'report') this.#listeners.reportStrays(kernel);
    if (options.handleSignals) this.#listeners.stopOnSignals(() => this.stop({ drain: true }));
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
  spawn(body: (self: ProcessSelf) => unknown, options: Omit<ProcessSpawnOptions, 'link'> = {}): ProcessRef {
    checkSpawn(options, ['name', 'label', 'priority']);
    return spawnPlain(this.#kernel, null, body, { ...options, link: false }) as never;
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
  async supervise(spec: SupervisorSpec): Promise<SupervisorRef> {
    const tree = checkTree('supervise', spec);
    const p = await startAgent(this.#host, planOf(supervisorDefinition(), [tree], { name: tree.name }), null);
    if (p === null) throw new StartError('supervisor', 'ignore');
    this.#tops.add(p);
    monitor(null, p, undefined, () => this.#tops.delete(p));
    return new SupervisorRef(p, this.#kernel);
  }

  /**
   * A typed ref. By name it is resolved at every use, so it survives restarts and may be made before the name is taken
   * (RG-04); by pid it means that one incarnation.
   */
  ref<D extends AnyDefinition>(definition: D, nameOrPid: string | Via): AgentRef<D> {
    const made = runtimeOf(definition);
    if (nameOrPid instanceof Via) return new ViaRefImpl(this.#router.address(nameOrPid), made, this.#kernel, null) as never;
    const to = this.#isPid(nameOrPid) ? nameOrPid : checkName('ref', nameOrPid);
    return new AgentRefImpl(this.#router.address(to), made, this.#kernel, null) as never;
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
  send(to: Target, message: unknown, options: SendOptions = {}): void {
    checkFlags('send', options, ['priority']);
    this.#router.send(addressOf(this.#host, to), message, this.#kernel.current, options.priority === true);
  }

  /** An exit signal (EX-10 to EX-15); `kill` cannot be trapped. Harmless to the dead. */
  exit(to: Target, reason: ExitReason, options: SignalOptions = {}): void {
    checkFlags('exit', options, ['priority']);
    const address = addressOf(this.#host, to);
    if (address.owner !== null) exitSignal(address.owner, this.#kernel.current, reason, false);
    else if (address instanceof Alias) exitToAlias(address, this.#kernel.current, reason, options.priority === true);
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

  /**
   * What one process is doing now; undefined when it has ended (PF-05). With a list of items only those are read, and come
   * as a list in exactly that order; some, such as `messages`, are told only then (PF-07).
   *
   * @example
   * const p = system.spawn((self) => self.receive(), { name: 'worker' });
   * const [name, priority] = system.inspect(p, ['name', 'priority']) ?? [];
   * [name, priority]; // => ['worker', 'normal']
   */
  inspect(to: Target): ProcessInfo | undefined;
  inspect<const K extends readonly (keyof ProcessItems)[]>(to: Target, items: K): { -readonly [I in keyof K]: ProcessItems[K[I]] } | undefined;
  inspect(to: Target, items?: readonly (keyof ProcessItems)[]): ProcessInfo | unknown[] | undefined {
    if (items !== undefined) checkItems(items);
    const p = addressOf(this.#host, to).owner;
    if (p === null) return undefined;
    return items === undefined ? inspectProcess(p) : readItems(p, items);
  }

  /**
   * Suspends a process: it takes no message until `resume`, messages accumulate, exit signals still act (PR-20). For
   * debugging. Suspensions nest; those of a process that called this in its handler end with it. Errors: OptionError for a
   * process that has ended, and for oneself.
   *
   * @example
   * const p = system.spawn((self) => self.receive());
   * system.suspend(p);
   * system.inspect(p)?.status; // => 'suspended'
   * system.resume(p);
   */
  suspend(to: Target): void {
    const by = this.#kernel.current;
    const p = this.#living('suspend', to);
    if (p === by) throw new OptionError('suspend', to, 'another process', 'a process that suspends itself could not be resumed by itself');
    suspend(p, by);
  }

  /** Takes one `suspend` of the same caller back. Errors: OptionError when there is none. */
  resume(to: Target): void {
    if (!resume(this.#living('resume', to), this.#kernel.current)) throw new OptionError('resume', to, 'a process that the caller has suspended');
  }

  /**
   * Watches queues and handlers: long queues with hysteresis (PF-10), handlers that hold the thread (PF-11). Without one
   * nothing is measured. A new watchdog takes the place of the former one. Returns the way to stop it.
   *
   * Errors: OptionError for a `short` that is not below `long`, and for times and lengths that are no whole numbers.
   *
   * @example
   * const events: string[] = [];
   * const stop = system.watchdog({ queue: { long: 2, short: 1 } }, (event) => events.push(event.kind));
   * const p = system.spawn((self) => self.receive((message) => message === 'never'));
   * for (const message of [1, 2, 3]) p.send(message);
   * events; // => ['queue-long']
   * stop();
   */
  watchdog(options: WatchdogOptions, listener: (event: WatchdogEvent) => void): () => void {
    return startWatchdog(this.#kernel, options, listener);
  }

  /** Timers that belong to no process; see `Timers`. */
  get timers(): Timers {
    return new Timers(this.#host, null);
  }

  /** The clock of this system in ms, with fractions; it never goes back and has no date (TI-10). */
  monotonic(): number {
    return this.#kernel.env.mono();
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
    kernel.stopper = kernel.current;
    // A handler that stops the system is parked on this very promise in a moment: only then can it be ended at once.
    if (kernel.stopper !== null) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
    const report = await stopAll(kernel, [...this.#tops], drain, limit);
    kernel.closed = true;
    this.#listeners.remove();
    // The tick that is armed while anything runs has its last turn before the caller goes on.
    for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
    kernel.deadlines.close();
    return report;
  }

  #living(verb: string, to: Target): Process {
    const p = addressOf(this.#host, to).owner;
    if (p === null) throw new OptionError(verb, to, 'a living process', 'it has ended', 'NOPROC');
    return p;
  }

  #isPid(text: string): boolean {
    return typeof text === 'string' && text.startsWith(this.#kernel.prefix);
  }
}

function checkItems(items: unknown): void {
  if (!Array.isArray(items)) throw new OptionError('inspect.items', items, 'a list of items', `known items: ${PROCESS_ITEMS.join(', ')}`);
  for (const item of items) if (!(PROCESS_ITEMS as readonly unknown[]).includes(item)) throw new OptionError('inspect.items', item, `one of ${PROCESS_ITEMS.join(', ')}`);
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
