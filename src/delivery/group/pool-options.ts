import { OptionError, parseOptions, z } from '../../base/index.js';
import type { HealthOptions, Shutdown } from '../../api/supervisor.js';
import type { MailboxOptions } from '../../api/mailbox.js';
import type { PoolOptions } from '../../api/pool.js';

/** What the manager works by. */
export interface PoolPlan {
  readonly min: number;
  readonly max: number;
  /** Infinity for never */
  readonly idleMs: number;
  readonly warmUp: boolean;
  readonly intensity: number;
  readonly periodMs: number;
}

const COUNT = 'a whole number from 1';
const MS = 'a whole number of milliseconds from 1';
const count = z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT }).optional();
const ms = z.number({ error: MS }).int({ error: MS }).min(1, { error: MS });

const schema: z.ZodType<PoolOptions> = z.strictObject({
  min: count,
  max: count,
  idleMs: z.union([ms, z.literal('infinity')], { error: `${MS}, or 'infinity'` }).optional(),
  warmUp: z.boolean({ error: 'true or false' }).optional(),
  startTimeoutMs: ms.optional(),
  intensity: z.number({ error: 'a whole number from 0' }).int({ error: 'a whole number from 0' }).min(
    0, { error: 'a whole number from 0' },
  ).optional(),
  periodMs: ms.optional(),
  mailbox: z.custom<MailboxOptions>().optional(),
  shutdown: z.custom<Shutdown>().optional(),
  health: z.custom<HealthOptions>().optional(),
  name: z.string({ error: 'a registered name' }).optional(),
}, { error: 'an object' });

export function readPool(
  where: string, given: unknown,
): { readonly options: PoolOptions; readonly plan: PoolPlan } {
  const options = parseOptions(where, schema, given);
  const min = options.min ?? Math.min(2, options.max ?? 2);
  const max = options.max ?? Math.max(10, min);
  if (min > max) {
    throw new OptionError(
      `${where}.min`, min, `at most max, which is ${max}`, 'min workers are always there', 'BAD_COMBINATION',
    );
  }
  const idleMs = options.idleMs === 'infinity' ? Infinity : (options.idleMs ?? 300_000);
  return { options, plan: {
    min, max, idleMs, warmUp: options.warmUp ?? true, intensity: options.intensity ?? 3 * max,
    periodMs: options.periodMs ?? 5_000,
  } };
}
