import { BACKOFF, delayMs, OptionError, readBackoff } from '../../../base/index.js';
import type { Schedule } from '../../../base/index.js';
import { Rank, RANKS } from '../../../mailbox/index.js';
import type {
  DeliverCoalesce, DeliverMode, DeliverOptions, DeliveryDefaults, ErrorVerdict, Guarantee,
} from '../../../api/delivery.js';
import type { MailboxLane } from '../../../api/mailbox.js';
import { checkKeys } from '../options.js';
import { type Headers, headersOf, utf8Length } from './headers.js';

/** How a message is delivered: checked, complete, shared by all messages that ask for nothing of their own. */
export interface Terms {
  readonly guarantee: Guarantee;
  readonly attemptsMax: number;
  /** -1 for none */
  readonly ackTimeoutMs: number;
  readonly backoff: Schedule;
  readonly expiresInMs: number;
  readonly rank: Rank;
  readonly onError: ((error: unknown) => ErrorVerdict) | null;
}

export const STANDARD: Terms = {
  guarantee: 'at-least-once',
  attemptsMax: 5,
  ackTimeoutMs: -1,
  backoff: BACKOFF,
  expiresInMs: 300_000,
  rank: Rank.Normal,
  onError: null,
};

const GUARANTEES: readonly Guarantee[] = ['at-most-once', 'at-least-once', 'exactly-once'];
const DEFAULT_KEYS = ['guarantee', 'attemptsMax', 'ackTimeoutMs', 'backoff', 'expiresInMs', 'lane', 'onError'];
export const DELIVER_KEYS: readonly string[] = [
  ...DEFAULT_KEYS, 'key', 'order', 'delayMs', 'at', 'durable', 'coalesce', 'mode', 'headers',
];
const KEY_MAX = 1_024;
const ATTEMPTS_MAX = 1_000_000;

/** The terms that `given` asks for, over `base`. Errors: an OptionError for what breaks its rule. */
export function termsOf(
  where: string, given: DeliveryDefaults, base: Terms, known: readonly string[] = DEFAULT_KEYS,
): Terms {
  checkKeys(where, given, known);
  const { guarantee, attemptsMax, ackTimeoutMs, backoff, expiresInMs, lane, onError } = given;
  return {
    guarantee: guarantee === undefined ? base.guarantee : guaranteeOf(where, guarantee),
    attemptsMax: attemptsMax === undefined ? base.attemptsMax : attemptsOf(where, attemptsMax),
    ackTimeoutMs: ackTimeoutMs === undefined
      ? base.ackTimeoutMs
      : atLeastOne(`${where}.ackTimeoutMs`, ackTimeoutMs),
    backoff: backoff === undefined ? base.backoff : readBackoff(`${where}.backoff`, backoff, base.backoff),
    expiresInMs: expiresInMs === undefined ? base.expiresInMs : atLeastOne(`${where}.expiresInMs`, expiresInMs),
    rank: lane === undefined ? base.rank : rankOf(where, lane),
    onError: onError === undefined ? base.onError : policyOf(where, onError),
  };
}

function guaranteeOf(where: string, guarantee: Guarantee): Guarantee {
  if (GUARANTEES.includes(guarantee)) return guarantee;
  throw new OptionError(`${where}.guarantee`, guarantee, `one of ${GUARANTEES.join(', ')}`);
}

function attemptsOf(where: string, attempts: number): number {
  if (Number.isInteger(attempts) && attempts >= 1 && attempts <= ATTEMPTS_MAX) return attempts;
  throw new OptionError(
    `${where}.attemptsMax`, attempts,
    `a whole number of attempts from 1 to ${ATTEMPTS_MAX.toLocaleString('en')}`,
    attempts === 0 ? 'a message that may never be handled need not be sent' : undefined,
  );
}

function atLeastOne(where: string, ms: number): number {
  if (delayMs(where, ms) > 0) return ms;
  throw new OptionError(where, ms, 'a whole number of milliseconds from 1');
}

function rankOf(where: string, lane: MailboxLane): Rank {
  if (typeof lane === 'string' && Object.hasOwn(RANKS, lane)) return RANKS[lane];
  throw new OptionError(`${where}.lane`, lane, `one of ${Object.keys(RANKS).join(', ')}`);
}

