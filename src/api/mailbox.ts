/* What users see of a mailbox: its lanes, its bounds, its statistics. */

/** The priorities a sender may ask for; FIFO within each, strict between them. */
export type MailboxLane = 'low' | 'normal' | 'high' | 'critical';

/** What a full mailbox does with the message that arrives. */
export type Overflow = 'reject' | 'drop-newest' | 'drop-oldest' | 'suspend';

/** Tells the bytes that a payload counts, for payloads other than texts and byte arrays. */
export type SizeOf = (payload: unknown, op: string) => number;

/**
 * What a mailbox holds and what it does when that is reached. Everything is optional: without any
 * the mailbox is unbounded and strict between lanes.
 */
export interface MailboxOptions {
  /** user messages it may hold, all lanes together, from 1; absent means unbounded */
  readonly capacity?: number | undefined;
  /**
   * `critical` messages that come in when it is full: so many above `capacity`, default 16, 0 for none. So a
   * cancellation reaches an agent that drowns in work: at most `capacity` messages below critical,
   * `capacity + reserve` in all
   */
  readonly reserve?: number | undefined;
  /** bytes it may hold, from 1: texts as UTF-8, byte arrays by their length, anything else as `sizeOf` says */
  readonly capacityBytes?: number | undefined;
  /**
   * bytes of a payload that is neither text nor bytes, a whole number from 0; must tell the same
   * for the same payload. Without it such a payload is refused with UNSIZABLE_PAYLOAD
   */
  readonly sizeOf?: SizeOf | undefined;
  /**
   * what happens to a message that finds it full, default `reject`: the arriving one is refused
   * (`reject`) or dropped (`drop-newest`), the oldest of the lowest lane is evicted for it
   * (`drop-oldest`), or `put` waits (`suspend`)
   */
  readonly overflow?: Overflow | undefined;
  /** queued messages from which on there is one alarm, until `lowWater` is reached; at most `capacity` */
  readonly highWater?: number | undefined;
  /** queued messages at which the alarm is over, below `highWater`; default half of it, rounded down */
  readonly lowWater?: number | undefined;
  /**
   * `strict` (default): a lower lane waits for all higher ones. `ageEvery`: one that was passed
   * over so many times has a turn
   */
  readonly lanes?: 'strict' | { readonly ageEvery: number } | undefined;
}

/** Percentiles of a sampled duration, in ms; `samples` says on how many messages they rest. */
export interface Percentiles {
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * The conservation account of user messages, in exact integers, at every moment:
 * `sent = handled + rejected + dropped + superseded + expired + deadLettered + unknown + queued +
 * running + held`. `refused` and `crashed` are parts of `handled`.
 */
export interface Account {
  readonly sent: number;
  readonly handled: number;
  readonly refused: number;
  readonly crashed: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly superseded: number;
  readonly expired: number;
  readonly deadLettered: number;
  readonly unknown: number;
  readonly queued: number;
  readonly running: number;
  readonly held: number;
}

/** What `ref.stats().mailbox` tells. */
export interface MailboxStats extends Account {
  /** user messages queued now; constant time */
  readonly size: number;
  readonly peak: number;
  /** undefined when unbounded */
  readonly capacity: number | undefined;
  /** sends that wait for room under the policy `suspend`; in the account they are `held` */
  readonly waiting: number;
  /** undefined when nobody counts bytes */
  readonly bytes: { readonly now: number; readonly peak: number; readonly capacity: number } | undefined;
  /**
   * ms that the oldest queued message has waited at least: known from samples, and from what
   * earlier calls of `stats` have seen; 0 when nothing is queued
   */
  readonly oldestMs: number;
  /**
   * when the last sampled message (1 in 64) was received, and when one was started: readings of
   * `system.monotonic()`; undefined while there was none
   */
  readonly receivedAt: number | undefined;
  readonly handledAt: number | undefined;
  /** takes nothing more */
  readonly closed: boolean;
  /** queued now per lane, the runtime's own signals included */
  readonly depth: {
    readonly low: number; readonly normal: number; readonly high: number; readonly critical: number;
  };
  /** most at once per lane; exact for user messages, signals are among them once several lanes are used */
  readonly peakDepth: MailboxStats['depth'];
  /**
   * time from send to handler, ms; sampled 1 in 64, shared by all agents of one definition unless
   * `stats: 'full'`
   */
  readonly waitMs: Percentiles;
  /** time from handler start to its end, ms; sampled like `waitMs` */
  readonly handleMs: Percentiles;
}
