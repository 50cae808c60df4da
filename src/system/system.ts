import { OptionError } from '../base/index.js';
import type { ExitReason } from '../base/index.js';
import { addressOf, checkFlags, checkSpawn, startFrom } from '../behaviour/gen/index.js';
import type { Host } from '../behaviour/gen/index.js';
import { TimersImpl } from '../behaviour/gen/outward/index.js';
import { SysImpl } from '../behaviour/gen/sys/index.js';
import { spawnPlain } from '../behaviour/plain/index.js';
import type { Kernel } from '../process/record/index.js';
import {
  Alias, cancelTimer, exitSignal, exitToAlias, OwnedTimer, resumeProcess, suspendProcess,
} from '../process/signal/index.js';
import type { DeadLetters } from '../router/dead-letter/index.js';
import type { Router } from '../router/index.js';
import { checkName } from '../router/names/index.js';
import type { AnyDefinition, HasHandle, StateIn } from '../api/protocol.js';
import type { Sys } from '../api/sys.js';
import { type Pid, type Target, type TimerRef, Via } from '../api/address.js';
import type { Waits } from '../api/durable/steps.js';
import type { SystemStore } from '../api/durable/store.js';
import type { EventManagerDefinition, EventManagerRef } from '../api/events.js';
import type { AgentRef, ProcessRef, ProcessSelf, StartArgs, Started } from '../api/agent.js';
import type { ProcessInfo, ProcessItems, WatchdogEvent, WatchdogOptions } from '../api/inspect.js';
import type { ProcessSpawnOptions, SendOptions, SignalOptions, Timers } from '../api/process.js';
import type { TaskVerbs } from '../api/tasks.js';
import type { RefTarget, SystemStats, TreeNode, Watch } from '../api/system.js';
import { handleOf } from './handle.js';
import { makeHost } from './host.js';
import { inspect, systemStats } from './inspect.js';
import { Listeners } from './listeners.js';
import type { ReadOptions } from './options.js';
import { treeOf } from './tree.js';
import { SystemTrees } from './trees.js';
import { living, watchFrom } from './watch.js';
import { startWatchdog } from './watchdog.js';

/**
 * One actor system: its processes, names, supervisors and dead letters. Make it with `createSystem`.
 *
 * @example
 * const other = createSystem({ name: 'bank' });
 * other.stats().processes // => 0
 * await other.stop();
 * @since 0.1.0
 */
export class System extends SystemTrees {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #router: Router;
  readonly #host: Host;
  readonly #store: SystemStore | null;
  readonly #waits: Waits | null;

  /** @internal Use `createSystem`. */
  constructor(options: ReadOptions) {
    const { host, outlives } = makeHost(options);
    const listeners = new Listeners();
    super(host, listeners);
    const { kernel } = host;
    this.name = options.name;
    this.#kernel = kernel;
    this.#router = host.router;
    this.#host = host;
    this.#store = outlives?.store ?? null;
    this.#waits = outlives?.waits ?? null;
    if (options.strays === 'report') listeners.reportStrays(kernel);
    if (options.handleSignals) listeners.stopOnSignals(kernel, () => this.stop({ drain: true }));
  }

  /** @internal What the test kit taps; see `kernelOf`. */
  static kernelOf(system: System): Kernel {
    return system.#kernel;
  }

