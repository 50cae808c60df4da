import { CastcallError, ExitSignal, markHandled, OptionError, type ExitReason } from '../../base/index.js';
import { isOfThisCopy, otherCopy, shownAs } from '../../base/text/index.js';
import { fenced, DeadAddress, Phase, Process, type Address } from '../../process/record/index.js';
import {
  Alias, cancelTimer, demonitor, exitOfGone, exitSignal, exitToAlias, link, linksOf, markLink,
  Monitor, monitor, monitorGone, OwnedTimer, startTimer, unalias, unlink,
} from '../../process/signal/index.js';
import { addressName } from '../../router/request/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { Sys } from '../../api/sys.js';
import type { MonitorRef, Pid, Target, TimerRef } from '../../api/address.js';
import type { AgentStream } from '../../api/bus/stream.js';
import type { Receipt } from '../../api/delivery.js';
import type { Bindable, ProcessRef, ProcessSelf, ProcessVerbs } from '../../api/agent.js';
import { TimerFired } from '../../api/messages.js';
import type {
  Breaker, BreakerOptions, Limit, LimitOptions, GuardVerbs, RetryOptions, RetryStreamOptions, StreamAttempt,
} from '../../api/guards.js';
import type {
  AliasOptions, DemonitorOptions, Monitored, MonitorOptions, ProcessFlags, ProcessSpawnOptions, SendOptions,
  SignalOptions, TimerOptions, TimerQuery, Timers,
} from '../../api/process.js';
import type { CallResult, RequestVerbs } from '../../api/requests.js';
import type { TaskVerbs } from '../../api/tasks.js';
import { guardedController } from './guard.js';
import { addressOf, hostOf, type Host, rejected } from './host.js';
import {
  checkFlags, checkLabel, checkMonitor, checkSpawn, makeAlias, monitorExtra, setFlag, SPAWN_KEYS,
} from './process-options.js';
import { RequestVerbsImpl } from './request/request-verbs.js';
import { SysImpl } from './sys/sys.js';
import { TimersImpl } from './outward/timers.js';
import type { RefBase } from './request/ref-base.js';
import { Verb } from './request/verb.js';
import { SharedVerbs } from './outward/shared-verbs.js';
import { askTimer, castAfter, dueIn } from './timer-verbs.js';

/**
 * The process verbs of every self. Each looks first whether its incarnation still lives: what a
 * dead one does has no effect and is counted as `zombie` (P16).
 */
export class ProcessVerbsImpl extends SharedVerbs implements ProcessVerbs {
  constructor(readonly p: Process) {
    super();
  }

  get pid(): Pid {
    return this.p.pid;
  }

  protected get host(): Host {
    return hostOf(this.p.kernel);
  }

  /** False, and counted, when this incarnation has ended. */
  protected lives(): boolean {
    return !fenced(this.p);
  }

  protected need(verb: string): void {
    if (!this.lives()) throw new CastcallError('ZOMBIE', `${verb}: the process ${this.p.pid} has ended`);
  }

  /** The definition says what a reply is; here, as in a ref, nobody knows. */
  call<R = unknown>(ref: RefBase, op: string, payload?: unknown, options?: object): Promise<R> {
    return checked('call', ref).dispatch(Verb.Call, this.p, op, payload, options) as Promise<R>;
  }

  tryCall<R = unknown>(
    ref: RefBase, op: string, payload?: unknown, options?: object,
  ): Promise<CallResult<R>> {
    return checked('tryCall', ref).tryCallAs(this.p, op, payload, options) as Promise<CallResult<R>>;
  }

  cast(ref: RefBase, op: string, payload?: unknown, options?: object): void {
    checked('cast', ref).castAs(this.p, op, payload, options);
  }

  tryCast(ref: RefBase, op: string, payload?: unknown, options?: object): 'ok' | 'full' | 'dead' {
    return checked('tryCast', ref).dispatch(Verb.TryCast, this.p, op, payload, options);
  }

  put(ref: RefBase, op: string, payload?: unknown, options?: object): Promise<void> {
    return checked('put', ref).dispatch(Verb.Put, this.p, op, payload, options);
  }

