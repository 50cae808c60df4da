import { atOnce, parseOptions, z } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import type { DeadLetter, LetterQuery } from '../../api/letters.js';

const COUNT_RULE = 'a whole number of letters from 1';
const count = z.number({ error: COUNT_RULE }).int({ error: COUNT_RULE }).min(1, { error: COUNT_RULE });
const text = z.string({ error: 'a text' }).optional();

const schema = z.strictObject({
  to: text,
  op: text,
  reason: text,
  since: z.number({ error: 'a wall-clock time in ms since 1970' }).optional(),
  where: z.custom<(letter: DeadLetter) => boolean>(
    (value) => value === undefined || typeof value === 'function',
    { error: 'a function from a letter to true or false' },
  ).optional(),
  limit: count.optional(),
}, { error: 'a query: an object, {} for all' });

export function checkQuery(where: string, query: LetterQuery): void {
  parseOptions(where, schema, query);
}

const feedSchema = z.strictObject({ buffer: count.optional() });

/** How many letters may wait for the reader of a feed. */
export function readBuffer(options: { readonly buffer?: number | undefined }): number | undefined {
  return parseOptions('deadLetters.feed', feedSchema, options).buffer;
}

export function fits(letter: DeadLetter, { to, op, reason, since, where }: LetterQuery): boolean {
  return (to === undefined || letter.to === to)
    && (op === undefined || letter.op === op)
    && (since === undefined || letter.at >= since)
    && (reason === undefined || printable(letter.reason) === reason)
    && (where === undefined || atOnce('deadLetters.where', where(letter)));
}
