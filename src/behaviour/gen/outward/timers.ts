import { CastcallError, delayMs, OptionError } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { fenced } from '../../../process/record/index.js';
import type { Address, Process } from '../../../process/record/index.js';
import {
  Alias, cancelTimer, exitSignal, monitor, startAction, startInterval, timerMessage,
} from '../../../process/signal/index.js';
import type { IntervalTimer } from '../../../process/signal/index.js';
import type { Timers } from '../../../api/process.js';
import type { Target, TimerRef } from '../../../api/address.js';
import type { ProcessRef, ProcessSelf } from '../../../api/agent.js';
import { addressOf, type Host } from '../host.js';

type Body = (self: ProcessSelf) => unknown;

/** `p` is the process that they belong to, null for nobody. */
export class TimersImpl implements Timers {
  readonly #host: Host;
  readonly #p: Process | null;
  /** @internal */
  constructor(host: Host, p: Process | null) {
    this.#host = host;
    this.#p = p;
  }

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

  applyAfter(ms: number, body: Body): TimerRef {
    this.#need('applyAfter');
    const delay = delayMs('applyAfter.ms', ms);
    const run = this.#runner('applyAfter', body);
    return startAction(this.#host.kernel, delay, null, run);
  }

  applyInterval(ms: number, body: Body): TimerRef {
    this.#need('applyInterval');
    const period = periodMs('applyInterval.ms', ms);
    const run = this.#runner('applyInterval', body);
    return startInterval(this.#host.kernel, period, this.#p, () => {
      run();
      return true;
    });
  }

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

  exitAfter(ms: number, reason: ExitReason, to?: Target): TimerRef {
    this.#need('exitAfter');
    const delay = delayMs('exitAfter.ms', ms);
    const address = this.#target('exitAfter', to);
    return startAction(this.#host.kernel, delay, ownerOf(address), () => {
      if (address.owner !== null) exitSignal(address.owner, null, reason, false);
    });
  }

  killAfter(ms: number, to?: Target): TimerRef {
    return this.exitAfter(ms, 'kill', to);
  }

  /** What was kept of a self acts no longer than its incarnation (P16). */
  #need(verb: string): void {
    if (fenced(this.#p)) {
      throw new CastcallError('ZOMBIE', `timers.${verb}: the process ${(this.#p as Process).pid} has ended`);
    }
  }

  #target(verb: string, to: Target | undefined): Address {
    if (to !== undefined) return addressOf(this.#host, to);
    if (this.#p === null) throw new OptionError(
      `timers.${verb}`, to, 'a target', 'pass a ref, a pid or a name',
    );
    return this.#p;
  }

  /** A spawn that is refused, for example at the limit of processes, is logged: there is nobody to throw at. */
  #runner(verb: string, body: Body): () => Process | null {
    if (typeof body !== 'function') throw new OptionError(`timers.${verb}`, body, 'a function that takes self');
    const host = this.#host;
    return () => {
      try {
        return (host.spawn(null, body, false) as ProcessRef & { readonly addr: Process }).addr;
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
