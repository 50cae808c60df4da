import { delayMs, OptionError, parseOptions, timeoutMs, unknownKey, z } from '../../base/index.js';
import { isSignal } from '../../base/text/index.js';
import { Rank, RANKS } from '../../mailbox/index.js';
import { UNBOUNDED } from '../../mailbox/message/index.js';
import { LEVELS } from '../../process/inspect/index.js';
import { Level } from '../../process/record/index.js';
import type { Coalesce } from '../../process/send/index.js';
import type { PutOptions as PutRead, RequestOptions } from '../../router/request/index.js';
import { Via } from '../../api/address.js';
import type { CallOptions, CastOptions, PutOptions, StartOptions } from '../../api/agent.js';
import type { StreamOptions } from '../../api/bus/stream.js';
import type { ProcessLevel } from '../../api/inspect.js';
import type { MailboxLane } from '../../api/mailbox.js';
import type { DebugOption } from '../../api/sys.js';
import { mailboxSchema } from './mailbox-options.js';

/** Default timeout of a call, ms (GS-10). */
export const CALL_TIMEOUT_MS = 5_000;
/** How long a put waits for room unless told otherwise, ms. */
const PUT_TIMEOUT_MS = 5_000;

const SEND_KEYS = ['lane', 'expiresInMs'];
const CAST_KEYS = [...SEND_KEYS, 'coalesce'];
const PUT_KEYS = [...SEND_KEYS, 'timeoutMs', 'signal'];
const CALL_KEYS = [...PUT_KEYS, 'skipAbandoned'];
const OF_GUARANTEES: ReadonlySet<string> =
  new Set(['attemptsMax', 'ackTimeoutMs', 'backoff', 'onError', 'key', 'order']);
const STREAM_KEYS = ['timeoutMs', 'signal', 'credit', 'creditBytes', 'itemTimeoutMs'];
/** ms without demand after which a stream handler is cancelled, unless told otherwise. */
const ITEM_TIMEOUT_MS = 30_000;
const CREDIT_MAX = 1_000_000;

/** Refuses keys that are no options of a verb. */
export function checkKeys(verb: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object'
    || options === null) throw new OptionError(`${verb} options`, options, 'an object');
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const value = (options as Record<string, unknown>)[key];
    if (known !== CALL_KEYS || !OF_GUARANTEES.has(key)) throw unknownKey(`${verb}.${key}`, key, value, known);
    const fix = "it belongs to a guarantee: add guarantee: 'at-least-once' or 'exactly-once'";
    throw new OptionError(`${verb}.${key}`, value, 'no such option', fix, 'UNKNOWN_OPTION');
  }
}

function rankOf(verb: string, lane: MailboxLane | undefined): Rank {
  if (lane === undefined) return Rank.Normal;
  if (typeof lane === 'string' && Object.hasOwn(RANKS, lane)) return RANKS[lane];
  throw new OptionError(`${verb}.lane`, lane, `one of ${Object.keys(RANKS).join(', ')}`);
}

/** Carries the reason of a signal, of any type, through a throw. */
export class Aborted extends Error {
  constructor(readonly reason: unknown) {
    super('aborted');
  }
}

/** Nothing is sent under a signal that has fired. */
export function throwIfFired(signal: AbortSignal | undefined): void {
  if (signal !== undefined && signal.aborted) throw new Aborted(signal.reason);
}

export function checkSignal(verb: string, signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw new OptionError(`${verb}.signal`, signal, 'an AbortSignal', 'pass controller.signal');
}

export interface ReadCast {
  readonly rank: Rank;
  /** monotonic ms, or -1 */
  readonly expiresAt: number;
  readonly coalesce: Coalesce | null;
}

export function readCast(verb: string, options: object, mono: () => number): ReadCast {
  checkKeys(verb, options, CAST_KEYS);
  const { lane, expiresInMs, coalesce } = options as CastOptions;
  return {
    rank: rankOf(verb, lane),
    expiresAt: expiresInMs === undefined ? -1 : mono() + delayMs(`${verb}.expiresInMs`, expiresInMs),
    coalesce: coalesce === undefined ? null : readCoalesce(`${verb}.coalesce`, coalesce),
  };
}

// Shorter code than a property of `Rank` each: `laneOnly` is to be inlined where a cast is.
const { Low: LOW, Normal: NORMAL, High: HIGH, Critical: CRITICAL } = Rank;

/** The lane that options ask for when they ask for nothing else; -1 when `readCast` must look at them. */
export function laneOnly(options: object): Rank | -1 {
  try {
    for (const key in options) if (key !== 'lane') return -1;
    const { lane } = options as CastOptions;
    if (lane === 'high') return HIGH;
    if (lane === 'low') return LOW;
    if (lane === 'critical') return CRITICAL;
    return lane === 'normal' ? NORMAL : -1;
  } catch {
    return -1; // hostile options are refused on the longer road: a cast never throws
  }
}

/** Bytes that a key may have. */
const KEY_BYTES = 1_024;

function readCoalesce(where: string, given: NonNullable<CastOptions['coalesce']>): Coalesce {
  if (typeof given === 'string') return { key: checkKey(where, given), keepFirst: false };
  checkKeys(where, given, ['key', 'keep']);
  const { key, keep } = given;
  if (keep !== undefined && keep !== 'first' && keep !== 'last') {
    throw new OptionError(`${where}.keep`, keep, "'last' (default) or 'first'");
  }
  return { key: checkKey(`${where}.key`, key), keepFirst: keep === 'first' };
}

function checkKey(where: string, key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_BYTES
    && Buffer.byteLength(key) <= KEY_BYTES) {
    return key;
  }
  throw new OptionError(
    where, key, `a text of 1 to ${KEY_BYTES} bytes`,
    'use an id of what the message is about; hash what is longer',
  );
}

