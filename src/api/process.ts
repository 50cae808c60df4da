import type { ExitReason } from '../base/index.js';
import type { Alias, AliasMode, MonitorRef, Pid, Target, TimerRef, Via } from './address.js';
import type { CastOptions, ProcessRef, ProcessSelf, Sends } from './agent.js';
import type { ProcessLevel } from './inspect.js';
import type { AnyDefinition, CastEntryOf, CastName, VerbArgs } from './protocol.js';

/** Options of `send`. */
export interface SendOptions {
  /**
   * a priority message, when it goes through an active alias that was made with `urgent`; ordinary otherwise
   */
  readonly urgent?: boolean | undefined;
}

/** Options of `link` and `exitOther`. */
export interface SignalOptions {
  /**
   * `link`: the peer's exit arrives here as a priority message. `exitOther`: it arrives there as
   * one, through an urgent alias
   */
  readonly urgent?: boolean | undefined;
}

/** Options of `alias`. */
export interface AliasOptions {
  /** the first message through it is the last */
  readonly reply?: boolean | undefined;
  /** lets senders put their messages before ordinary ones */
  readonly urgent?: boolean | undefined;
}

/** Options of `monitor`. */
export interface MonitorOptions {
  /**
   * makes an alias with the monitor, `ref.alias`, for replies: switched off by `unalias` only, by
   * the end of the monitor (Down or `demonitor`), or also by the first message through it, which
   * then ends the monitor too
   */
  readonly alias?: Exclude<AliasMode, 'plain' | 'reply'> | undefined;
  /** takes the place of `DOWN` in the Down's `tag` */
  readonly tag?: unknown;
  /** the Down, and what is sent with `urgent` through the alias, is a priority message */
  readonly urgent?: boolean | undefined;
}

/** Options of `demonitor`. */
export interface DemonitorOptions {
  /** also drops a Down that is queued */
  readonly flush?: boolean | undefined;
  /** tells whether a monitor was removed before its Down was sent; without it the answer is always true */
  readonly info?: boolean | undefined;
}

/** Options of `self.spawn`. */
export interface ProcessSpawnOptions {
  /** default true */
  readonly link?: boolean | undefined;
  /** registered name, or a name in another registry */
  readonly name?: string | Via | undefined;
  /** free text shown by `inspect` */
  readonly label?: string | undefined;
  /** scheduling level from the first step on, default `normal` */
  readonly level?: ProcessLevel | undefined;
}

/** What `self.spawn` with `monitor` returns. */
export interface Monitored {
  readonly ref: ProcessRef;
  readonly monitor: MonitorRef;
}

/** Options of `sendAfter` and `startTimer`. */
export interface TimerOptions {
  /** the time is a reading of `system.monotonic()` instead of a delay; one that has passed is due at once */
  readonly abs?: boolean | undefined;
}

/** Options of `cancelTimer` and `readTimer`. */
export interface TimerQuery {
  /** the answer comes as a TimerAnswer message; the verb returns 'ok' */
  readonly async?: boolean | undefined;
  /** false when nobody wants the answer; `cancelTimer` only */
  readonly info?: boolean | undefined;
}

/** Flags of a process, for `self.flag`; `self.trapExit` is a verb of its own. */
export interface ProcessFlags {
  /**
   * scheduling level: a runnable `max` starves `high`, that starves the others; `low` runs seldom, but always
   */
  level: ProcessLevel;
  /** hides messages and dictionary from `inspect` */
  sensitive: boolean;
}

