import type { DeliveryOutcome } from '../../api/delivery.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import type { KeyRecord } from './dedupe/ledger.js';
import type { Destination } from './destination.js';
import type { Message } from './message.js';

/**
 * What a message outlives the program by: its row in the store. The message says what happens to
 * it; what its sender hears of it is always committed.
 */
export interface Stored {
  /** the sender has been told how it ended */
  readonly told: boolean;
  /** resolves once it is committed, null when it is */
  readonly accepting: Promise<void> | null;
  /** an attempt is about to begin (P22) */
  begins(d: Message): void;
  /** an attempt has failed, and another one follows */
  failed(d: Message): void;
  /** nobody will handle it: its dead letter takes the place of its row, before `over` */
  buried(d: Message, payload: unknown, reason: unknown): void;
  /** its row goes, unless it is left for a later life; `toldOver` follows once that is committed */
  over(d: Message, outcome: DeliveryOutcome, answer: boolean): void;
}

/** Messages of earlier lives that wait for the owner of a name, before all that came later. */
export interface Recovered {
  readonly empty: boolean;
  /** somebody owns the name */
  arrived(p: Process): void;
  /** a new message that has been committed stands behind them */
  push(d: Message): void;
}

/** Port of the room `durable`: what stores messages; null without a store. */
export interface MessageStore {
  /** before that nothing can be stored, and nothing is known of keys */
  readonly ready: boolean;
  /** resolves once it is ready; rejects when it will not be */
  whenReady(): Promise<void>;
  /**
   * A new message, held: it is stored, and goes on by `goes` once it is committed. With `joins` it
   * is a part of its sender's turn, if that has one. Throws when it cannot be stored.
   */
  store(d: Message, delayMs: number, joins: boolean): void;
  /** The same without a row: it goes with the turn of its sender. False when that has none. */
  defer(d: Message, delayMs: number): boolean;
  /** the system stops: what waits from earlier lives is left to later ones */
  close(): void;
  /** what an earlier life has remembered of a key; undefined when it is unknown */
  recall(to: Destination, name: string, key: string, op: Op): KeyRecord | undefined;
}