function policyOf(where: string, onError: (error: unknown) => ErrorVerdict): (error: unknown) => ErrorVerdict {
  if (typeof onError === 'function') return onError;
  throw new OptionError(
    `${where}.onError`, onError,
    "a function from the error to 'retry', 'refuse', 'dead-letter', 'restart' or 'escalate'",
  );
}

/** A key of a message: text of 1 to 1,024 bytes in UTF-8. */
export function keyOf(where: string, key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= KEY_MAX
    && (key.length * 3 <= KEY_MAX || utf8Length(key) <= KEY_MAX)) return key;
  const size = typeof key === 'string' ? `${utf8Length(key)} bytes` : key;
  throw new OptionError(
    where, size, `a text of 1 to ${KEY_MAX.toLocaleString('en')} bytes`, 'hash a longer one',
  );
}

/** What one message asks for beyond its terms. */
export interface Asked {
  readonly terms: Terms;
  readonly key: string | null;
  readonly order: string | null;
  /** ms until its first attempt */
  readonly delayMs: number;
  /** undefined for what its agent's definition says */
  readonly durable: boolean | undefined;
  readonly coalesce: Coalescing | null;
  /** null for a message that waits for a turn of its own */
  readonly mode: 'interrupt' | 'steer' | null;
  readonly headers: Headers | null;
}

/** The key under which one message of its operation waits at most, and which one that is. */
export interface Coalescing {
  readonly key: string;
  readonly keepFirst: boolean;
  readonly merge: ((waiting: unknown, coming: unknown) => unknown) | null;
}

export function readDeliver(where: string, given: DeliverOptions, base: Terms, wall: () => number): Asked {
  if (typeof given !== 'object'
    || given === null) throw new OptionError(`${where} options`, given, 'an object');
  const { key, order, guarantee, delayMs: delay, at, durable, coalesce, mode, headers } = given;
  let common = true; // the options that most messages have, for which no new terms are made
  for (const name in given) {
    if (name !== 'guarantee' && name !== 'key' && name !== 'order' && name !== 'delayMs'
      && name !== 'at' && name !== 'durable' && name !== 'coalesce' && name !== 'headers') common = false;
  }
  let terms: Terms;
  if (common) {
    const known = last.base === base && last.guarantee === guarantee ? last : variantOf(where, base, guarantee);
    if (key === undefined && order === undefined && delay === undefined && at === undefined && durable === undefined
      && coalesce === undefined && headers === undefined) {
      return known;
    }
    ({ terms } = known);
  } else terms = termsOf(where, mode === undefined ? given : inLaneOf(where, given, mode), base, DELIVER_KEYS);
  if (key !== undefined && terms.guarantee !== 'exactly-once') {
    throw new OptionError(
      `${where}.key`, key, `no key with the guarantee '${terms.guarantee}'`,
      "add guarantee: 'exactly-once', or use order to keep messages in order",
    );
  }
  return {
    terms, key: key === undefined ? null : keyOf(`${where}.key`, key),
    order: order === undefined ? null : keyOf(`${where}.order`, order),
    delayMs: delay === undefined && at === undefined ? 0 : delayOf(where, given, terms, wall),
    durable: durable === undefined ? undefined : checkDurable(where, durable),
    coalesce: coalesce === undefined ? null : coalescingOf(where, given, coalesce),
    mode: mode === undefined || mode === 'follow-up' ? null : mode,
    headers: headers === undefined ? null : headersOf(`${where}.headers`, headers),
  };
}

const LANE_OF = { interrupt: 'critical', steer: 'high', 'follow-up': undefined } as const;

/** A mode has its lane: what interrupts goes first, what steers goes before what follows. */
function inLaneOf(where: string, given: DeliverOptions, mode: DeliverMode): DeliverOptions {
  if (typeof mode !== 'string' || !Object.hasOwn(LANE_OF, mode)) {
    throw new OptionError(`${where}.mode`, mode, "'follow-up' (default), 'steer' or 'interrupt'");
  }
  const refuse = (rule: string, fix: string): OptionError =>
    new OptionError(`${where}.mode`, mode, rule, fix, 'BAD_COMBINATION');
  if (where !== 'deliver') throw refuse('none with a call', 'deliver it, and await its receipt');
  const lane = LANE_OF[mode];
  if (lane === undefined) return given;
  if (given.lane !== undefined) throw refuse('no lane beside it', `it goes into the lane '${lane}'`);
  return { ...given, lane };
}