  deliver<R = unknown>(ref: RefBase, op: string, payload?: unknown, options?: object): Promise<Receipt<R>> {
    return checked('deliver', ref)
      .dispatch(Verb.Deliver, this.p, op, payload, options) as Promise<Receipt<R>>;
  }

  stream<V = unknown>(ref: RefBase, op: string, payload?: unknown, options?: object): AgentStream<V> {
    return checked('stream', ref).dispatch(Verb.Stream, this.p, op, payload, options) as AgentStream<V>;
  }

  bind<R extends Bindable>(ref: R): R {
    const bindable = ref as R & { bind?(self: ProcessVerbsImpl): R };
    if (otherCopy(ref) !== undefined || typeof bindable?.bind !== 'function') throw badRef('bind', ref);
    return bindable.bind(this);
  }

  /* ---- messages, aliases and timers ---- */
  send(to: Target, message: unknown, options?: SendOptions): void {
    if (options !== undefined) checkFlags('send', options, ['urgent']);
    if (this.lives()) this.host.router.send(addressOf(this.host, to), message, this.p, options?.urgent === true);
  }

  alias(options: AliasOptions = {}): Alias {
    this.need('alias');
    return makeAlias(this.p, options);
  }

  unalias(alias: Alias): boolean {
    if (!(alias instanceof Alias)) {
      throw new OptionError('unalias', alias, 'an alias', 'pass what self.alias returned, or the alias of a monitor');
    }
    return this.lives() && unalias(alias, this.p);
  }

  sendAfter(ms: number, message: unknown, to?: Target, options?: TimerOptions): TimerRef;
  sendAfter(to: RefBase, ms: number, op: string, payload?: unknown, options?: object): TimerRef;
  sendAfter(first: number | RefBase, second: unknown, third?: unknown, fourth?: unknown, fifth?: object): TimerRef {
    this.need('sendAfter');
    if (typeof first === 'object') {
      return castAfter(this.p, checked('sendAfter', first), second as number, third as string, fourth, fifth);
    }
    return this.messageAfter(first, second, third as Target | undefined, fourth as TimerOptions | undefined);
  }

  private messageAfter(ms: number, message: unknown, to?: Target, options?: TimerOptions): TimerRef {
    const delay = dueIn(this.p, 'sendAfter', ms, options);
    return startTimer(this.p.kernel, delay, to === undefined ? this.p : addressOf(this.host, to), message);
  }

  startTimer(ms: number, message: unknown, to?: Target, options?: TimerOptions): TimerRef {
    this.need('startTimer');
    const delay = dueIn(this.p, 'startTimer', ms, options);
    const timer = startTimer(this.p.kernel, delay, to === undefined ? this.p : addressOf(this.host, to), undefined);
    timer.message = new TimerFired(timer, message);
    return timer;
  }

  cancelTimer(timer: TimerRef): number | false;
  cancelTimer(timer: TimerRef, options?: TimerQuery): number | false | 'ok';
  cancelTimer(timer: TimerRef, options?: TimerQuery): number | false | 'ok' {
    if (options === undefined && timer instanceof OwnedTimer) return this.lives() && cancelTimer(timer);
    return askTimer(this.p, 'cancelTimer', timer, options);
  }

  readTimer(timer: TimerRef): number | false;
  readTimer(timer: TimerRef, options?: TimerQuery): number | false | 'ok';
  readTimer(timer: TimerRef, options?: TimerQuery): number | false | 'ok' {
    return askTimer(this.p, 'readTimer', timer, options);
  }

  get timers(): Timers {
    this.need('timers');
    return new TimersImpl(this.host, this.p);
  }

  /* ---- links, monitors, exits ---- */

  link(to: Target, options?: SignalOptions): void {
    if (options !== undefined) checkFlags('link', options, ['urgent']);
    if (!this.lives()) return;
    const addr = this.processAt('link', to);
    const peer = addr.owner;
    if (peer !== null) {
      link(this.p, peer);
      markLink(this.p, peer, options?.urgent === true);
    } else if (this.p.trap && addr instanceof DeadAddress) exitOfGone(this.p, addr, options?.urgent === true);
    else if (this.p.trap) exitSignal(this.p, asProcess(addr), 'noproc', true, options?.urgent === true);
    else throw new OptionError(
      'link', addressName(addr), 'a living process', 'trap exits to get an Exit message instead (EX-03)', 'NOPROC',
    );
  }

