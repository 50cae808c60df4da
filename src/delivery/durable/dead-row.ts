import { printable } from '../../base/text/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import { decode, encode } from '../../journal/codec/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import type { Message } from '../guarantee/index.js';

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
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
  readonly reason: unknown;
  /** wall clock, ms since 1970 */
  readonly at: number;
}

type Row = readonly [
  number, number, string, unknown, string | null, Terms['guarantee'], number, readonly FailedAttempt[], unknown, number,
];

/** What is told of a message, or an item, that was given up. */
interface GivenUp extends Pick<Message, 'attempts' | 'failures' | 'key'> {
  readonly op: { readonly name: string };
  readonly terms: Pick<Terms, 'guarantee'>;
}

/** Throws when the payload cannot be stored. */
export function encodeDeadLetter(d: GivenUp, seq: number, payload: unknown, reason: unknown, at: number): Uint8Array {
  const { op, attempts, failures, key, terms } = d;
  return encodeTold((reasons) => {
    const [last] = reasons([{ reason }]);
    return [FORMAT, seq, op.name, payload, key, terms.guarantee, attempts, reasons(failures), last?.reason, at];
  }, `the dead letter of '${op.name}'`);
}

/** Throws a coded error for what no castcall has written. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetterRow {
  const [, seq, op, payload, key, guarantee, attempts, failures, reason, at] = decode(bytes) as Row;
  return { seq, op, payload, key, guarantee, attempts, failures, reason, at };
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
