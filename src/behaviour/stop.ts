import { callError, isOrderly, markHandled, type ExitReason } from '../base/index.js';
import { STOP } from '../mailbox/index.js';
import { demonitor, monitor, type Process } from '../process/index.js';
import { sameState } from './statem-equal.js';

/**
 * Resolves when `p` has ended for the reason asked for, rejects when for another (PL-11, GS-40): with that reason as it is
 * when `p` was about to stop, as that of any request when it had ended before.
 */
export function ended(p: Process, target: string, reason: ExitReason, limitMs: number): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    const { env } = p.kernel;
    const timer = limitMs < 0 ? null : env.timer(Math.min(limitMs, 0x7fff_ffff), () => {
      demonitor(ref, true);
      reject(callError('TIMEOUT', { target, op: 'stop', timeoutMs: limitMs }));
    });
    const ref = monitor(null, p, undefined, (down) => {
      if (timer !== null) env.clear(timer);
      if (sameReason(down.reason, reason)) resolve();
      else reject(callError('EXIT', { target, op: 'stop', reason: down.reason, orderly: down.reason === 'shutdown' || (p.op === STOP && isOrderly(down.reason)) }));
    });
  });
  markHandled(done);
  return done;
}

/** A terminate may end with a reason of its own that says the same: OTP compares terms. */
function sameReason(a: ExitReason, b: ExitReason): boolean {
  try {
    return sameState(a, b);
  } catch {
    return false; // a getter threw: it is another one
  }
}
