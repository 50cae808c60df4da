import { delayMs, OptionError, parseOptions, z } from '../base/index.js';
import type { Env } from '../base/index.js';
import { STANDARD, termsOf } from '../behaviour/gen/outward/index.js';
import type { Terms } from '../behaviour/gen/outward/index.js';
import { type Limits, RETENTION, type Retention } from '../delivery/durable/index.js';
import { LEDGER, RECENT_MAX } from '../delivery/guarantee/index.js';
import type { LedgerLimits } from '../delivery/guarantee/index.js';
import type { StoreSource } from '../journal/index.js';
import { PROCESS_LIMIT } from '../process/kernel/index.js';
import type { CeilingLimits } from '../process/kernel/index.js';
import { DEAD_LETTER_BYTES, DEAD_LETTERS_KEPT } from '../router/dead-letter/index.js';
import type { LetterLimits } from '../router/dead-letter/index.js';
import { checkName } from '../router/names/index.js';
import type { RetentionLimits } from '../api/durable/retention.js';
import type { Logger } from '../api/reports.js';
import type { SystemOptions } from '../api/system.js';

export interface ReadOptions {
  readonly name: string;
  readonly frozen: boolean;
  readonly development: boolean;
  readonly logger: Logger | false | undefined;
  readonly details: boolean;
  readonly processesMax: number;
  readonly strays: 'ignore' | 'report';
  readonly handleSignals: boolean;
  readonly strict: boolean;
  readonly letters: LetterLimits;
  readonly delivery: Terms;
  readonly dedupe: LedgerLimits;
  readonly recent: number;
  readonly memory: CeilingLimits | null;
  readonly store: StoreSource | undefined;
  readonly retention: Retention;
  readonly env: Env | undefined;
}

const LOGGER_RULE = 'a logger with error, warn and info (pino has them), or false';
const RECENT_RULE = `a whole number of records from 0 to ${RECENT_MAX.toLocaleString('en')}`;
const COUNT_RULE = 'a whole number of processes from 1';
const wholeFrom = (from: number, what: string) => {
  const error = `a whole number of ${what} from ${from}`;
  return z.number({ error }).int({ error }).min(from, { error });
};
const PART = 'a part of the ceiling between 0 and 1';
const part = z.number({ error: PART }).gt(0, { error: PART }).lt(1, { error: PART });
const limits = z.strictObject({
  countMax: wholeFrom(1, 'entries').optional(),
  bytesMax: wholeFrom(1, 'bytes').optional(),
  ageMs: z.unknown().optional(),
}, { error: '{ countMax?, bytesMax?, ageMs? }' }).optional();
const isLogger = (value: unknown): boolean => value === false
  || ['error', 'warn', 'info']
    .every((verb) => typeof (value as Record<string, unknown> | null)?.[verb] === 'function');

const schema = z.strictObject({
  name: z.string({ error: 'a name' }).optional(),
  payloads: z.enum(['shared', 'frozen'], { error: "'shared' or 'frozen'" }).optional(),
  development: z.boolean({ error: 'true or false' }).optional(),
  logger: z.custom<Logger | false>(isLogger, { error: LOGGER_RULE }).optional(),
  dangerouslyLogDetails: z.boolean({ error: 'true or false' }).optional(),
  processesMax: z.number({ error: COUNT_RULE }).int({ error: COUNT_RULE })
    .min(1, { error: COUNT_RULE }).optional(),
  strays: z.enum(['ignore', 'report'], { error: "'ignore' or 'report'" }).optional(),
  handleSignals: z.boolean({ error: 'true or false' }).optional(),
  strict: z.boolean({ error: 'true or false' }).optional(),
  delivery: z.looseObject({
    recent: z.number({ error: RECENT_RULE }).int({ error: RECENT_RULE }).min(0, { error: RECENT_RULE }).max(
      RECENT_MAX, { error: RECENT_RULE },
    ).optional(),
    dedupe: z.strictObject({
      keysMax: wholeFrom(1, 'keys').optional(),
      ageMs: z.unknown().optional(),
      replyBytesMax: wholeFrom(0, 'bytes').optional(),
    }, { error: 'an object' }).optional(),
  }, { error: 'an object' }).optional(),
  deadLetters: z.strictObject({
    capacity: wholeFrom(0, 'letters').optional(),
    capacityBytes: wholeFrom(1, 'bytes').optional(),
    sizeOf: z.custom<(payload: unknown, op: string) => number>(
      (value) => value === undefined || typeof value === 'function',
      { error: 'a function from payload and operation to bytes' },
    ).optional(),
  }, { error: 'an object' }).optional(),
  memory: z.strictObject(
    { ceilingBytes: wholeFrom(1, 'bytes'), highWater: part.optional(), lowWater: part.optional() },
    { error: '{ ceilingBytes, highWater?, lowWater? }' },
  ).optional(),
  store: z.custom<StoreSource>(
    (value) => typeof (value as StoreSource | null)?.connect === 'function',
    { error: 'a store: sqlite(path) of castcall/store/sqlite, or memoryStore() of castcall/store' },
  ).optional(),
  retention: z.strictObject({ deadLetters: limits, keys: limits }, { error: '{ deadLetters?, keys? }' }).optional(),
  env: z.custom<Env>((value) => typeof value === 'object' && value !== null, { error: 'an Env' }).optional(),
}, { error: 'an object' });

