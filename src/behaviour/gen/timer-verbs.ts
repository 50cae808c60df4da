import { delayMs, msUntil, OptionError } from '../../base/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import { DeadAddress, fenced, Phase, Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { cancelTimer, OwnedTimer, readTimer, startAction } from '../../process/signal/index.js';
import type { TimerRef } from '../../api/address.js';
import { TimerAnswer } from '../../api/messages.js';
import type { TimerOptions, TimerQuery } from '../../api/process.js';
import { readCast } from './options.js';
import { checkFlags } from './process-options.js';
import type { RefBase } from './request/ref-base.js';
import { Verb } from './request/verb.js';

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

/** An operation of an agent, later. What is wrong with it is told now. */
export function castAfter(
  p: Process, to: RefBase, ms: number, op: string, payload: unknown, options: object | undefined,
): TimerRef {
  const delay = delayMs('sendAfter.ms', ms);
  const known = to.definition.castOp(op);
  if (known === undefined) throw to.unknown(op, 'sendAfter');
  if (options !== undefined) readCast('sendAfter', options, () => 0);
  try {
    if (known.check !== null) known.check(payload, undefined);
  } catch (error) {
    throw to.explain(error, op, 'sendAfter');
  }
  const target = to.addr instanceof Process ? to.addr : null;
  const timer = startAction(
    p.kernel, delay, target, () => to.dispatch(Verb.Cast, null, op, payload, options),
  );
  if (to.addr instanceof DeadAddress || target?.phase === Phase.Dead) cancelTimer(timer);
  return timer;
}
