import { delayMs, OptionError, parseOptions, z } from '../../base/index.js';
import type { LimitOptions } from '../../api/guards.js';

export interface ReadLimit {
  readonly name: string;
  /** Infinity: no limit */
  readonly perMinute: number;
  readonly burst: number;
  /** Infinity: no limit, and weights are refused */
  readonly weightPerMinute: number;
  readonly weightBurst: number;
  /** Infinity: no limit */
  readonly concurrency: number;
  /** ms */
  readonly retryAfterMaxMs: number;
}

const RETRY_AFTER_MAX_MS = 600_000;

const RATE = 'a finite number above 0';
const COUNT = 'a whole number from 1';
const count = z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT });

const schema: z.ZodType<LimitOptions> = z.strictObject({
  perMinute: z.number({ error: RATE }).positive({ error: RATE }).optional(),
  burst: count.optional(),
  weightPerMinute: z.number({ error: RATE }).positive({ error: RATE }).optional(),
  weightBurst: count.optional(),
  concurrency: count.optional(),
  retryAfterMaxMs: z.custom<number>().optional(),
}, { error: 'an object' });

export function readLimit(name: string, given: LimitOptions): ReadLimit {
  const read = parseOptions('limit', schema, given);
  const { perMinute, burst, weightPerMinute, weightBurst, concurrency, retryAfterMaxMs } = read;
  if (perMinute === undefined && weightPerMinute === undefined && concurrency === undefined) {
    throw new OptionError(
      'limit', given, 'perMinute, weightPerMinute, concurrency or several', 'a limit without any limits nothing',
    );
  }
  if (weightPerMinute === undefined && weightBurst !== undefined) {
    throw new OptionError('limit.weightBurst', weightBurst, 'weightPerMinute beside it');
  }
  if (perMinute === undefined && burst !== undefined) {
    throw new OptionError(
      'limit.burst', burst, 'perMinute beside it',
      'burst says how many starts of the rate may come at once; for calls at the same time use concurrency',
    );
  }
  return {
    name,
    perMinute: perMinute ?? Infinity,
    burst: burst ?? Math.max(1, Math.ceil((perMinute ?? 60) / 60)),
    weightPerMinute: weightPerMinute ?? Infinity,
    weightBurst: weightBurst ?? Math.max(1, Math.ceil(weightPerMinute ?? 1)),
    concurrency: concurrency ?? Infinity,
    retryAfterMaxMs: retryAfterMaxMs === undefined
      ? RETRY_AFTER_MAX_MS
      : delayMs('limit.retryAfterMaxMs', retryAfterMaxMs),
  };
}
