import type { Process } from '../../../process/record/index.js';
import type { KeyRecord } from '../dedupe/ledger.js';
import type { Route } from '../destination.js';
import type { Message } from '../message.js';
import type { Slot } from '../pending/slot.js';
import type { Stored } from './stored.js';

/** Port of the room `durable`: what stores messages; null without a store. */
export interface MessageStore {
  /** before that nothing can be stored, and nothing is known of keys */
  readonly ready: boolean;
  /** resolves once it is ready; rejects when it will not be */
  whenReady(): Promise<void>;
  /**
   * A new message, held: it is stored, and goes on by `goes` once it is committed. With `joins` it
   * is a part of its sender's turn, if that has one. As a retry of the dead letter of `before` it
   * takes that one's place, in the transaction in which its row comes. Throws when it cannot be stored.
   */
  store(d: Message, delayMs: number, joins: boolean, before: Stored | null): void;
  /** The same without a row: it goes with the turn of its sender. False when that has none. */
  defer(d: Message, delayMs: number): boolean;
  /** its sender is in a turn of which it would be a part */
  inTurn(sender: Process | null): boolean;
  /**
   * one of an earlier life that waits under that key, made a message of this one; undefined for none.
   * Its payload is known once `payloadOf` has resolved
   */
  recallWaiting(name: string, slot: Slot, route: Route): Message | undefined;
  /** resolves once its payload is known; null when it is */
  payloadOf(name: string, d: Message): Promise<void> | null;
  /** the system stops: what waits from earlier lives is left to later ones */
  close(): void;
  /** what an earlier life has remembered of a key; undefined when it is unknown */
  recall(name: string, key: string, route: Route): KeyRecord | undefined;
}