function coalescingOf(
  where: string, { key: identity, order }: DeliverOptions, given: string | DeliverCoalesce,
): Coalescing {
  const option = `${where}.coalesce`;
  const refuse = (rule: string, fix: string): OptionError =>
    new OptionError(option, given, rule, fix, 'BAD_COMBINATION');
  if (where !== 'deliver') throw refuse('none with a call', 'deliver it, and await its receipt');
  if (identity !== undefined) {
    throw refuse('no key beside it', 'a key makes one handling of many sends, coalesce one message of many');
  }
  if (order !== undefined) throw refuse('no order beside it', 'one message of its key waits: there is no order');
  if (typeof given === 'string') return { key: keyOf(option, given), keepFirst: false, merge: null };
  checkKeys(option, given, ['key', 'keep', 'merge']);
  const { key, keep = 'last', merge } = given;
  if (keep !== 'first' && keep !== 'last') throw new OptionError(`${option}.keep`, keep, "'last' (default) or 'first'");
  if (merge !== undefined && typeof merge !== 'function') {
    throw new OptionError(`${option}.merge`, merge, 'a function of the payload that waits and the one that comes');
  }
  if (merge !== undefined && keep === 'first') throw refuse("no merge with keep: 'first'", 'leave one of them out');
  return { key: keyOf(`${option}.key`, key), keepFirst: keep === 'first', merge: merge ?? null };
}

function checkDurable(where: string, durable: unknown): boolean {
  if (typeof durable === 'boolean') return durable;
  throw new OptionError(`${where}.durable`, durable, 'true or false');
}

/** The ms that a message is held for before its first attempt. */
function delayOf(where: string, given: DeliverOptions, { guarantee }: Terms, wall: () => number): number {
  const { delayMs: delay, at, key, order } = given;
  const option = `${where}.${delay === undefined ? 'at' : 'delayMs'}`;
  const refuse = (rule: string, fix?: string): OptionError =>
    new OptionError(option, delay ?? at, rule, fix, 'BAD_COMBINATION');
  if (delay !== undefined && at !== undefined) throw refuse('one of delayMs and at', 'leave one of them out');
  if (where !== 'deliver') throw refuse('no delay with a call', 'deliver it, and await its receipt');
  if (order !== undefined) {
    throw refuse('no delay with order', 'messages of one order key are handled in the order of their sends');
  }
  if (guarantee === 'exactly-once' && key === undefined) {
    throw refuse("a key beside a delay with the guarantee 'exactly-once'", 'give it a key of its own');
  }
  if (at === undefined) return delayMs(option, delay);
  if (!Number.isInteger(at)) throw new OptionError(option, at, 'whole ms since 1970', 'as Date.now() tells them');
  return delayMs(option, Math.max(0, at - wall()));
}

/** What a message asks for with a guarantee and nothing else. */
class Variant implements Asked {
  readonly key = null;
  readonly order = null;
  readonly delayMs = 0;
  readonly durable = undefined;
  readonly coalesce = null;
  readonly mode = null;
  readonly headers = null;
  constructor(
    readonly base: Terms,
    readonly guarantee: Guarantee | undefined,
    readonly terms: Terms,
  ) {}
}

const variants = new WeakMap<Terms, Map<Guarantee, Terms>>();

/** The latest: senders repeat themselves. */
let last = new Variant(STANDARD, undefined, STANDARD);

/** The same terms with another guarantee, made once. */
function variantOf(where: string, base: Terms, guarantee: Guarantee | undefined): Variant {
  const same = guarantee === undefined || guarantee === base.guarantee;
  last = new Variant(base, guarantee, same ? base : termsWith(where, base, guarantee));
  return last;
}

function termsWith(where: string, base: Terms, guarantee: Guarantee): Terms {
  let made = variants.get(base);
  if (made === undefined) variants.set(base, (made = new Map()));
  let terms = made.get(guarantee);
  if (terms === undefined) made.set(guarantee, (terms = { ...base, guarantee: guaranteeOf(where, guarantee) }));
  return terms;
}
