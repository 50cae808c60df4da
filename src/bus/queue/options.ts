import { delayMs, OptionError, parseOptions, readBackoff, timeoutMs, z } from '../../base/index.js';
import type { Backoff, Schedule } from '../../base/index.js';
import { checkKeys, checkSchema, checkSignal } from '../../behaviour/gen/index.js';
import { Rank, RANKS } from '../../mailbox/index.js';
import type { Overflow } from '../../api/mailbox.js';
import type { StandardSchema } from '../../api/protocol.js';
import type { LoopOptions, NackOptions, PullOptions, PushOptions, QueueOptions } from '../../api/bus/queue.js';

/** Options of a queue, complete. */
export interface ReadQueue {
  readonly name: string;
  readonly schema: StandardSchema<unknown, unknown> | null;
  /** -1: without leases */
  readonly leaseMs: number;
  readonly attemptsMax: number;
  /** null: at once */
  readonly backoff: Schedule | null;
  /** Infinity: no bound */
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly orderByKey: boolean;
  readonly coalesce: 'last' | 'first' | null;
  readonly durable: boolean;
}

/** What one push asks for. */
export interface PushTerms {
  readonly lane: Rank;
  readonly delayMs: number;
  /** -1: never */
  readonly expiresInMs: number;
  readonly key: string | null;
  readonly signal: AbortSignal | null;
  /** -1: no limit */
  readonly timeoutMs: number;
}

export interface PullTerms {
  readonly signal: AbortSignal | null;
  /** -1: no limit */
  readonly timeoutMs: number;
}

const ATTEMPTS_MAX = 5;
const KEY_BYTES = 1_024;
const PUSH_KEYS = ['lane', 'delayMs', 'expiresInMs', 'key', 'signal', 'timeoutMs'];
const PULL_KEYS = ['signal', 'timeoutMs'];
const LOOP_KEYS = ['signal'];
const NACK_KEYS = ['delayMs', 'reason'];

/** Of a push, and of a pull, without options. */
export const PLAIN_PUSH: PushTerms = {
  lane: Rank.Normal, delayMs: 0, expiresInMs: -1, key: null, signal: null, timeoutMs: -1,
};
export const PLAIN_PULL: PullTerms = { signal: null, timeoutMs: -1 };

const COUNT = 'a whole number from 1';
const count = z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT });
const POLICIES = ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const;

const schema: z.ZodType<QueueOptions> = z.strictObject({
  schema: z.custom<StandardSchema<unknown, unknown>>().optional(),
  leaseMs: z.custom<number>().optional(),
  attemptsMax: count.optional(),
  backoff: z.custom<Backoff>().optional(),
  capacity: count.optional(),
  overflow: z.enum(POLICIES, { error: `one of ${POLICIES.join(', ')}` }).optional(),
  orderByKey: z.boolean({ error: 'true or false' }).optional(),
  coalesce: z.enum(['last', 'first'], { error: "'last' or 'first'" }).optional(),
  durable: z.boolean({ error: 'true or false' }).optional(),
}, { error: 'an object' });

export function readQueue(name: string, given: QueueOptions): ReadQueue {
  const read = parseOptions('queue', schema, given);
  if (read.schema !== undefined) checkSchema('queue.schema', read.schema);
  if (read.overflow !== undefined && read.capacity === undefined) {
    throw new OptionError(
      'queue.overflow', read.overflow, 'capacity beside it', 'a queue without a bound is never full', 'BAD_COMBINATION',
    );
  }
  return {
    name,
    schema: read.schema ?? null,
    leaseMs: read.leaseMs === undefined ? -1 : periodMs('queue.leaseMs', read.leaseMs),
    attemptsMax: read.attemptsMax ?? ATTEMPTS_MAX,
    backoff: read.backoff === undefined ? null : readBackoff('queue.backoff', read.backoff),
    capacity: read.capacity ?? Infinity,
    overflow: read.overflow ?? 'reject',
    orderByKey: read.orderByKey ?? false,
    coalesce: read.coalesce ?? null,
    durable: read.durable ?? false,
  };
}

export function readPush({ orderByKey, coalesce, name }: ReadQueue, given: PushOptions): PushTerms {
  checkKeys('queue.push', given, PUSH_KEYS);
  const { lane, delayMs: delay, expiresInMs, key } = given;
  if (key !== undefined && !orderByKey && coalesce === null) {
    throw new OptionError(
      'queue.push.key', key, `none in queue '${name}', whose items have no order by key`,
      'make the queue with orderByKey or coalesce', 'BAD_COMBINATION',
    );
  }
  return {
    lane: lane === undefined ? Rank.Normal : laneOf(lane),
    delayMs: delay === undefined ? 0 : delayMs('queue.push.delayMs', delay),
    expiresInMs: expiresInMs === undefined ? -1 : periodMs('queue.push.expiresInMs', expiresInMs),
    key: key === undefined ? null : keyOf(key),
    ...readWait('queue.push', given),
  };
}

export function readPull(verb: string, given: PullOptions | undefined): PullTerms {
  if (given === undefined) return PLAIN_PULL;
  checkKeys(verb, given, PULL_KEYS);
  return readWait(verb, given);
}

/** A loop waits for each item as long as it takes. */
export function readLoop(verb: string, given: LoopOptions): PullTerms {
  checkKeys(verb, given, LOOP_KEYS);
  return readWait(verb, given);
}

export function readNack(given: NackOptions): { readonly delayMs: number | undefined; readonly reason: unknown } {
  checkKeys('lease.nack', given, NACK_KEYS);
  const { delayMs: delay, reason } = given;
  return { delayMs: delay === undefined ? undefined : delayMs('lease.nack.delayMs', delay), reason };
}

/** ms of something that lasts: 0 would be over before it began. */
export function periodMs(where: string, value: unknown): number {
  if (value !== 0) return delayMs(where, value);
  throw new OptionError(where, value, 'a whole number of milliseconds from 1', 'leave it out for none');
}

/** The same, or 'infinity' as -1. */
export function waitMs(where: string, value: number | 'infinity' | undefined, fallback: number): number {
  const read = timeoutMs(where, value, fallback);
  if (read !== 0) return read;
  throw new OptionError(
    where, value, "a whole number of milliseconds from 1, or 'infinity'", 'look at queue.size to know whether to wait',
  );
}

function readWait(verb: string, { signal, timeoutMs: limit }: PullOptions): PullTerms {
  return { signal: checkSignal(verb, signal) ?? null, timeoutMs: waitMs(`${verb}.timeoutMs`, limit, -1) };
}

function laneOf(lane: unknown): Rank {
  if (typeof lane === 'string' && Object.hasOwn(RANKS, lane)) return RANKS[lane as keyof typeof RANKS];
  throw new OptionError('queue.push.lane', lane, `one of ${Object.keys(RANKS).join(', ')}`);
}

function keyOf(key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && Buffer.byteLength(key) <= KEY_BYTES) return key;
  throw new OptionError(
    'queue.push.key', key, `a text of 1 to ${KEY_BYTES} bytes`, 'use an id of what the item is about',
  );
}
