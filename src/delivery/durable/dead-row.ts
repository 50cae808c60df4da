import type { Schedule } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import { decode, encode } from '../../codec/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import type { Envelope, Provenance } from './envelope.js';

/* How a dead letter stands in its row: fixed places, as a message; what is added later comes last. */

const FORMAT = 1;

/** What a row says of a message that was given up. */
export interface DeadLetterRow {
  /** of the message, while it waited */
  readonly seq: number;
  readonly op: string;
  readonly payload: unknown;
  readonly key: string | null;
  readonly guarantee: Terms['guarantee'];
  /** through all retries of the letter */
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
  readonly reason: unknown;
  /** wall clock, ms since 1970 */
  readonly at: number;
  /** of the payload, as its operation had it */
  readonly version: number;
  readonly order: string | null;
  /** null in a row of a castcall that did not write them */
  readonly terms: Envelope['terms'] | null;
  /** of the payload, as the sender sent it */
  readonly digest: Envelope['digest'];
  readonly provenance: Provenance;
  /** sequence of the message that it was at first, before all retries */
  readonly origin: number;
  /** steps of `once` are recorded under its origin */
  readonly steps: boolean;
  /** of an item of a durable queue; null for a message to an agent */
  readonly lane: Terms['rank'] | null;
}

type Row = readonly [
  number, number, string, unknown, string | null, Terms['guarantee'], number, readonly FailedAttempt[], unknown, number,
  number?, (string | null)?, number?, number?, number?, Terms['rank']?, Schedule?, Envelope['digest']?,
  (string | null)?, boolean?, number?, number?, boolean?, (string | null)?, Provenance['headers']?,
  (Terms['rank'] | null)?,
];

/** Throws when the payload cannot be stored. */
export function encodeDeadLetter(row: DeadLetterRow): Uint8Array {
  const {
    seq, op, payload, key, guarantee, attempts, failures, reason, at, version, order, terms, digest, origin, steps,
    lane,
    provenance: { sender, named, sentAt, traceparent, headers },
  } = row;
  return encodeTold((reasons) => {
    const [last] = reasons([{ reason }]);
    return [
      FORMAT, seq, op, payload, key, guarantee, attempts, reasons(failures), last?.reason, at,
      version, order, terms?.attemptsMax, terms?.ackTimeoutMs, terms?.expiresInMs, terms?.rank, terms?.backoff, digest,
      sender, named, sentAt, origin, steps, traceparent, headers, lane,
    ];
  }, `the dead letter of '${op}'`);
}

/** Throws a coded error for what no castcall has written. Rows of older ones have fewer places. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetterRow {
  const [
    , seq, op, payload, key, guarantee, attempts, failures, reason, at,
    version = 1, order = null, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff, digest = null,
    sender = null, named = false, sentAt = 0, origin = seq, steps = false, traceparent = null, headers = null,
    lane = null,
  ] = decode(bytes) as Row;
  const terms = attemptsMax === undefined || ackTimeoutMs === undefined || expiresInMs === undefined
    || rank === undefined || backoff === undefined
    ? null
    : { guarantee, attemptsMax, ackTimeoutMs, expiresInMs, rank, backoff };
  return {
    seq, op, payload, key, guarantee, attempts, failures, reason, at, version, order, terms, digest, origin, steps,
    provenance: { sender, named, sentAt, traceparent, headers }, lane,
  };
}

/** Reasons that cannot be stored are stored as their texts. */
export function encodeTold(
  of: (reasons: <R extends { readonly reason: unknown }>(of: readonly R[]) => readonly R[]) => unknown, what: string,
): Uint8Array {
  try {
    return encode(of((all) => all), what);
  } catch {
    return encode(of((all) => all.map((one) => ({ ...one, reason: printable(one.reason) }))), what);
  }
}
