import type { Schedule } from '../../behaviour/index.js';

/**
 * ms to wait after the n-th attempt, whole and never below the promise (P22): `min(base · factor^(n-1), max)`, reduced
 * by up to `jitter` of itself. `random` is from 0 up to 1.
 */
export function backoffMs(schedule: Schedule, attempt: number, random: number): number {
  if (schedule.baseMs === 0) return 0; // 0 · Infinity is NaN, and the power gets there
  const full = Math.min(schedule.maxMs, schedule.baseMs * schedule.factor ** (attempt - 1));
  return Math.ceil(full * (1 - schedule.jitter * random));
}