  unlink(to: Target): void {
    const addr = this.processAt('unlink', to);
    // Also from one that has just ended: its exit may still be on its way (EX-04, EX-21).
    const peer = addr.owner ?? asProcess(addr) ?? linksOf(this.p).find((one) => one.pid === addressName(addr)) ?? null;
    if (peer !== null && this.lives()) unlink(this.p, peer);
  }

  monitor(to: Target, options?: MonitorOptions): MonitorRef {
    this.need('monitor');
    if (options !== undefined) checkMonitor('monitor', options);
    const addr = addressOf(this.host, to);
    if (options === undefined && addr instanceof Process) return monitor(this.p, addr);
    if (addr instanceof Alias) throw noProcess('monitor', to);
    const extra = options === undefined ? null : monitorExtra(this.p, options);
    if (addr instanceof DeadAddress) return monitorGone(this.p, addr, null, extra);
    return monitor(this.p, addr.owner ?? asProcess(addr), nameOf(addr), null, extra);
  }

  demonitor(ref: MonitorRef | Alias, options?: DemonitorOptions): boolean {
    if (options === undefined && ref instanceof Monitor) {
      if (ref.holder === this.p && this.lives()) demonitor(ref, false);
      return true;
    }
    if (options !== undefined) checkFlags('demonitor', options, ['flush', 'info']);
    const info = options?.info === true;
    if (ref instanceof Alias) return !info; // AL-08: an alias without a monitor is none
    if (!(ref instanceof Monitor)) throw new OptionError('demonitor', ref, 'what monitor returned');
    const removed = ref.holder === this.p && demonitor(ref, options?.flush === true);
    return removed || !info;
  }

  trapExit(on: boolean): boolean {
    if (typeof on !== 'boolean') throw new OptionError('trapExit', on, 'true or false');
    const before = this.p.trap;
    if (this.lives()) this.p.trap = on;
    return before;
  }

  exit(reason: ExitReason): never {
    throw new ExitSignal(reason);
  }

  exitOther(to: Target, reason: ExitReason, options?: SignalOptions): void {
    if (options !== undefined) checkFlags('exitOther', options, ['urgent']);
    const addr = addressOf(this.host, to);
    const peer = addr.owner;
    if (!this.lives()) return;
    if (peer !== null) exitSignal(peer, this.p, reason, false);
    else if (addr instanceof Alias) exitToAlias(addr, this.p, reason, options?.urgent === true);
  }

  private processAt(verb: string, to: Target): Address {
    const addr = addressOf(this.host, to);
    if (addr instanceof Alias) throw noProcess(verb, to);
    return addr;
  }

  /* ---- what a process knows of itself ---- */

  flag<K extends keyof ProcessFlags>(name: K, value: ProcessFlags[K]): ProcessFlags[K] {
    this.need('flag');
    return setFlag(this.p, name, value) as ProcessFlags[K];
  }

  get parent(): Pid | undefined {
    return this.p.parent?.pid;
  }

  get label(): string | undefined {
    return this.p.ext?.label ?? undefined;
  }

  set label(text: string | undefined) {
    checkLabel('label', text);
    if (this.lives()) this.p.cold().label = text ?? null;
  }

  get groupLeader(): Pid | undefined {
    return this.p.ext?.rarity?.leader ?? undefined;
  }

  set groupLeader(to: Target) {
    const leader = this.processAt('groupLeader', to).owner;
    if (leader === null) throw new OptionError('groupLeader', to, 'a living process', 'it has ended', 'NOPROC');
    if (this.lives()) this.p.rare().leader = leader.pid;
  }

  /** A dead incarnation gets an empty one that is nobody's. */
  get dictionary(): Map<unknown, unknown> {
    return this.lives() ? (this.p.rare().dictionary ??= new Map()) : new Map();
  }

  /* ---- starting others ---- */

