import type { Schedule } from '../../base/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import { decode, encode } from '../../codec/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import type { KeyRecord, Message } from '../guarantee/index.js';
import { encodeTold } from './dead-row.js';

/*
 * How a message stands in its row: an array with fixed places, so that records of today can be read
 * for ever. What is added later is added at the end.
 */

const FORMAT = 1;
const GUARANTEES = ['at-most-once', 'at-least-once', 'exactly-once'] as const;

/** Where a message comes from; a retry of its dead letter has the same. */
export interface Provenance {
  /** who sent it: a name, else a pid; null for the outside */
  readonly sender: string | null;
  /** that is a name */
  readonly named: boolean;
  /** wall clock, ms since 1970 */
  readonly sentAt: number;
  /** the trace that it belongs to, as W3C Trace Context has it */
  readonly traceparent: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
}

/** What a message was before it was sent again as a dead letter. */
export interface Before {
  /** sequence of the first message */
  readonly origin: number;
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
}

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
  /** of the payload, as its operation had it */
  readonly version: number;
  /** the key under which it waits, if it has not begun */
  readonly coalesce: string | null;
  readonly provenance: Provenance;
  /** null for one that is no retry of a dead letter */
  readonly before: Before | null;
}

type Row = readonly [
  number, string, unknown, number, number, number, number, Terms['rank'], Schedule, string | null, string | null,
  Envelope['digest'], number, string | null, number, number,
  (Before | null)?, boolean?, (string | null)?, Provenance['headers']?, (string | null)?,
];

/** Throws when the payload cannot be stored. */
export function encodeMessage(
  d: Message, delayMs: number, wall: number, from: Provenance, before: Before | null,
): Uint8Array {
  const dueAt = delayMs === 0 ? 0 : wall + delayMs;
  const what = `the payload of '${d.op.name}'`;
  if (before === null) return encode(rowOf(d, dueAt, from, null), what);
  return encodeTold((told) => rowOf(d, dueAt, from, { ...before, failures: told(before.failures) }), what);
}

function rowOf(
  { op, payload, terms, key, order, record, rare }: Message, dueAt: number,
  { sender, named, sentAt, traceparent, headers }: Provenance, before: Before | null,
): Row {
  const { guarantee, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff } = terms;
  return [
    FORMAT, op.name, payload, GUARANTEES.indexOf(guarantee), attemptsMax, ackTimeoutMs, expiresInMs, rank,
    backoff, key, order, wordsOf(record), dueAt, sender, sentAt, op.version, before, named, traceparent, headers,
    rare === null || rare.slot === null ? null : rare.slot.key,
  ];
}

/** The digest of a key's payload, once it was taken. */
export function wordsOf(record: KeyRecord | null): Envelope['digest'] {
  return record === null || !record.sealed ? null : [record.a, record.b, record.c, record.d];
}

/** Throws a coded error for what no castcall has written, or a newer one. Rows of older ones have fewer places. */
export function decodeMessage(bytes: Uint8Array): Envelope {
  const [
    , op, payload, guarantee, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff, key, order, digest, dueAt,
    sender, sentAt, version, before = null, named = false, traceparent = null, headers = null,
    coalesce = null,
  ] = decode(bytes) as Row;
  const terms = {
    guarantee: GUARANTEES[guarantee] ?? 'at-least-once', attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff,
  };
  const provenance = { sender, named, sentAt, traceparent, headers };
  return { op, payload, terms, key, order, digest, dueAt, version, provenance, before, coalesce };
}
