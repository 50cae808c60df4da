import type { Overflow, SizeOf } from '../api/mailbox.js';
import { UNBOUNDED } from './message/index.js';
import type { Extra } from './message/index.js';
import type { Segment } from './lane.js';
import { Waiting } from './waiting.js';

/** What a mailbox is asked to keep to; checked where it enters. */
export interface MailboxRules {
  /** user messages, `UNBOUNDED` for any number */
  readonly capacity: number;
  /** critical messages that come in above it */
  readonly reserve: number;
  readonly overflow: Overflow;
  /** bytes of user messages; -1 when nobody counts them */
  readonly capacityBytes: number;
  readonly sizeOf: SizeOf | null;
  /** queued messages from which on there is an alarm, 0 for none; it is over at `lowWater` */
  readonly highWater: number;
  readonly lowWater: number;
  /** after so many takes past it a waiting lower lane gets its turn; 0 for never (strict) */
  readonly ageEvery: number;
}

export const NO_RULES: MailboxRules = {
  capacity: UNBOUNDED, reserve: 0, overflow: 'reject', capacityBytes: -1, sizeOf: null,
  highWater: 0, lowWater: 0,
  ageEvery: 0,
};

/** Where a message that can be coalesced is queued, as far as known: it may have been moved since. */
export interface Place {
  readonly extra: Extra;
  readonly segment: Segment;
  readonly at: number;
}

/**
 * The rules of one mailbox and their state; made for the few mailboxes that are bounded, aged,
 * watched or closed.
 */
export class Pressure {
  closed = false;
  /** bytes of the user messages that are queued */
  bytes = 0;
  peakBytes = 0;
  /** above the high mark, and not yet back at the low one */
  alarmed = false;
  readonly waiting: Waiting = new Waiting();
  /** queued messages that a later one with the same key may meet */
  keyed: Map<string, Place> | null = null;
  /** how many takes have gone past each lane since it was served, by rank */
  readonly passed: number[] = [0, 0, 0, 0];
  /** told of an alarm and of its end, with the queued messages */
  tell: ((high: boolean, queued: number) => void) | null = null;
  constructor(
    readonly rules: MailboxRules,
    /** what was taken may come back (a postponed event): its place is free only when the next one is taken */
    readonly returns: boolean,
  ) {}
}
