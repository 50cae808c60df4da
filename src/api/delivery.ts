import type { Backoff } from '../base/index.js';
import type { MailboxLane, Percentiles } from './mailbox.js';

/**
 * What a delivery promises.
 * - `at-most-once`: started once at most; a crash of the agent ends it.
 * - `at-least-once`: retried until a handler succeeded, it expired, or its attempts are used up.
 * - `exactly-once`: the same, with one successful handling; another send with the same key gets the first one's
 *   outcome.
 */
export type Guarantee = 'at-most-once' | 'at-least-once' | 'exactly-once';

/**
 * What becomes of a message whose handler threw: the agent crashes (`restart`, the default),
 * crashes and takes its supervisor with it (`escalate`), or lives on.
 */
export type ErrorVerdict = 'retry' | 'refuse' | 'dead-letter' | 'restart' | 'escalate';

/**
 * Defaults of deliveries: of a system (`createSystem({ delivery })`) or of a definition
 * (`defineAgent({ delivery })`), which wins.
 */
export interface DeliveryDefaults {
  /** default `at-least-once` */
  readonly guarantee?: Guarantee | undefined;
  /** starts of the handler in all, from 1, default 5 */
  readonly attemptsMax?: number | undefined;
  /** ms from the start of the handler until its agent is ended with `ack_timeout`; default off */
  readonly ackTimeoutMs?: number | undefined;
  readonly backoff?: Backoff | undefined;
  /** ms from the acceptance after which no handler is started any more; default 300,000 */
  readonly expiresInMs?: number | undefined;
  /** lane of the mailbox, default `normal` */
  readonly lane?: MailboxLane | undefined;
  /** what becomes of a message whose handler threw this error; default `restart` for all */
  readonly onError?: ((error: unknown) => ErrorVerdict) | undefined;
}

