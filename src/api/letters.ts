/* Dead letters: what nobody took, and how it is looked for and sent again. */

import type { Pid } from './address.js';

/** How a dead letter was sent. */
export type LetterVerb = 'send' | 'cast' | 'call' | 'stream' | 'deliver' | 'publish' | 'push';

/** One failed attempt of a delivery that became a dead letter. */
export interface LetterFailure {
  /** from 1, through all retries of the letter */
  readonly attempt: number;
  /** what the handler threw, or the exit reason of the agent */
  readonly reason: unknown;
}

/**
 * A message that nobody took: who should have had it, who sent it, and why it did not arrive.
 */
export interface DeadLetter {
  /** counts up from 1; a delivery that is retried and dies again keeps it */
  readonly id: number;
  /** how it was sent, and so how `retry` sends it */
  readonly verb: LetterVerb;
  /** name, else pid, of the destination; of an item, the name of its queue */
  readonly to: string;
  /** the operation; `info` for a plain message, `item` for what was pushed to a queue */
  readonly op: string;
  readonly payload: unknown;
  /** undefined when it was sent from outside every process */
  readonly from: Pid | undefined;
  /** the sender's registered name, if it has one */
  readonly fromName: string | undefined;
  /**
   * `noproc`, or the exit reason of the process that had it queued; of a delivery, why its last
   * attempt failed
   */
  readonly reason: unknown;
  /** starts of the handler, or leases of an item, through all retries; 0 for anything else */
  readonly attempts: number;
  /** every failed attempt, oldest first */
  readonly failures: readonly LetterFailure[];
  /** undefined for what is no delivery */
  readonly guarantee: 'at-most-once' | 'at-least-once' | 'exactly-once' | undefined;
  /** of an exactly-once delivery, or an item, that was given one */
  readonly key: string | undefined;
  /** of a delivery that was given some; @since 0.2.0 */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /**
   * of a stored delivery, its place in the store, as SEQ of `castcall dlq` has it; another one once
   * it was edited
   */
  readonly seq: number | undefined;
  /** wall clock, ms since 1970 */
  readonly at: number;
}

/** Which letters are meant: those that fit everything that is given; `{}` means all. */
export interface LetterQuery {
  readonly to?: string | undefined;
  readonly op?: string | undefined;
  /** as `byReason` spells it */
  readonly reason?: string | undefined;
  /** dead since that wall-clock time, ms since 1970, inclusive */
  readonly since?: number | undefined;
  /** what it throws reaches the caller, and nothing has changed then */
  readonly where?: ((letter: DeadLetter) => boolean) | undefined;
  /** the oldest so many, from 1; default all */
  readonly limit?: number | undefined;
}

/**
 * Why a letter stays: it is not kept (any more), its row is damaged, nobody has the name, its owner has another
 * definition, or no such operation, its payload is not what the operation takes today, the mailbox
 * does not take it, or the program has too little memory, its key belongs to another message by now,
 * its sender has too much in the air, nobody would read the stream, its queue is full, or closed, the
 * store takes nothing more, or nothing at all, or the system has stopped.
 */
export type RetryRefusal =
  | 'NOT_FOUND' | 'UNREADABLE' | 'NOPROC' | 'PROTOCOL_MISMATCH' | 'UNKNOWN_OPERATION' | 'INVALID_PAYLOAD'
  | 'MAILBOX_FULL' | 'OVERLOADED' | 'MAILBOX_CLOSED' | 'UNSIZABLE_PAYLOAD' | 'PAYLOAD_TOO_LARGE'
  | 'KEY_CONFLICT' | 'WINDOW_FULL' | 'QUEUE_FULL' | 'QUEUE_CLOSED' | 'STREAM'
  | 'STORE_FULL' | 'STORE_FAILED' | 'STORE_CLOSED' | 'NOT_STORABLE' | 'SYSTEM_STOPPED';

/** What `retry` did. */
export interface RetryReport {
  /** ids of the letters that were accepted again, and left */
  readonly retried: readonly number[];
  /** those that stay, and why */
  readonly refused: readonly { readonly id: number; readonly code: RetryRefusal }[];
}

/** Stands for letters that a slow reader of the async iteration has missed. */
export interface DeadLetterGap {
  readonly missed: number;
}
