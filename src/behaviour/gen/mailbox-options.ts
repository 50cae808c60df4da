import { OptionError, z } from '../../base/index.js';
import { NO_RULES, UNBOUNDED, type MailboxRules, type Overflow, type SizeOf } from '../../mailbox/index.js';

/**
 * What a mailbox holds and what it does when that is reached. Everything is optional: without any the mailbox is
 * unbounded and strict between lanes.
 */
export interface MailboxOptions {
  /** user messages it may hold, all lanes together, from 1; absent means unbounded (RE-09) */
  readonly capacity?: number | undefined;
  /**
   * `critical` messages that come in when it is full: so many above `capacity`, default 16, 0 for none. So a
   * cancellation reaches an agent that drowns in work: at most `capacity` messages below critical, `capacity + reserve`
   * in all
   */
  readonly reserve?: number | undefined;
  /** bytes it may hold, from 1: texts as UTF-8, byte arrays by their length, anything else as `sizeOf` says */
  readonly capacityBytes?: number | undefined;
  /**
   * bytes of a payload that is neither text nor bytes, a whole number from 0; must tell the same for the same payload.
   * Without it such a payload is refused with UNSIZABLE_PAYLOAD
   */
  readonly sizeOf?: SizeOf | undefined;
  /**
   * what happens to a message that finds it full, default `reject`: the arriving one is refused (`reject`) or dropped
   * (`drop-newest`), the oldest of the lowest lane is evicted for it (`drop-oldest`), or `put` waits (`suspend`)
   */
  readonly overflow?: Overflow | undefined;
  /** queued messages from which on there is one alarm, until `lowWater` is reached; at most `capacity` */
  readonly highWater?: number | undefined;
  /** queued messages at which the alarm is over, below `highWater`; default half of it, rounded down */
  readonly lowWater?: number | undefined;
  /**
   * `strict` (default): a lower lane waits for all higher ones. `ageEvery`: one that was passed over so many times has a turn
   */
  readonly lanes?: 'strict' | { readonly ageEvery: number } | undefined;
}

/** Default of `reserve`. */
const RESERVE = 16;

const count = (what: string, from: number): z.ZodNumber => {
  const rule = `a whole number of ${what} from ${from} to ${UNBOUNDED - 1}`;
  const error = what === 'messages' && from === 1 ? `${rule}; leave it out for an unbounded mailbox` : rule;
  return z.number({ error }).int({ error }).min(from, { error }).max(UNBOUNDED - 1, { error });
};

export const mailboxSchema: z.ZodType<MailboxOptions> = z.strictObject({
  capacity: count('messages', 1).optional(),
  reserve: count('critical messages', 0).optional(),
  capacityBytes: count('bytes', 1).optional(),
  sizeOf: z.custom<SizeOf>(
    (value) => typeof value === 'function',
    { error: 'a function from a payload and its operation to a number of bytes' },
  ).optional(),
  overflow: z.enum(
    ['reject', 'drop-newest', 'drop-oldest', 'suspend'],
    { error: "'reject', 'drop-newest', 'drop-oldest' or 'suspend'" },
  ).optional(),
  highWater: count('queued messages', 1).optional(),
  lowWater: count('queued messages', 0).optional(),
  lanes: z.union(
    [z.literal('strict'), z.strictObject({ ageEvery: count('takes', 1) })],
    { error: `'strict', or { ageEvery: a whole number of takes from 1 to ${UNBOUNDED - 1} }` },
  ).optional(),
}, { error: 'an object, as { capacity: 1_000 }' });

/** The rules that checked options ask for; null for none. What does not fit together is refused here. */
export function mailboxRules(options: MailboxOptions | undefined): MailboxRules | null {
  if (options === undefined) return null;
  const { capacity, reserve, capacityBytes, sizeOf, overflow, highWater, lowWater, lanes } = options;
  const bounded = capacity !== undefined || capacityBytes !== undefined;
  if (overflow !== undefined && !bounded) {
    throw new OptionError(
      'mailbox.overflow', overflow, 'a mailbox with a bound',
      'give it a capacity or capacityBytes, or leave overflow out', 'BAD_COMBINATION',
    );
  }
  if (reserve !== undefined && capacity === undefined) {
    throw new OptionError(
      'mailbox.reserve', reserve, 'a capacity beside it', 'give it a capacity, or leave reserve out', 'BAD_COMBINATION',
    );
  }
  if (sizeOf !== undefined && capacityBytes === undefined) {
    throw new OptionError(
      'mailbox.sizeOf', sizeOf, 'a mailbox bounded in bytes', 'give it capacityBytes, or leave sizeOf out',
      'BAD_COMBINATION',
    );
  }
  if (highWater === undefined && lowWater !== undefined) {
    throw new OptionError(
      'mailbox.lowWater', lowWater, 'highWater beside it', 'give highWater, or leave lowWater out', 'BAD_COMBINATION',
    );
  }
  if (highWater !== undefined && capacity !== undefined && highWater > capacity) {
    throw new OptionError(
      'mailbox.highWater', highWater, `at most the capacity, which is ${capacity}`, 'it would never be reached',
    );
  }
  if (highWater !== undefined && lowWater !== undefined && lowWater >= highWater) {
    throw new OptionError(
      'mailbox.lowWater', lowWater, `a number below highWater, which is ${highWater}`,
      'the distance between them keeps alarms from repeating',
    );
  }
  const ageEvery = typeof lanes === 'object' ? lanes.ageEvery : 0;
  if (!bounded && highWater === undefined && ageEvery === 0) return null;
  return {
    capacity: capacity ?? NO_RULES.capacity,
    reserve: capacity === undefined ? 0 : (reserve ?? RESERVE),
    capacityBytes: capacityBytes ?? NO_RULES.capacityBytes,
    sizeOf: sizeOf ?? null,
    overflow: overflow ?? NO_RULES.overflow,
    highWater: highWater ?? 0,
    lowWater: lowWater ?? Math.floor((highWater ?? 0) / 2),
    ageEvery,
  };
}