  /**
   * What outlives the program: the store that `createSystem` was given. Errors: `NO_STORE` when it was
   * given none.
   *
   * @example
   * const other = createSystem({ store: memoryStore(), logger: false });
   * await other.store.ready;
   * (await other.store.stats()).level; // => 'memory'
   * await other.stop();
   * @since 0.2.0
   */
  get store(): SystemStore {
    if (this.#store === null) throw noStore('store');
    return this.#store;
  }

  /**
   * The decisions that durable agents wait for (`self.wait`): listed, and made from anywhere. Errors:
   * `NO_STORE` when the system was given no store.
   *
   * @example
   * const Desk = defineAgent({
   *   durable: true,
   *   init: () => ({ sent: 0 }),
   *   calls: { async send(self, text: string) {
   *     if (await self.wait<boolean>('may-send')) self.state.sent++;
   *     return text;
   *   } },
   * });
   * const other = createSystem({ store: memoryStore(), logger: false });
   * const desk = await other.start(Desk, { name: 'desk' });
   * const receipt = await desk.deliver('send', 'hello');
   * while (other.waits.list().length === 0) await new Promise((resolve) => setImmediate(resolve));
   * await other.waits.resolve('may-send', true); // => true
   * (await receipt.settled).kind; // => 'handled'
   * await other.waits.resolve('may-send', false); // => false
   * await other.stop();
   * @since 0.2.0
   */
  get waits(): Waits {
    if (this.#waits === null) throw noStore('waits');
    return this.#waits;
  }

  /** The latest dead letters: look at them, send them again, hear of all. */
  get deadLetters(): DeadLetters {
    return this.#router.deadLetters;
  }

  /**
   * Starts an agent that nobody supervises: `start(Definition, ...initArgs, options?)`. Returns its
   * ref when init is synchronous, the promise of it when init is asynchronous. Errors: StartError
   * with the reason init failed with, or `{ alreadyStarted: pid }` for a taken name; OptionError
   * for bad options.
   *
   * @example
   * const Echo = defineAgent({ calls: { say: (self, text: string) => text } });
   * await system.start(Echo).call('say', 'hello') // => 'hello'
   */
  start<D extends AnyDefinition>(definition: D, ...args: StartArgs<D>): Started<D> {
    const started: unknown = startFrom(this.#host, null, definition, args);
    return started as Started<D>; // whether init is asynchronous, the definition says
  }

  /**
   * Spawns a plain process; `body` runs later, never inside this call. When it returns the process ends with
   * `normal`, when it throws with what it threw.
   *
   * @example
   * const got: unknown[] = [];
   * const p = system.spawn(async (self) => { got.push(await self.receive()); });
   * p.send('hello');
   * await system.monitor(p).down;
   * got // => ['hello']
   */
  spawn(body: (self: ProcessSelf) => unknown, options?: Omit<ProcessSpawnOptions, 'link'>): ProcessRef {
    if (options !== undefined) checkSpawn(options, ['name', 'label', 'level']);
    return spawnPlain(this.#kernel, null, body, false, options);
  }

  /**
   * Tasks of the outside: functions in processes of their own, whose results are waited for here. Inside a
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
   * The handle of what `what` is. Of a definition a typed ref; of what has a handle of its own,
   * that: a registry, a scope of groups, the event manager, a pool (`poolOf(Definition)`), a
   * supervisor (`SupervisorRef`, `DynamicSupervisorRef`, `TaskSupervisorRef`,
   * `partitionsOf(child)`), and of any specification what starting it gives.
   *
   * By name it is resolved at every use, so it survives restarts and may be made before the name is
   * taken; by pid or ref it means that one incarnation. Registries and scopes are looked for by the
   * name of their definition, what a specification starts by the name in it, unless another is
   * given. Errors: OptionError.
   *
   * @example
   * const Echo = defineAgent({ calls: { say: (self, text: string) => text } });
   * const Rooms = defineRegistry({ name: 'rooms', keys: 'unique' });
   * const jobs = dynamicSupervisor('jobs', { name: 'jobs' });
   * await system.supervise({ children: [child('echo', Echo), child('rooms', Rooms), jobs] });
   * await system.ref(Echo, 'echo').call('say', 'hello'); // => 'hello'
   * system.ref(Rooms).count(); // => 0
   * (await system.ref(jobs).countChildren()).active; // => 0
   * (await system.ref(DynamicSupervisorRef, 'jobs').countChildren()).active; // => 0
   */
  ref<H>(what: HasHandle<H>, at?: RefTarget): H;
  ref<D extends AnyDefinition>(what: D, at: RefTarget): AgentRef<D>;
  ref<E>(what: EventManagerDefinition, at: RefTarget): EventManagerRef<E>;
  ref(what: HasHandle<unknown> | AnyDefinition, at?: RefTarget): unknown {
    return handleOf(this.#host, what, at);
  }

  /** Who has a name now, also one in another registry. */
  whereis(name: string | Via): Pid | undefined {
    return (name instanceof Via ? this.#router.address(name).owner : this.#router.names.whereis(name))?.pid;
  }

  /** All registered names. */
  registered(): string[] {
    return this.#router.names.registered();
  }

  /** Gives a living process a name; it is released when the process ends. */
  register(name: string, to: Target): void {
    const checked = checkName('register', name);
    const p = addressOf(this.#host, to).owner;
    if (p === null) throw new OptionError('register', to, 'a living process', 'it has ended', 'NOPROC');
    const owner = this.#router.names.register(checked, p);
    if (owner !== null) {
      throw new OptionError(
        'register', name, 'a free name', `it belongs to ${owner.pid}`, 'ALREADY_REGISTERED',
      );
    }
  }

  unregister(name: string): void {
    this.#router.names.unregister(checkName('unregister', name));
  }

  /**
   * A plain message; arrives in `info`, or in `receive`. To nobody it is a dead letter. Never
   * throws for a valid target.
   */
  send(to: Target, message: unknown, options: SendOptions = {}): void {
    checkFlags('send', options, ['urgent']);
    this.#router.send(addressOf(this.#host, to), message, this.#kernel.current, options.urgent === true);
  }

  /** An exit signal; `kill` cannot be trapped. Harmless to the dead. */
  exit(to: Target, reason: ExitReason, options: SignalOptions = {}): void {
    checkFlags('exit', options, ['urgent']);
    const address = addressOf(this.#host, to);
    if (address.owner !== null) exitSignal(address.owner, this.#kernel.current, reason, false);
    else if (address instanceof Alias) exitToAlias(
      address, this.#kernel.current, reason, options.urgent === true,
    );
  }

  /**
   * Watches a process from outside.
   *
   * @example
   * const p = system.spawn(() => 'done');
   * (await system.monitor(p).down).reason // => 'normal'
   */
  monitor(to: Target): Watch {
    return watchFrom(addressOf(this.#host, to), this.#host.kernel.scheduler);
  }

  alive(pid: string): boolean {
    return this.#kernel.byPid(pid) !== undefined;
  }

  /** Pids of all live processes; O(processes). */
  processes(): Pid[] {
    return this.#kernel.live.list().map((p) => p.pid);
  }

  /**
   * What one process is doing now; undefined when it has ended. With a list of items only those are read, and
   * come as a list in exactly that order; some, such as `messages`, are told only then.
   *
   * @example
   * const p = system.spawn((self) => self.receive(), { name: 'worker' });
   * const [name, level] = system.inspect(p, ['name', 'level']) ?? [];
   * [name, level]; // => ['worker', 'normal']
   */
  inspect(to: Target): ProcessInfo | undefined;
  inspect<const K extends readonly (keyof ProcessItems)[]>(
    to: Target, items: K,
  ): { -readonly [I in keyof K]: ProcessItems[K[I]] } | undefined;
  inspect(to: Target, items?: readonly (keyof ProcessItems)[]): ProcessInfo | unknown[] | undefined {
    return inspect(addressOf(this.#host, to).owner, items);
  }

  /**
   * Suspends a process: it takes no message until `resume`, messages accumulate, exit signals still act. For
   * debugging. Suspensions nest; those of a process that called this in its handler end with it.
   * Errors: OptionError for a process that has ended, and for oneself.
   *
   * @example
   * const p = system.spawn((self) => self.receive());
   * system.suspend(p);
   * system.inspect(p)?.status; // => 'suspended'
   * system.resume(p);
   */
  suspend(to: Target): void {
    const by = this.#kernel.current;
    const p = living('suspend', to, addressOf(this.#host, to));
    if (p === by) {
      throw new OptionError(
        'suspend', to, 'another process', 'a process that suspends itself could not be resumed by itself',
      );
    }
    suspendProcess(p, by);
  }

  /** Takes one `suspend` of the same caller back. Errors: OptionError when there is none. */
  resume(to: Target): void {
    if (!resumeProcess(living('resume', to, addressOf(this.#host, to)), this.#kernel.current)) {
      throw new OptionError('resume', to, 'a process that the caller has suspended');
    }
  }

  /**
   * Watches queues, handlers and the event loop: long queues with hysteresis, handlers that hold the thread,
   * and, with a thread of its own, an event loop that stands still: that is told while it lasts. Without
   * one nothing is measured. A new watchdog takes the place of the former one. Returns the way to stop it.
   *
   * Errors: OptionError for a `short` that is not below `long`, and for times and lengths that are
   * no whole numbers.
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
    return new TimersImpl(this.#host, null);
  }

  /**
   * Ends a timer of a process or of the system: ms that were left, false when it was over. Inside of a
   * process use `self.cancelTimer`. Errors: OptionError for what is no timer.
   *
   * @example
   * const timer = system.timers.applyAfter(60_000, () => undefined);
   * typeof system.cancelTimer(timer); // => 'number'
   * system.cancelTimer(timer); // => false
   */
  cancelTimer(timer: TimerRef): number | false {
    if (!(timer instanceof OwnedTimer)) throw new OptionError(
      'cancelTimer', timer, 'what a timer verb returned',
    );
    return cancelTimer(timer);
  }

  /** The clock of this system in ms, with fractions; it never goes back and has no date. */
  monotonic(): number {
    return this.#kernel.env.mono();
  }

  /**
   * The system messages of one process: suspend it, look at its state, replace it, watch it, end it
   * (OTP's sys).
   *
   * @example
   * const Counter = defineAgent({ init: () => ({ n: 1 }) });
   * await system.sys(system.start(Counter)).getState(); // => { n: 1 }
   */
  sys<D extends AnyDefinition>(ref: AgentRef<D>): Sys<StateIn<D>>;
  sys(target: Target): Sys;
  sys(target: Target): Sys {
    return new SysImpl(addressOf(this.#host, target), this.#host, null);
  }

  /** The conservation account and counts, exact at this moment. O(processes that have messages), not O(all). */
  stats(): SystemStats {
    return systemStats(this.#kernel, this.#router.deadLetters.total);
  }

  /** Every live process, as a forest by parent; `formatTree` makes a text of it. */
  tree(): TreeNode[] {
    return treeOf(this.#kernel);
  }
}

function noStore(what: string): OptionError {
  return new OptionError(what, undefined, 'a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE');
}
