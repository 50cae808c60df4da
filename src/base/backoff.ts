import { OptionError } from './errors.js';
import { delayMs, unknownKey } from './options.js';

/**
 * Waits that grow: before attempt n+1, or before the n-th restart in a row,
 * `min(baseMs * factor ** (n - 1), maxMs)` ms, shortened at random by up to `jitter` of itself. One
 * vocabulary for deliveries, `retry` and restarts.
 */
export interface Backoff {
  /** ms, from 0; default 100 */
  readonly baseMs?: number | undefined;
  /** from 1; default 2 */
  readonly factor?: number | undefined;
  /** ms, at least `baseMs`; default 30,000 */
  readonly maxMs?: number | undefined;
  /** from 0 to 1; default 0.5: each wait is spread over its upper half. Of restarts 0: they wait in full */
  readonly jitter?: number | undefined;
}

/** A checked and complete one. */
export interface Schedule {
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: number;
}

/** What is left out of a back-off. */
export const BACKOFF: Schedule = { baseMs: 100, factor: 2, maxMs: 30_000, jitter: 0.5 };

const KEYS: readonly string[] = Object.keys(BACKOFF);

/** Checks a back-off and completes it by `base`. Errors: an OptionError for what breaks its rule. */
export function readBackoff(where: string, given: Backoff | undefined, base: Schedule = BACKOFF): Schedule {
  if (given === undefined) return base;
  if (typeof given !== 'object' || given === null) throw new OptionError(where, given, 'an object');
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) throw unknownKey(`${where}.${key}`, key, given[key as keyof Backoff], KEYS);
  }
  const baseMs = given.baseMs === undefined ? base.baseMs : delayMs(`${where}.baseMs`, given.baseMs);
  const maxMs = given.maxMs === undefined
    ? Math.max(base.maxMs, baseMs)
    : delayMs(`${where}.maxMs`, given.maxMs);
  const factor = given.factor ?? base.factor;
  const jitter = given.jitter ?? base.jitter;
  if (maxMs < baseMs) {
    throw new OptionError(
      `${where}.maxMs`, maxMs, `at least baseMs (${baseMs})`, 'raise maxMs or lower baseMs',
    );
  }
  if (typeof factor !== 'number' || !(factor >= 1 && factor < Infinity)) {
    throw new OptionError(`${where}.factor`, factor, 'a finite number from 1');
  }
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw new OptionError(`${where}.jitter`, jitter, 'a number from 0 to 1');
  }
  return { baseMs, factor, maxMs, jitter };
}

/**
 * ms to wait after the n-th attempt, whole and never below the promise:
 * `min(base · factor^(n-1), max)`, reduced by up to `jitter` of itself. `random` is from 0 up to 1.
 */
export function backoffMs(schedule: Schedule, attempt: number, random: number): number {
  if (schedule.baseMs === 0) return 0; // 0 · Infinity is NaN, and the power gets there
  const full = Math.min(schedule.maxMs, schedule.baseMs * schedule.factor ** (attempt - 1));
  return Math.ceil(full * (1 - schedule.jitter * random));
}
