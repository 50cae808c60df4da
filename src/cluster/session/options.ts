import { OptionError, parseOptions, z } from '../../base/index.js';
import { FRAME_HEAD_BYTES, MESSAGE_HEAD_BYTES } from '../wire/index.js';

/** What is done with a message for a node that there is no session with. */
export interface Parking {
  /** messages that wait for a session, for each node; from 1 */
  readonly messagesMax: number;
  readonly bytesMax: number;
  /** how long they wait at most, ms */
  readonly parkMs: number;
}

/** Options of the sessions of a node; durations in ms. */
export interface SessionOptions {
  /** `'refuse'`, the default, or a bounded buffer */
  readonly whileDown?: 'refuse' | Partial<Parking> | undefined;
  /** messages that may be on their way to one node, or wait for its credit; default 8,192 */
  readonly messagesMax?: number | undefined;
  /** bytes of them; default 8 MiB */
  readonly bytesMax?: number | undefined;
  /** messages that a peer may send beyond those that have come; default 1,024 */
  readonly window?: number | undefined;
  /** between looks at all peers; default 50 */
  readonly tickMs?: number | undefined;
  /**
   * without news of what was sent, for so long beyond a round trip, its first frame is sent again;
   * doubled each time, up to 8 times that; default 300
   */
  readonly resendMs?: number | undefined;
  /** so often in a row, then the session is over; default 8 */
  readonly resendsMax?: number | undefined;
  /** a peer hears from us at least so often; default 1,000 */
  readonly beatMs?: number | undefined;
  /** a peer that is not heard of for so long is down; default 8,000 */
  readonly silenceMs?: number | undefined;
  /** so long a peer is asked for a session; default 10,000 */
  readonly openMs?: number | undefined;
  /** nodes that may have a session, or want one; default 1,024 */
  readonly peersMax?: number | undefined;
}

type Numbers = { readonly [K in Exclude<keyof SessionOptions, 'whileDown'>]-?: number };

/** Checked and complete. */
export interface SessionRules extends Numbers {
  readonly parking: Parking | null;
  /** bytes of the largest message */
  readonly messageBytesMax: number;
}

const PARKING: Parking = { messagesMax: 1_024, bytesMax: 0x10_0000, parkMs: 30_000 };
const RULES: Numbers = {
  messagesMax: 8_192, bytesMax: 0x80_0000, window: 1_024, tickMs: 50, resendMs: 300, resendsMax: 8, beatMs: 1_000,
  silenceMs: 8_000, openMs: 10_000, peersMax: 1_024,
};

const whole: z.ZodType<number> = z.number({ error: 'a whole number from 1' })
  .int({ error: 'a whole number from 1' }).min(1, { error: 'a whole number from 1' });
const schema: z.ZodType<SessionOptions> = z.strictObject({
  whileDown: z.union([
    z.literal('refuse'), z.strictObject({ messagesMax: whole, bytesMax: whole, parkMs: whole }).partial(),
  ], { error: "'refuse', or the bounds of a buffer" }).optional(),
  ...Object.fromEntries(Object.keys(RULES).map((key) => [key, whole.optional()])),
}) as z.ZodType<SessionOptions>;

/** Checks options of sessions and completes them. Errors: an OptionError that names the first that is wrong. */
export function readRules(given: SessionOptions, frameBytesMax: number): SessionRules {
  const { whileDown = 'refuse', ...rest } = parseOptions('node.session', schema, given);
  const set = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const rules: Numbers = { ...RULES, ...set };
  if (rules.silenceMs <= 2 * rules.beatMs) {
    throw new OptionError(
      'node.session.silenceMs', rules.silenceMs, `more than two beats (${2 * rules.beatMs})`,
      'raise it, or lower beatMs',
    );
  }
  const parking = whileDown === 'refuse' ? null : { ...PARKING, ...whileDown };
  if (parking !== null && (parking.messagesMax > rules.messagesMax || parking.bytesMax > rules.bytesMax)) {
    throw new OptionError(
      'node.session.whileDown', whileDown, `at most what may be on its way: ${rules.messagesMax} messages, `
      + `${rules.bytesMax} bytes`, 'lower it, or raise messagesMax and bytesMax',
    );
  }
  const messageBytesMax = frameBytesMax - FRAME_HEAD_BYTES - MESSAGE_HEAD_BYTES;
  return { ...rules, parking, messageBytesMax };
}