/** Options of `deliver`, and of a `call` with a guarantee. */
export interface DeliverOptions extends DeliveryDefaults {
  /** identity of the message for `exactly-once`, 1 to 1,024 bytes; per destination */
  readonly key?: string | undefined;
  /**
   * messages of one order key are handled one after the other, in the order of their sends: a retry
   * holds back its own key only
   */
  readonly order?: string | undefined;
  /**
   * `deliver` only: it is held for so many ms before its first attempt, accepted at once; not with
   * `order`, and with `exactly-once` only beside a key. Then `expiresInMs` counts from that moment
   */
  readonly delayMs?: number | undefined;
  /** the same until a moment of the wall clock, ms since 1970; one that has passed is now. Not with `delayMs` */
  readonly at?: number | undefined;
  /**
   * it is in the store of the system before it is accepted, and outlives the program until it is
   * handled; by default what the definition of the agent says. Needs a store, a registered name and
   * a guarantee that sends again
   */
  readonly durable?: boolean | undefined;
  /**
   * `deliver` only: of the messages to one destination with the same operation and key, one waits
   * until its handler begins. Not with `key` or `order`
   *
   * @since 0.2.0
   */
  readonly coalesce?: string | DeliverCoalesce | undefined;
  /**
   * `deliver` only: how it reaches an agent that is handling a delivery; default `follow-up`
   *
   * @since 0.2.0
   */
  readonly mode?: DeliverMode | undefined;
  /**
   * what travels beside the payload, for `self.message.headers`: a plain object of at most 32 texts, 8,192
   * bytes of UTF-8 with their names (`HEADERS_TOO_LARGE`), without half surrogate pairs and byte order marks
   * that lead; copied. A duplicate has those of the first
   *
   * @since 0.2.0
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * How a message reaches an agent that is busy with a delivery.
 * - `follow-up`: it waits for a turn of its own.
 * - `steer`: the handler that runs takes it with `self.steer()`; if it does not, it has a turn of its
 *   own, before what is in the lanes below `high`.
 * - `interrupt`: the signal of the delivery that runs fires, with an error `INTERRUPTED`, and this one
 *   goes first, in the lane `critical`, whose reserve lets it into a full mailbox.
 *
 * @since 0.2.0
 */
export type DeliverMode = 'follow-up' | 'steer' | 'interrupt';

/**
 * What becomes of a message whose key another one has that waits: one of the two ends as
 * `superseded`, which its receipt tells. One that was begun is met no more.
 *
 * @since 0.2.0
 */
export interface DeliverCoalesce {
  /** a text of 1 to 1,024 bytes; per destination and operation */
  readonly key: string;
  /** `'last'` (default): the new one takes the place of the one that waits; `'first'`: that one stays */
  readonly keep?: 'last' | 'first' | undefined;
  /**
   * makes the payload of the new one of both, when one waits; not with `keep: 'first'`. What it throws is what
   * `deliver` rejects with, and nothing has changed; in a turn of a durable agent both wait then. Not async
   */
  readonly merge?: ((waiting: any, coming: any) => unknown) | undefined;
}

/**
 * How a delivery can end. `stored`: the system has stopped before it was handled, and a later one on
 * the same store goes on with it. `unknown`: its store failed, and it may be there or not.
 * `reply-gone` is told to duplicates only: the message with their key was
 * handled, its reply is no longer kept.
 */
export type OutcomeKind =
  | 'handled' | 'refused' | 'rejected' | 'dropped' | 'superseded' | 'expired' | 'dead-lettered' | 'cancelled'
  | 'unknown' | 'stored' | 'reply-gone';

/** One failed attempt of a delivery. */
export interface FailedAttempt {
  readonly attempt: number;
  /** what the handler threw, or the exit reason of the agent */
  readonly reason: unknown;
}

/** How a delivery ended. Only `handled` has a reply: once `kind` says so, the compiler knows it is there. */
export type DeliveryOutcome<R = unknown> = Ended & (
  | { readonly kind: 'handled'; /** the handler's reply */ readonly reply: R }
  | { readonly kind: Exclude<OutcomeKind, 'handled'>; readonly reply?: undefined }
);

interface Ended {
  /**
   * why, when it was not handled: a refusal's code, an exit reason, `noproc` …; of `reply-gone` how
   * it ended, `handled` or `refused`
   */
  readonly reason?: unknown;
  /** what the refusal said beyond its code */
  readonly details?: unknown;
  /** starts of the handler */
  readonly attempts: number;
  /** the failed ones, oldest first */
  readonly failures: readonly FailedAttempt[];
  /** wall clock, ms since 1970, as of the latest look at a clock in that turn of the event loop */
  readonly at: number;
}

/**
 * Where a delivery is: `pending` in a delay or a back-off, or until somebody owns the name, `in-transit` in a
 * mailbox, `delivered` with the handler, else its outcome. The end of a stored message is told once it is
 * committed: until then it is `delivered` when its handler has answered, else `pending`, also after `cancel()`.
 */
export type ReceiptState = 'pending' | 'in-transit' | 'delivered' | OutcomeKind;

/** What `deliver` resolves to, at acceptance. Not thenable: the end is `await receipt.settled`. */
export interface Receipt<R = unknown> {
  /**
   * names the message: `#` and the sequence of its row when it is stored, which no other message of
   * that store ever has; else its destination and its place there, in this life of the program
   *
   * @since 0.2.0
   */
  readonly id: string;
  readonly state: ReceiptState;
  /** starts of the handler so far */
  readonly attempts: number;
  /** how it ended; never rejects, and need not be awaited */
  readonly settled: Promise<DeliveryOutcome<R>>;
  /** every state from now on, the current one first; ends with the delivery */
  readonly changes: AsyncIterable<ReceiptState>;
  /**
   * Takes the message back while it is queued or held, also between two attempts: then it ends as
   * `cancelled`, its key is free, and the next one of its order key goes. True when it was taken
   * back; false once a handler has it, or it is over.
   * @example
   * const Printer = defineAgent({ calls: { print: (_self, page: string) => page.length } });
   * const receipt = await system.ref(Printer, 'not-yet-there').deliver('print', 'a page');
   * const { settled } = receipt;
   * receipt.cancel() // => true
   * const { kind } = await settled;
   * kind // => 'cancelled'
   * receipt.cancel() // => false
   */
  cancel(): boolean;
}

/**
 * `self.message`: what is known of the delivery that is being handled.
 *
 * @since 0.2.0
 */
export interface MessageProvenance {
  /** name, else pid, of who sent it; undefined for the outside */
  readonly sender: string | undefined;
  /** what it was sent to: the name or pid of this agent */
  readonly to: string;
  readonly op: string;
  /**
   * wall clock of its acceptance, ms since 1970, to one turn of the event loop; of the beginning of this
   * life for one of an earlier life
   */
  readonly queuedAt: number;
  /** the same of the beginning of this attempt, as of the first look at `self.message` in it */
  readonly begunAt: number;
  readonly guarantee: Guarantee;
  readonly key: string | undefined;
  readonly order: string | undefined;
  readonly coalesce: string | undefined;
  readonly mode: DeliverMode;
  /** frozen; undefined for none */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** from 1 */
  readonly attempt: number;
  /** pid of this life of the agent */
  readonly incarnation: string;
  /** place among the messages to this destination, in the order of their acceptance in this life of the program */
  readonly sequence: number;
  /** it came from an earlier life of the program */
  readonly recovered: boolean;
  /** of the row in the store, over all lives; undefined when it is not stored */
  readonly row: number | undefined;
}

/** `self.delivery`: the delivery that is being handled. */
export interface DeliveryContext {
  readonly key: string | undefined;
  /** from 1 */
  readonly attempt: number;
  /** an earlier attempt may have had effects */
  readonly redelivered: boolean;
  /** ends it now as handled, with that reply; false when it was over */
  ack(reply?: unknown): boolean;
  /** this attempt failed without a crash; the next one begins after `delayMs`, by default the back-off */
  nack(delayMs?: number): boolean;
  /** starts `ackTimeoutMs` anew */
  inProgress(): boolean;
  /** ends it now as a dead letter */
  terminate(reason?: unknown): boolean;
}

/** Deliveries to one destination, or of one system, since its start. */
export interface DeliveryStats {
  /** what `deliver` resolved for */
  readonly accepted: number;
  /** now in a delay or a back-off, or until somebody owns the name */
  readonly pending: number;
  /** now in a mailbox */
  readonly inTransit: number;
  /** now with a handler */
  readonly running: number;
  /** starts of handlers */
  readonly delivered: number;
  /** handled, refusals included */
  readonly acknowledged: number;
  readonly refused: number;
  /** dead letters */
  readonly failed: number;
  readonly expired: number;
  /** dropped or superseded in a mailbox, or cancelled */
  readonly dropped: number;
  /** of `dropped`: taken back by `receipt.cancel()` */
  readonly cancelled: number;
  /** of `dropped`: another one with their coalescing key was kept in their place */
  readonly superseded: number;
  /** their store failed: nobody knows whether they are in it */
  readonly unknown: number;
  /** came from earlier lives of the program; they count as sent in this one */
  readonly recovered: number;
  /** left in the store for a later life when the system stopped; they have left the account of this one */
  readonly stored: number;
  /** starts of a second or later attempt; a start after an end that was no attempt is in `delivered` only */
  readonly retried: number;
  readonly duplicatesSuppressed: number;
  /** sends with a known key and another payload */
  readonly conflicts: number;
  /** acknowledged of all that ended; 0 when none has */
  readonly successRate: number;
  readonly failureRate: number;
  /** starts for each one that ended */
  readonly averageAttempts: number;
  /**
   * acceptance to acknowledgement, ms; sampled 1 in 64, or each one while the system keeps records
   * (`delivery.recent`)
   */
  readonly ackMs: Percentiles;
}

/** One delivery that is over, as `system.recentDeliveries` tells it. */
export interface SettledDelivery {
  /** what it was sent to: a name or a pid */
  readonly to: string;
  readonly op: string;
  readonly guarantee: Guarantee;
  readonly key: string | undefined;
  readonly kind: OutcomeKind;
  /** why, when it was not handled */
  readonly reason: unknown;
  /** starts of the handler */
  readonly attempts: number;
  /** wall clock of the end, ms since 1970 */
  readonly at: number;
  /** from the acceptance to the end, ms; 0 for one that ended before it was accepted */
  readonly ms: number;
}

/** Which records of deliveries; all conditions must hold, none means all. */
export interface RecentQuery {
  /** what it was sent to: a name or a pid */
  readonly to?: string | undefined;
  readonly kind?: OutcomeKind | undefined;
  /** at most so many, from 1 */
  readonly limit?: number | undefined;
}

