import { attemptsRow } from '../../../delivery/durable/index.js';
import { decode, encode } from '../../../journal/index.js';
import { Rank, RANKS } from '../../../mailbox/index.js';
import type { Process } from '../../../process/record/index.js';
import type { PastLetter } from '../../../router/dead-letter/index.js';
import type { PushTerms } from '../options.js';

/* How an item stands in its row: fixed places, as a message; what is added later comes last. */

const FORMAT = 1;
/** Between the name of a queue, which has none of it, and a lane other than `normal`. */
const BETWEEN = '\n';
const LANES: readonly string[] = ['low', 'normal', 'high', 'critical'];

/** What a row says of its item. */
export interface ItemRow {
  readonly payload: unknown;
  readonly lane: Rank;
  readonly key: string | null;
  /** wall clock before which nobody gets it, ms since 1970; 0 for none */
  readonly dueAt: number;
  /** -1: never */
  readonly expiresInMs: number;
  /** who pushed it: a name, else a pid; null for the outside */
  readonly sender: string | null;
  /** wall clock, ms since 1970 */
  readonly pushedAt: number;
  /** the letter that it was before, when it was sent again */
  readonly past: PastLetter | null;
}

type Row = readonly [
  number, unknown, Rank, string | null, number, number, string | null, number, (Uint8Array | null)?,
];

/** Throws when the payload cannot be stored. */
export function encodeItem(
  payload: unknown, terms: PushTerms, from: Process | null, wall: number, past: PastLetter | null,
): Uint8Array {
  const { lane, key, delayMs, expiresInMs } = terms;
  const dueAt = delayMs === 0 ? 0 : wall + delayMs;
  const row: Row = [
    FORMAT, payload, lane, key, dueAt, expiresInMs, from === null ? null : from.title, wall,
    past === null ? null : attemptsRow(past.attempts, past.failures),
  ];
  try {
    return encode(row, 'the row of an item');
  } catch (error) {
    encode(payload, 'item'); // it says where in the item
    throw error;
  }
}

/** Throws a coded error for what no castcall has written. Rows of older ones have fewer places. */
export function decodeItem(bytes: Uint8Array): ItemRow {
  const [, payload, lane, key, dueAt, expiresInMs, sender, pushedAt, before = null] = decode(bytes) as Row;
  return { payload, lane, key, dueAt, expiresInMs, sender, pushedAt, past: before === null ? null : pastOf(before) };
}

function pastOf(before: Uint8Array): PastLetter {
  const [, attempts, failures] = decode(before) as [number, number, PastLetter['failures']];
  return { id: 0, attempts, failures };
}

/** Each lane is a stream of its own, so that what is urgent is found without reading the rest. */
export function streamOf(name: string, lane: Rank): string {
  return lane === Rank.Normal ? name : name + BETWEEN + String(LANES[lane]);
}

/** The queue, and the lane, of a stream. */
export function queueOf(stream: string): { readonly name: string; readonly lane: Rank } {
  const [name = '', lane = 'normal'] = stream.split(BETWEEN);
  return { name, lane: RANKS[lane as keyof typeof RANKS] };
}
