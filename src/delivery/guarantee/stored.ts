import type { DeliveryOutcome } from '../../api/delivery.js';
import type { Op } from '../../mailbox/message/index.js';
import type { KeyRecord } from './dedupe/ledger.js';
import type { Destination } from './destination.js';
import type { Message } from './message.js';

/**
 * What a message outlives the program by: its row in the store. The message tells it what happens,
 * and it tells the message when that is as safe as the store makes it: what a sender hears of a
 * stored message is always committed.
 */
export interface Stored {
  /** an attempt is about to begin (P22) */
  begins(d: Message): void;
  /** an attempt has failed, and another one follows */
  failed(d: Message): void;
  /** nobody will handle it: its dead letter takes the place of its row, before `over` */
  buried(d: Message, payload: unknown, reason: unknown): void;
  /** its row goes; `tell` is called once that is committed */
  over(d: Message, outcome: DeliveryOutcome, answer: boolean): void;
  /** the system stops: its row stays for the next life */
  left(d: Message): void;
}

/** Port of the room `durable`: what stores messages; null without a store. */
export interface MessageStore {
  /** before that nothing can be stored, and nothing is known of keys */
  readonly ready: boolean;
  /** resolves once it is ready; rejects when it will not be */
  whenReady(): Promise<void>;
  /**
   * Stores a new message that is held, in the transaction of the turn in which it is sent. Once it
   * is committed the message goes on by `stored` of its destination. Throws when it cannot be stored.
   */
  store(to: Destination, d: Message, delayMs: number): void;
  /** what an earlier life has remembered of a key; undefined when it is unknown */
  recall(to: Destination, key: string, op: Op): KeyRecord | undefined;
  /** whether recovered messages of that destination wait before this one */
  behind(to: Destination, d: Message): boolean;
}
