import { isOrderly } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import type { Restart, Shutdown } from '../../api/supervisor.js';

/** How `brutal_kill` is written among milliseconds; -1 is infinity. */
export const BRUTAL_KILL = -2;

/**
 * The restart decision, a pure function of restart type and exit reason.
 *
 * @example
 * shouldRestart('permanent', 'normal'); // => true
 * shouldRestart('transient', { shutdown: 'done' }); // => false
 * shouldRestart('transient', new Error('boom')); // => true
 * shouldRestart('temporary', new Error('boom')); // => false
 * @since 0.1.0
 */
export function shouldRestart(restart: Restart, reason: ExitReason): boolean {
  if (restart === 'permanent') return true;
  if (restart === 'temporary') return false;
  return !isOrderly(reason);
}

/**
 * Whether a child that was asked to end has ended as asked; any other reason is reported as a
 * shutdown error. `normal` is no answer of a permanent child (SU-35).
 */
export function isExpectedEnd(restart: Restart, shutdownMs: number, reason: ExitReason): boolean {
  if (reason === (shutdownMs === BRUTAL_KILL ? 'killed' : 'shutdown')) return true;
  return restart !== 'permanent' && isOrderly(reason);
}

/** A shutdown rule as users write it. */
export function shutdownText(shutdownMs: number): Shutdown {
  if (shutdownMs === BRUTAL_KILL) return 'brutal_kill';
  return shutdownMs < 0 ? 'infinity' : shutdownMs;
}
