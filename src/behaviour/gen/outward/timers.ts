import { CastcallError, delayMs, OptionError, type ExitReason } from '../../../base/index.js';
import {
  Alias, cancelTimer, exitSignal, fenced, monitor, OwnedTimer, startAction, startInterval, timerMessage, type Address,
  type IntervalTimer, type Process, type TimerRef,
} from '../../../process/index.js';
import { addressOf, type Host } from '../host.js';
import type { ProcessSelf, Target } from '../types.js';

type Body = (self: ProcessSelf) => unknown;

/**
 * OTP's timer module: messages in every period, delayed exit signals, functions that run later. `self.timers` is
 * addressed to its process by default and its functions and intervals end with it; `system.timers` belongs to nobody.
 *
 * Every verb returns a ref for `cancel`. Errors: OptionError for a time that is no whole number of ms, CastcallError
 * `ZOMBIE` once the process of the
 * `self` that it came from has ended.
 *
 * @example
 * const ran = new Promise((resolve) => { system.timers.applyAfter(1, (self) => resolve(typeof self.pid)); });
 * await ran // => 'string'
 * @since 0.2.0
 */
export class Timers {
  readonly #host: Host;
  readonly #p: Process | null;
  /** @internal */
  constructor(host: Host, p: Process | null) {
    this.#host = host;
    this.#p = p;
  }

  /**
   * A message in every period of `ms`, from 1, on an absolute schedule (TI-16). It ends with the process it is
   * addressed to. A name is looked up at every message, and it ends with the process that has it now: when nobody has,
   * it never begins.
   */
  sendInterval(ms: number, message: unknown, to?: Target): TimerRef {
    this.#need('sendInterval');
    const period = periodMs('sendInterval.ms', ms);
    const address = this.#target('sendInterval', to);
    const receiver = receiverOf(address);
    const timer = startInterval(this.#host.kernel, period, receiver, () => {
      if (address instanceof Alias && !address.active) cancelTimer(timer);
      else timerMessage(address, message);
      return true;
    });
    if (receiver === null) cancelTimer(timer);
    return timer;
  }

  /**
   * Runs `body` once, in a fresh process that nobody is linked to; it runs also when whoever asked has ended (TI-14).
   */
  applyAfter(ms: number, body: Body): TimerRef {
    this.#need('applyAfter');
    const delay = delayMs('applyAfter.ms', ms);
    const run = this.#runner('applyAfter', body);
    return startAction(this.#host.kernel, delay, null, run);
  }

  /** Runs `body` in every period, each time in a fresh process, also while the one before still runs (TI-15). */
  applyInterval(ms: number, body: Body): TimerRef {
    this.#need('applyInterval');
    const period = periodMs('applyInterval.ms', ms);
    const run = this.#runner('applyInterval', body);
    return startInterval(this.#host.kernel, period, this.#p, () => {
      run();
      return true;
    });
  }

  /** The same, but never two at a time: a run that is late starts as soon as the one before has ended (TI-15). */
  applyRepeatedly(ms: number, body: Body): TimerRef {
    this.#need('applyRepeatedly');
    const period = periodMs('applyRepeatedly.ms', ms);
    const run = this.#runner('applyRepeatedly', body);
    return startInterval(this.#host.kernel, period, this.#p, (timer: IntervalTimer) => {
      const p = run();
      if (p !== null) monitor(null, p, undefined, () => timer.again());
      return p === null;
    });
  }

  /** An exit signal after `ms`; harmless when nobody is there then (TI-17). */
  exitAfter(ms: number, reason: ExitReason, to?: Target): TimerRef {
    this.#need('exitAfter');
    const delay = delayMs('exitAfter.ms', ms);
    const address = this.#target('exitAfter', to);
    return startAction(this.#host.kernel, delay, ownerOf(address), () => {
      if (address.owner !== null) exitSignal(address.owner, null, reason, false);
    });
  }

  /** The same with `kill`, which cannot be trapped. */
  killAfter(ms: number, to?: Target): TimerRef {
    return this.exitAfter(ms, 'kill', to);
  }

  /** Ends a timer; harmless when it is over (TI-18). Errors: OptionError for what is no timer. */
  cancel(timer: TimerRef): void {
    if (!(timer instanceof OwnedTimer)) throw new OptionError('timers.cancel', timer, 'what a timer verb returned');
    if (!fenced(this.#p)) cancelTimer(timer);
  }

  /** What was kept of a self acts no longer than its incarnation (P16). */
  #need(verb: string): void {
    if (fenced(this.#p)) {
      throw new CastcallError('ZOMBIE', `timers.${verb}: the process ${(this.#p as Process).pid} has ended`);
    }
  }

  #target(verb: string, to: Target | undefined): Address {
    if (to !== undefined) return addressOf(this.#host, to);
    if (this.#p === null) throw new OptionError(`timers.${verb}`, to, 'a target', 'pass a ref, a pid or a name');
    return this.#p;
  }

  /** A spawn that is refused, for example at the limit of processes, is logged: there is nobody to throw at. */
  #runner(verb: string, body: Body): () => Process | null {
    if (typeof body !== 'function') throw new OptionError(`timers.${verb}`, body, 'a function that takes self');
    const host = this.#host;
    return () => {
      try {
        return (host.spawn(null, body, false) as unknown as { readonly addr: Process }).addr;
      } catch (error) {
        host.kernel.warn(`timers.${verb} could not spawn`, { error });
        return null;
      }
    };
  }
}

/** Whom a message to it would reach now. */
function receiverOf(address: Address): Process | null {
  return address instanceof Alias ? (address.active ? address.holder : null) : address.owner;
}

function ownerOf(address: Address): Process | null {
  return 'mailbox' in address ? (address as Process) : null;
}

function periodMs(where: string, ms: unknown): number {
  if (delayMs(where, ms) === 0) {
    throw new OptionError(
      where, ms, 'a whole number of milliseconds from 1', 'a period of 0 would leave no time for anything else',
    );
  }
  return ms as number;
}