  spawn(body: (self: ProcessSelf) => unknown, options?: ProcessSpawnOptions): ProcessRef;
  spawn(
    body: (self: ProcessSelf) => unknown, options: ProcessSpawnOptions & { readonly monitor: true | MonitorOptions },
  ): Monitored;
  spawn(
    body: (self: ProcessSelf) => unknown,
    options?: ProcessSpawnOptions & { readonly monitor?: boolean | MonitorOptions | undefined },
  ): ProcessRef | Monitored {
    this.need('spawn');
    if (options === undefined) return this.host.spawn(this.p, body, true);
    checkSpawn(options, SPAWN_KEYS);
    const { monitor: watch } = options;
    const ref = this.host.spawn(this.p, body, options.link ?? true, options);
    if (watch === undefined || watch === false) return ref;
    return { ref, monitor: watch === true ? this.monitor(ref) : this.monitor(ref, watch) };
  }

  start<R = unknown>(definition: AnyDefinition, ...args: unknown[]): R {
    this.need('start');
    return this.host.start(this.p, definition, args) as R;
  }

  startMonitored<R = unknown>(definition: AnyDefinition, ...args: unknown[]): R {
    this.need('startMonitored');
    return this.host.startMonitored(this.p, definition, args) as R;
  }

  supervise<R = unknown>(spec: unknown, options?: unknown): Promise<R> {
    const started = this.p.kernel.scheduler.paced(this.startTree(spec, options));
    markHandled(started);
    return started as Promise<R>;
  }

  private async startTree(spec: unknown, options: unknown): Promise<unknown> {
    this.need('supervise');
    return (this.extension('supervise') as (spec: unknown, options: unknown) => Promise<unknown>)(spec, options);
  }

  get task(): TaskVerbs {
    return this.host.tasks(this.p);
  }

  get requests(): RequestVerbs {
    return new RequestVerbsImpl(this.p);
  }

  sys(to: Target): Sys {
    return new SysImpl(addressOf(this.host, to), this.host, this.p);
  }

  /* ---- calls to the outside ---- */

  breaker(name: string, options?: BreakerOptions): Breaker {
    return this.guards().breaker(name, options);
  }

  limit(name: string, options?: LimitOptions): Limit {
    return this.guards().limit(name, options);
  }

  retry<T>(attempt: (number: number) => T | Promise<T>, options?: RetryOptions): Promise<T> {
    if (!this.lives()) return rejected(this.p.kernel, 'ZOMBIE', this.p.title, 'retry');
    return this.guards().retry(attempt, options);
  }

  retryStream<T>(attempt: StreamAttempt<T>, options?: RetryStreamOptions): AsyncIterableIterator<T> {
    return this.guards().retryStream(attempt, options);
  }

  private guards(): GuardVerbs {
    return this.extension('guards') as GuardVerbs;
  }

  /** What a layer above offers this process under that name. */
  extension(name: string): unknown {
    const make = this.host.extensions.get(name);
    if (make === undefined) {
      throw new CastcallError(
        'PORT_UNFILLED', `self has no '${name}': the layer that offers it is not part of this system`,
      );
    }
    return make(this.p, this);
  }

  /** One controller for the life of the process; a call's own is made by the agent's self. */
  get signal(): AbortSignal {
    return lifeSignal(this.p);
  }
}

shownAs(ProcessVerbsImpl, (it) => `Self(${it.p.title})`);

function checked(verb: string, ref: RefBase): RefBase {
  if (isOfThisCopy(ref) && typeof ref.dispatch === 'function') return ref;
  throw badRef(verb, ref);
}

function badRef(verb: string, given: unknown): OptionError {
  return new OptionError(`self.${verb}`, given, 'a ref of an agent', 'make one with system.ref(Definition, nameOrPid)');
}

/** Born aborted when the shutdown of the process has already arrived. */
export function newController(p: Process): AbortController {
  const made = guardedController(p.kernel);
  const shutdown = p.ext?.shutdown;
  if (shutdown !== null && shutdown !== undefined) made.abort(shutdown.reason);
  return made;
}

function lifeSignal(p: Process): AbortSignal {
  if (p.phase === Phase.Dead) return AbortSignal.abort(p.reason);
  const ext = p.cold();
  ext.life ??= newController(p);
  return ext.life.signal;
}

function noProcess(verb: string, to: unknown): OptionError {
  return new OptionError(verb, to, 'a process', 'an alias takes messages and exit signals only');
}

function nameOf(addr: Address): string | undefined {
  return 'mailbox' in addr ? undefined : addressName(addr);
}

function asProcess(addr: Address): Process | null {
  return 'mailbox' in addr ? (addr as Process) : null;
}
