import { BACKOFF, parseOptions, readBackoff, z } from '../../base/index.js';
import type { Backoff, Schedule } from '../../base/index.js';
import { nameSchema, startFields } from '../../behaviour/gen/index.js';
import type {
  AutoShutdown, ChildOptions, HealthOptions, RestartLimits, Strategy, SupervisorChildOptions,
} from '../../api/supervisor.js';
import type { Via } from '../../api/address.js';

/** The normalised limits. */
export interface Limits {
  readonly intensity: number;
  readonly periodMs: number;
  readonly backoff: Schedule | null;
}

const COUNT_RULE = 'a whole number of restarts from 0';
const PERIOD_RULE = 'a whole number of milliseconds from 1';

const restartSchema =
  z.enum(['permanent', 'transient', 'temporary'], {
    error: "'permanent', 'transient' or 'temporary'",
  }).optional();
const shutdownSchema = z.union(
  [z.literal('brutal_kill'), z.literal('infinity'), z.number().int().min(0)],
  { error: "'brutal_kill', 'infinity' or a whole number of milliseconds from 0" },
).optional();
const significantSchema = z.boolean({ error: 'true or false' }).optional();

type Fields = RestartLimits & { readonly name?: string | Via | undefined };

export const limitFields: { readonly [K in keyof Fields]-?: z.ZodType<Fields[K]> } = {
  intensity: z.number({ error: COUNT_RULE }).int({ error: COUNT_RULE })
    .min(0, { error: COUNT_RULE }).optional(),
  periodMs: z.number({ error: PERIOD_RULE }).int({ error: PERIOD_RULE })
    .min(1, { error: PERIOD_RULE }).optional(),
  backoff: z.custom<Backoff>().optional(), // looked at by `limitsOf`
  name: nameSchema.optional(),
};

const MS_RULE = 'a whole number of milliseconds from 1';
const FAILURES_RULE = 'a whole number of failures from 1';
const healthSchema = z.strictObject({
  everyMs: z.number({ error: MS_RULE }).int({ error: MS_RULE }).min(1, { error: MS_RULE }),
  timeoutMs: z.number({ error: MS_RULE }).int({ error: MS_RULE }).min(1, { error: MS_RULE }).optional(),
  op: z.string({ error: 'the name of a call' }).optional(),
  check: z.custom<HealthOptions['check']>(
    (given) => given === undefined || typeof given === 'function', { error: 'a function that takes the pid' },
  ).optional(),
  failuresMax: z.number({ error: FAILURES_RULE }).int({ error: FAILURES_RULE }).min(1, { error: FAILURES_RULE })
    .optional(),
  onUnhealthy: z.enum(['report', 'restart', 'unbalance'], { error: "'report', 'restart' or 'unbalance'" }).optional(),
});

const childSchema = z.strictObject({
  restart: restartSchema,
  shutdown: shutdownSchema,
  significant: significantSchema,
  health: healthSchema.optional(),
  name: z.union([nameSchema, z.literal(false)], {
    error: 'a registered name, via(registry, key), or false for none',
  })
    .optional(),
  ...startFields,
}) as z.ZodType<ChildOptions>;
const taskChildSchema = z.strictObject({
  restart: restartSchema, shutdown: shutdownSchema, significant: significantSchema, label: startFields.label,
  level: startFields.level,
});
const nestedSchema: z.ZodType<SupervisorChildOptions> = z.strictObject(
  {
    restart: restartSchema, shutdown: shutdownSchema, significant: significantSchema,
    name: nameSchema.optional(),
  },
);

/** What the options of a static supervisor hold once checked; `children` are looked at separately. */
export interface ReadTree {
  readonly strategy?: Strategy | undefined;
  readonly autoShutdown?: AutoShutdown | undefined;
  readonly intensity?: number | undefined;
  readonly periodMs?: number | undefined;
  readonly backoff?: Backoff | undefined;
  readonly name?: string | Via | undefined;
  readonly children: readonly unknown[];
}
const treeSchema: z.ZodType<ReadTree> = z.strictObject({
  strategy: z.enum(
    ['one_for_one', 'one_for_all', 'rest_for_one'], { error: "'one_for_one', 'one_for_all' or 'rest_for_one'" },
  ).optional(),
  autoShutdown: z.enum(
    ['never', 'any_significant', 'all_significant'],
    { error: "'never', 'any_significant' or 'all_significant'" },
  ).optional(),
  ...limitFields,
  children: z.array(z.unknown(), { error: 'an array of child(…) and supervisor(…)' }),
});

export function readChild(where: string, options: unknown): ChildOptions {
  return parseOptions(where, childSchema, options);
}

export function readTaskChild(
  where: string, options: unknown,
): Pick<ChildOptions, 'restart' | 'shutdown' | 'significant' | 'label' | 'level'> {
  return parseOptions(where, taskChildSchema as z.ZodType<ChildOptions>, options);
}

export function readNested(where: string, options: unknown): SupervisorChildOptions {
  return parseOptions(where, nestedSchema, options);
}

export function readTree(where: string, spec: unknown): ReadTree {
  return parseOptions(where, treeSchema, spec);
}

/** A restart waits in full, unless jitter is asked for. */
const AT_RESTARTS: Schedule = { ...BACKOFF, jitter: 0 };

/** Fills in the defaults: 3 restarts in 5,000 ms, as Elixir's; OTP's supervisor allows 1 (SU-08, PS-01). */
export function limitsOf(where: string, read: RestartLimits): Limits {
  const { backoff } = read;
  return {
    intensity: read.intensity ?? 3,
    periodMs: read.periodMs ?? 5_000,
    backoff: backoff === undefined ? null : readBackoff(`${where}.backoff`, backoff, AT_RESTARTS),
  };
}
