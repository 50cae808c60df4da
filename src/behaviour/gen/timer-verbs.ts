import { delayMs, msUntil, OptionError } from '../../base/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import { fenced, type Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { cancelTimer, OwnedTimer, readTimer } from '../../process/signal/index.js';
import type { TimerRef } from '../../api/address.js';
import { TimerAnswer } from '../../api/messages.js';
import type { TimerOptions, TimerQuery } from '../../api/process.js';
import { checkFlags } from './process-options.js';

/** The ms until a timer fires that was given a delay, or with `abs` a moment of the monotonic clock. */
export function dueIn(
  p: Process, verb: string, ms: number, options: TimerOptions | undefined,
): number {
  if (options === undefined) return delayMs(`${verb}.ms`, ms);
  checkFlags(verb, options, ['abs']);
  if (options.abs !== true) return delayMs(`${verb}.ms`, ms);
  return msUntil(`${verb}.ms`, ms, () => p.kernel.env.mono());
}

/** Cancels a timer or reads how long it has to go; `async` answers by a message to `p` instead. */
export function askTimer(
  p: Process, verb: 'cancelTimer' | 'readTimer', timer: TimerRef, options: TimerQuery = {},
): number | false | 'ok' {
  if (!(timer instanceof OwnedTimer)) throw new OptionError(verb, timer, 'what a timer verb returned');
  const cancels = verb === 'cancelTimer';
  checkFlags(verb, options, cancels ? ['async', 'info'] : ['async']);
  const silent = options.async === true || options.info === false;
  if (fenced(p)) return silent ? 'ok' : false;
  const result = cancels ? cancelTimer(timer) : readTimer(timer);
  if (options.async === true && options.info !== false) {
    pushSignal(p, TIMER, new TimerAnswer(cancels ? 'CANCEL_TIMER' : 'READ_TIMER', timer, result), null);
  }
  return silent ? 'ok' : result;
}
