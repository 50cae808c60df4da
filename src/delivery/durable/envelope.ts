import type { Schedule } from '../../base/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import { decode, encode } from '../../journal/codec/index.js';
import type { Message } from '../guarantee/index.js';

/*
 * How a message stands in its row: an array with fixed places, so that records of today can be read
 * for ever. What is added later is added at the end.
 */

const FORMAT = 1;
const GUARANTEES = ['at-most-once', 'at-least-once', 'exactly-once'] as const;

/** What a row says of its message. */
export interface Envelope {
  readonly op: string;
  readonly payload: unknown;
  readonly terms: Omit<Terms, 'onError'>;
  readonly key: string | null;
  readonly order: string | null;
  /** of the payload, as the sender sent it */
  readonly digest: readonly [number, number, number, number] | null;
  /** wall clock before which it is not handled, ms since 1970; 0 for none */
  readonly dueAt: number;
  /** who sent it: a name, else a pid; null for the outside */
  readonly sender: string | null;
  /** wall clock, ms since 1970 */
  readonly sentAt: number;
  /** of the payload, as its operation had it */
  readonly version: number;
  /** the key under which it waits, if it has not begun */
  readonly coalesce: string | null;
}

/** Throws when the payload cannot be stored. */
export function encodeMessage(d: Message, delayMs: number, wall: number): Uint8Array {
  const { op, payload, terms, key, order, record, caller } = d;
  const { guarantee, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff } = terms;
  return encode([
    FORMAT, op.name, payload, GUARANTEES.indexOf(guarantee), attemptsMax, ackTimeoutMs, expiresInMs, rank,
    backoff, key, order, record === null || !record.sealed ? null : [record.a, record.b, record.c, record.d],
    delayMs === 0 ? 0 : wall + delayMs, caller === null ? null : caller.title, wall, op.version,
    d.rare === null || d.rare.slot === null ? null : d.rare.slot.key,
  ], `the payload of '${op.name}'`);
}

/** Throws a coded error for what no castcall has written, or a newer one. */
export function decodeMessage(bytes: Uint8Array): Envelope {
  const [
    , op, payload, guarantee, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff, key, order, digest, dueAt,
    sender, sentAt, version, coalesce = null,
  ] = decode(bytes) as [
    number, string, unknown, number, number, number, number, Terms['rank'], Schedule, string | null, string | null,
    Envelope['digest'], number, string | null, number, number, (string | null)?,
  ];
  const terms = {
    guarantee: GUARANTEES[guarantee] ?? 'at-least-once', attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff,
  };
  return { op, payload, terms, key, order, digest, dueAt, sender, sentAt, version, coalesce };
}