/** The verbs that concern processes, signals and timers, as every self has them. */
export interface KernelVerbs {
  readonly pid: Pid;
  /** who spawned it; undefined when that was outside of every process */
  readonly parent: Pid | undefined;
  /** free text shown by `inspect` and in reports */
  label: string | undefined;
  /** inherited from the spawner; undefined until somebody sets one */
  get groupLeader(): Pid | undefined;
  set groupLeader(to: Target);
  /** values of this process alone: not inherited, gone with it */
  readonly dictionary: Map<unknown, unknown>;
  /** fires when this process has ended, and when its parent's shutdown has arrived */
  readonly signal: AbortSignal;
  send(to: Target, message: unknown, options?: SendOptions): void;
  /** another address of this process, which it can switch off */
  alias(options?: AliasOptions): Alias;
  /** true when it was active and this process's own */
  unalias(alias: Alias): boolean;
  /** a message to this process (or to a pid, name or alias) after `ms`; cancelled when that process ends */
  sendAfter(ms: number, message: unknown, to?: Target, options?: TimerOptions): TimerRef;
  /**
   * an operation of an agent, cast after `ms` in nobody's name, also when this process has ended by
   * then; a ref by pid cancels it with that process, a name is looked up then. Throws at once for
   * what is wrong with the operation or its payload
   * @example
   * const Light = defineAgent({
   *   init: () => ({ on: true }),
   *   casts: { off(self) { self.state.on = false; } },
   *   calls: { on: (self) => self.state.on },
   * });
   * const light = system.start(Light);
   * const Switch = defineAgent({ casts: { press: (self) => { self.sendAfter(light, 5, 'off'); } } });
   * system.start(Switch).cast('press');
   * await light.call('on'); // => true
   * await new Promise((resolve) => setTimeout(resolve, 20));
   * await light.call('on'); // => false
   */
  sendAfter<D extends AnyDefinition, K extends CastName<D>>(
    to: Sends<D>, ms: number, op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>
  ): TimerRef;
  /** the same, and the message comes in a TimerFired that names its timer */
  startTimer(ms: number, message: unknown, to?: Target, options?: TimerOptions): TimerRef;
  /** ms that were left, or false */
  cancelTimer(timer: TimerRef): number | false;
  cancelTimer(timer: TimerRef, options: TimerQuery): number | false | 'ok';
  /** ms that are left, or false */
  readTimer(timer: TimerRef): number | false;
  readTimer(timer: TimerRef, options: TimerQuery): number | false | 'ok';
  /** intervals, delayed exits, functions that run later; addressed to this process by default */
  readonly timers: Timers;
  /** linking again renews the priority mark */
  link(to: Target, options?: SignalOptions): void;
  unlink(to: Target): void;
  /** one Down will arrive, `noproc` when nobody is there */
  monitor(to: Target, options?: MonitorOptions): MonitorRef;
  /**
   * no Down will be queued afterwards; harmless for what is no monitor any more, and for an alias
   */
  demonitor(ref: MonitorRef | Alias, options?: DemonitorOptions): boolean;
  /** turns exit signals into Exit messages; returns the old value */
  trapExit(on: boolean): boolean;
  /** sets a flag of this process and returns the old value */
  flag<K extends keyof ProcessFlags>(name: K, value: ProcessFlags[K]): ProcessFlags[K];
  /** ends this process: throws, as OTP's exit/1 */
  exit(reason: ExitReason): never;
  /** sends an exit signal; `kill` cannot be trapped */
  exitOther(to: Target, reason: ExitReason, options?: SignalOptions): void;
  /** a plain process, linked to this one unless `link: false` */
  spawn(body: (self: ProcessSelf) => unknown, options?: ProcessSpawnOptions): ProcessRef;
  /** the same with a monitor, in one step: its Down tells the real reason, never `noproc` */
  spawn(
    body: (self: ProcessSelf) => unknown,
    options: ProcessSpawnOptions & { readonly monitor: true | MonitorOptions },
  ): Monitored;
}

/**
 * OTP's timer module: messages in every period, delayed exit signals, functions that run later.
 * `self.timers` is addressed to its process by default and its functions and intervals end with it;
 * `system.timers` belongs to nobody.
 *
 * Every verb returns a ref for `cancelTimer` of `self` or of the system. Errors: OptionError for a
 * time that is no whole number of ms, CastcallError `ZOMBIE` once the process of the `self` that it
 * came from has ended.
 *
 * @example
 * const ran = new Promise((resolve) => { system.timers.applyAfter(1, (self) => resolve(typeof self.pid)); });
 * await ran // => 'string'
 * @since 0.2.0
 */
export interface Timers {
  /**
   * A message in every period of `ms`, from 1, on an absolute schedule. It ends with the process it is
   * addressed to. A name is looked up at every message, and it ends with the process that has it
   * now: when nobody has, it never begins.
   */
  sendInterval(ms: number, message: unknown, to?: Target): TimerRef;
  /**
   * Runs `body` once, in a fresh process that nobody is linked to; it runs also when whoever asked has ended.
   */
  applyAfter(ms: number, body: (self: ProcessSelf) => unknown): TimerRef;
  /** Runs `body` in every period, each time in a fresh process, also while the one before still runs. */
  applyInterval(ms: number, body: (self: ProcessSelf) => unknown): TimerRef;
  /** The same, but never two at a time: a run that is late starts as soon as the one before has ended. */
  applyRepeatedly(ms: number, body: (self: ProcessSelf) => unknown): TimerRef;
  /** An exit signal after `ms`; harmless when nobody is there then. */
  exitAfter(ms: number, reason: ExitReason, to?: Target): TimerRef;
  /** The same with `kill`, which cannot be trapped. */
  killAfter(ms: number, to?: Target): TimerRef;
}
