import { isOrderly, type ExitReason } from '../../base/index.js';

/**
 * permanent: always restarted; transient: after an abnormal end; temporary: never, and its spec is forgotten.
 */
export type Restart = 'permanent' | 'transient' | 'temporary';
/** who is restarted with a child: itself, all, or itself and those started after it */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';
/**
 * how a child is stopped: killed at once, asked and killed after so many ms, or asked and waited for
 */
export type Shutdown = 'brutal_kill' | 'infinity' | number;

/**
 * whether a supervisor ends by itself with its significant children: with the first, with the last, or never
 */
export type AutoShutdown = 'never' | 'any_significant' | 'all_significant';

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
 * Whether a child that was asked to end has ended as asked; any other reason is reported as a shutdown error. `normal`
 * is no answer of a permanent child (SU-35).
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