export function readPut(options: object): PutRead {
  checkKeys('put', options, PUT_KEYS);
  const given = options as PutOptions;
  return {
    rank: rankOf('put', given.lane),
    timeoutMs: timeoutMs('put.timeoutMs', given.timeoutMs, PUT_TIMEOUT_MS),
    expiresInMs: given.expiresInMs === undefined ? -1 : delayMs('put.expiresInMs', given.expiresInMs),
    signal: checkSignal('put', given.signal),
  };
}

export function readCall(options: object, mono: () => number, trace: RequestOptions['trace']): RequestOptions {
  checkKeys('call', options, CALL_KEYS);
  const given = options as CallOptions;
  return {
    rank: rankOf('call', given.lane),
    timeoutMs: timeoutMs('call.timeoutMs', given.timeoutMs, CALL_TIMEOUT_MS),
    expiresAt: given.expiresInMs === undefined ? -1 : mono() + delayMs('call.expiresInMs', given.expiresInMs),
    skipAbandoned: given.skipAbandoned ?? false,
    signal: checkSignal('call', given.signal),
    trace,
  };
}

export interface ReadStream {
  readonly timeoutMs: number;
  /** items on their way at most, from 1 */
  readonly credit: number;
  /** 0: no bound */
  readonly creditBytes: number;
  /** -1: for ever */
  readonly itemTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export function readStream(options: object): ReadStream {
  checkKeys('stream', options, STREAM_KEYS);
  const given = options as StreamOptions;
  return {
    timeoutMs: timeoutMs('stream.timeoutMs', given.timeoutMs, CALL_TIMEOUT_MS),
    credit: given.credit === undefined
      ? 1 : countOf('stream.credit', given.credit, CREDIT_MAX, 'items', '1 makes each when it is asked for'),
    creditBytes: given.creditBytes === undefined ? 0 : readCreditBytes(given),
    itemTimeoutMs: readItemTimeout(given.itemTimeoutMs),
    signal: checkSignal('stream', given.signal),
  };
}

function readCreditBytes({ credit = 1, creditBytes }: StreamOptions): number {
  if (credit === 1) {
    throw new OptionError(
      'stream.creditBytes', creditBytes, 'credit from 2 beside it', 'no item lies ready with a credit of 1',
      'BAD_COMBINATION',
    );
  }
  return countOf('stream.creditBytes', creditBytes, UNBOUNDED, 'bytes', 'leave it out for no bound');
}

function readItemTimeout(given: StreamOptions['itemTimeoutMs']): number {
  const ms = timeoutMs('stream.itemTimeoutMs', given, ITEM_TIMEOUT_MS);
  if (ms !== 0) return ms;
  throw new OptionError(
    'stream.itemTimeoutMs', given, "a whole number of milliseconds from 1, or 'infinity'",
    'it ends a stream whose reader asks for nothing for so long',
  );
}

/** A whole number from 1 to `max`. */
function countOf(where: string, given: unknown, max: number, what: string, fix: string): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= max) return given;
  throw new OptionError(where, given, `a whole number of ${what} from 1 to ${max.toLocaleString('en')}`, fix);
}

/** A name as a start takes it; what a text must look like is `checkStartName`'s business. */
export const nameSchema: z.ZodType<string | Via> =
  z.union([z.string(), z.instanceof(Via)], { error: 'a registered name, or via(registry, key)' });

const COUNT_FROM_0 = 'a whole number of milliseconds from 0';
const COUNT_FROM_1 = 'a whole number of milliseconds from 1';

/** A scheduling level. */
export const levelSchema: z.ZodType<ProcessLevel> =
  z.enum(['low', 'normal', 'high', 'max'], { error: "'low', 'normal', 'high' or 'max'" });

/** The level of that name; normal when none is asked for. */
export function levelOf(where: string, level: ProcessLevel | undefined): Level {
  return level === undefined ? Level.Normal : LEVELS[parseOptions(`${where}.level`, levelSchema, level)];
}

/** What a start and a child specification have in common. */
export const startFields: Readonly<Record<Exclude<keyof StartOptions, 'name'>, z.ZodType>> = {
  mailbox: mailboxSchema.optional(),
  stats: z.enum(['sampled', 'full'], { error: "'sampled' or 'full'" }).optional(),
  label: z.string({ error: 'a text' }).optional(),
  level: levelSchema.optional(),
  timeoutMs: z.number({ error: COUNT_FROM_0 }).int({ error: COUNT_FROM_0 })
    .min(0, { error: COUNT_FROM_0 }).optional(),
  hibernateAfterMs: z.number({ error: COUNT_FROM_1 }).int({ error: COUNT_FROM_1 })
    .min(1, { error: COUNT_FROM_1 })
      .optional(),
  debug: z.custom<readonly DebugOption[]>().optional(), // what is wrong in it is logged, not refused (SY-13)
};
const startSchema = z.strictObject({ name: nameSchema.optional(), ...startFields }) as z.ZodType<StartOptions>;

export function readStart(where: string, options: unknown): StartOptions {
  return parseOptions(where, startSchema, options);
}

/**
 * Splits `[...initArgs, options?]`: when there are more arguments than `init.length` and the last
 * is a plain object, it is the options.
 */
export function splitArgs(
  args: readonly unknown[], declared: number,
): { readonly init: readonly unknown[]; readonly options: object | undefined } {
  const last = args.at(-1);
  if (args.length > declared && isPlainObject(last)) return { init: args.slice(0, -1), options: last };
  return { init: args, options: undefined };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}
