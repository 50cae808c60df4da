import { callError, Deadline, isOrderly, markHandled } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { STOP } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import { demonitor, monitor } from '../../process/signal/index.js';
import { sameState } from './equal.js';

/**
 * Resolves when `p` has ended for the reason asked for, rejects when for another (PL-11, GS-40):
 * with that reason as it is when `p` was about to stop, as that of any request when it had ended
 * before.
 */
export function ended(p: Process, target: string, reason: ExitReason, limitMs: number): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    const limit = limitMs < 0 ? null : new StopLimit(() => {
      demonitor(ref, true);
      reject(callError('TIMEOUT', { target, op: 'stop', timeoutMs: limitMs }));
    });
    const ref = monitor(null, p, undefined, (down) => {
      if (limit !== null) p.kernel.deadlines.remove(limit);
      if (sameReason(down.reason, reason)) resolve();
      else reject(callError('EXIT', {
        target, op: 'stop', reason: down.reason,
        orderly: down.reason === 'shutdown' || (p.op === STOP && isOrderly(down.reason)),
      }));
    });
    if (limit !== null) p.kernel.deadlines.add(limit, limitMs);
  });
  markHandled(done);
  return done;
}

class StopLimit extends Deadline {
  constructor(private readonly passed: () => void) {
    super();
  }
  expire(): void {
    this.passed();
  }
}

/** A terminate may end with a reason of its own that says the same: OTP compares terms. */
function sameReason(a: ExitReason, b: ExitReason): boolean {
  try {
    return sameState(a, b);
  } catch {
    return false; // a getter threw: it is another one
  }
}
