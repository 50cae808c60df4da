import type { ExitReason } from '../base/index.js';
import { jsonOf, printable, toldAs } from '../base/text/index.js';
import type { MonitorRef, Pid, TimerRef } from './address.js';
import type { LetterVerb } from './letters.js';

/** What a {@link Down} is of that was made by hand. */
const NOBODY: MonitorRef = { alias: undefined };

/**
 * Arrives in `info` when a monitored process has ended: exactly one per monitor. The name of the dead process
 * is already free when it arrives.
 *
 * @example
 * const down = new Down(null, 'bank.x.1' as Pid, 'alice', 'shutdown');
 * down.reason // => 'shutdown'
 * @since 0.1.0
 */
export class Down<T = 'DOWN'> {
  /** @internal see `Exit.kept` */
  static readonly kept: Down = new Down(null, undefined, undefined, undefined);
  /**
   * The monitor that this is the end of: the very object that `monitor`, `startMonitored` or
   * `spawn` returned, so `down.ref === ref` tells which of several monitors it was, and a Map by
   * ref finds what belongs to it.
   */
  readonly ref: MonitorRef;
  constructor(
    /** null, for one that you make yourself, stands for a monitor of nobody */
    ref: MonitorRef | null,
    /** undefined when a name was monitored that nobody owned */
    readonly pid: Pid | undefined,
    /** set when the monitor was asked for by name */
    readonly name: string | undefined,
    readonly reason: ExitReason,
    /** `DOWN`, or what the monitor asked for with `tag` */
    readonly tag: T = 'DOWN' as T,
  ) {
    this.ref = ref ?? NOBODY;
  }

  /** Without the monitor, which is part of the runtime. */
  toJSON(): { readonly tag: T; readonly pid:
    | Pid | undefined; readonly name: string | undefined; readonly reason: ExitReason } {
    return { tag: this.tag, pid: this.pid, name: this.name, reason: jsonOf(this.reason) };
  }

  toString(): string {
    return `Down(${this.name ?? this.pid ?? 'nobody'}: ${printable(this.reason)})`;
  }
}

/**
 * Arrives in `info` of a process that traps exits, when a linked process ended or somebody sent it
 * an exit signal.
 *
 * @example
 * const exit = new Exit('bank.x.1' as Pid, 'normal');
 * exit.tag // => 'EXIT'
 * @since 0.1.0
 */
export class Exit {
  /**
   * @internal One instance that lives for ever: V8 throws away code that was optimized for a class
   *   when a collection finds no instance of it, and short-lived objects such as this are often all
   *   gone by then.
   */
  static readonly kept: Exit = new Exit(undefined, undefined);
  readonly tag = 'EXIT' as const;
  constructor(
    /** who ended or who sent the signal; undefined when it was sent from outside every process */
    readonly pid: Pid | undefined,
    readonly reason: ExitReason,
  ) {}
}

/**
 * Arrives in `info` when the idle timeout asked for by `self.timeout(ms)` has passed without a message.
 *
 * @example
 * new Timeout().tag // => 'TIMEOUT'
 * @since 0.1.0
 */
export class Timeout {
  readonly tag = 'TIMEOUT' as const;
}

/**
 * Arrives in `info` when a timer of `startTimer` is due: the message with the timer it belongs to, so that one
 * that was cancelled too late can be told apart.
 *
 * @example
 * const fired = new TimerFired({}, 'tick');
 * fired.message // => 'tick'
 * @since 0.2.0
 */
export class TimerFired {
  readonly tag = 'TIMER' as const;
  constructor(
    /** what `startTimer` returned */
    readonly ref: TimerRef,
    readonly message: unknown,
  ) {}
}

/**
 * Arrives in `info` as the answer to an asynchronous `cancelTimer` or `readTimer`.
 *
 * @example
 * new TimerAnswer('CANCEL_TIMER', {}, 12).result // => 12
 * @since 0.2.0
 */
export class TimerAnswer {
  constructor(
    readonly tag: 'CANCEL_TIMER' | 'READ_TIMER',
    readonly ref: TimerRef,
    /** ms that were left, or false */
    readonly result: number | false,
  ) {}
}

/**
 * Arrives in `info` of an agent that was defined with `undeliverable: true`, when a message that it
 * has sent became a dead letter, or its cast or send was refused by a mailbox.
 *
 * @example
 * const Sender = defineAgent({
 *   undeliverable: true,
 *   init: () => [] as string[],
 *   casts: { go(self) { self.send('nobody', 'hello'); } },
 *   calls: { told: (self) => self.state },
 *   info(self, message) { if (message instanceof Undeliverable) self.state.push(`${message.to}: ${message.reason}`); },
 * });
 * const sender = system.start(Sender);
 * sender.cast('go');
 * await new Promise(setImmediate);
 * await sender.call('told'); // => ['nobody: noproc']
 * @since 0.2.0
 */
export class Undeliverable {
  readonly tag = 'UNDELIVERABLE' as const;
  constructor(
    /** name, else pid, of the destination */
    readonly to: string,
    readonly verb: LetterVerb,
    /** the operation; `info` for a plain message */
    readonly op: string,
    readonly payload: unknown,
    /** as the dead letter has it, such as `noproc`; of what a mailbox refused the code, such as `MAILBOX_FULL` */
    readonly reason: unknown,
    /** feedbacks behind it: one more than that which was being handled; above 8 none comes */
    readonly hops: number,
  ) {}
}

toldAs(Exit, ({ pid, reason }) => `Exit(${pid ?? 'outside'}: ${printable(reason)})`);
toldAs(Timeout, () => 'Timeout');
toldAs(TimerFired, ({ message }) => `TimerFired(${printable(message)})`);
toldAs(TimerAnswer, ({ tag, result }) => `TimerAnswer(${tag}: ${String(result)})`);
toldAs(Undeliverable, ({ verb, op, to, reason }) => `Undeliverable(${verb} '${op}' to ${to}: ${printable(reason)})`);
