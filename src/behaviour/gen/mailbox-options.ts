import { OptionError, z } from '../../base/index.js';
import { NO_RULES } from '../../mailbox/index.js';
import type { MailboxRules } from '../../mailbox/index.js';
import { UNBOUNDED } from '../../mailbox/message/index.js';
import type { MailboxOptions, SizeOf } from '../../api/mailbox.js';

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
      'mailbox.reserve', reserve, 'a capacity beside it',
      'give it a capacity, or leave reserve out', 'BAD_COMBINATION',
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
      'mailbox.lowWater', lowWater, 'highWater beside it', 'give highWater, or leave lowWater out',
      'BAD_COMBINATION',
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