export function readOptions(options: SystemOptions): ReadOptions {
  const read = parseOptions('createSystem', schema, options);
  const { dedupe, recent, ...delivery } = (read.delivery ?? {}) as NonNullable<SystemOptions['delivery']>;
  const letterBytes = read.deadLetters?.capacityBytes;
  const development = read.development ?? process.env['NODE_ENV'] !== 'production';
  return {
    name: read.name === undefined ? 'castcall' : checkName('createSystem.name', read.name),
    frozen: (read.payloads ?? (development ? 'frozen' : 'shared')) === 'frozen',
    development,
    logger: read.logger,
    details: read.dangerouslyLogDetails ?? false,
    processesMax: read.processesMax ?? PROCESS_LIMIT,
    strays: read.strays ?? 'ignore',
    handleSignals: read.handleSignals ?? false,
    strict: read.strict ?? false,
    letters: {
      capacity: read.deadLetters?.capacity ?? DEAD_LETTERS_KEPT,
      capacityBytes: letterBytes ?? DEAD_LETTER_BYTES,
      estimated: letterBytes === undefined, sizeOf: read.deadLetters?.sizeOf ?? null,
    },
    delivery: termsOf('createSystem.delivery', delivery, STANDARD),
    dedupe: {
      keysMax: dedupe?.keysMax ?? LEDGER.keysMax,
      ageMs: dedupe?.ageMs === undefined
        ? LEDGER.ageMs
        : delayMs('createSystem.delivery.dedupe.ageMs', dedupe.ageMs),
      replyBytesMax: dedupe?.replyBytesMax ?? LEDGER.replyBytesMax,
    },
    recent: recent ?? 0,
    memory: read.memory === undefined ? null : readMemory(read.memory),
    store: read.store,
    retention: readRetention(options.retention, read.store !== undefined),
    env: read.env,
  };
}

function readRetention(given: SystemOptions['retention'], stored: boolean): Retention {
  if (given !== undefined && !stored) {
    throw new OptionError(
      'createSystem.retention', given, 'a store beside it', 'createSystem({ store: sqlite(path), retention })',
      'BAD_COMBINATION',
    );
  }
  const { deadLetters, keys } = given ?? {};
  return {
    deadLetters: limitsOf('deadLetters', deadLetters, RETENTION.deadLetters),
    keys: limitsOf('keys', keys, RETENTION.keys),
  };
}

function limitsOf(what: string, given: RetentionLimits | undefined, base: Limits): Limits {
  const { countMax = base.countMax, bytesMax = base.bytesMax, ageMs } = given ?? {};
  if (ageMs === undefined) return { ...base, countMax, bytesMax };
  const where = `createSystem.retention.${what}.ageMs`;
  if (delayMs(where, ageMs) > 0) return { countMax, bytesMax, ageMs };
  throw new OptionError(where, ageMs, 'a whole number of milliseconds from 1');
}

function readMemory(
  { ceilingBytes, highWater = 0.8, lowWater = Math.min(
    0.7, highWater * 0.875,
  ) }: NonNullable<SystemOptions['memory']>,
): CeilingLimits {
  if (lowWater >= highWater) {
    throw new OptionError(
      'createSystem.memory.lowWater', lowWater, `a part below highWater, which is ${highWater}`,
    );
  }
  return { ceilingBytes, highWater, lowWater };
}
