import { atOnce, deepFreeze } from '../../../base/index.js';
import type { Process } from '../../../process/record/index.js';
import { accept, acceptHeld, acceptInPlace } from '../accept.js';
import type { Destination } from '../destination.js';
import type { Message } from '../message.js';
import { cancel, supersedeInLine } from '../settle.js';
import { State } from '../states.js';
import type { Slot } from './slot.js';

/*
 * Of the messages with one coalescing key one waits: until its handler begins it may be met by the
 * next one, and then one of the two is over.
 *
 *   one comes ─▶ none waits ──────────────▶ it waits
 *             ├▶ keep: 'first' ───────────▶ it is superseded
 *             └▶ merge, then keep: 'last' ▶ it takes the place of the one that waits, which is superseded
 *
 * In a mailbox it stands where that one stood, and needs no room; else in the place of its own send.
 * One that is stored comes with its row, in the batch in which the row of the other one goes; one of
 * a turn with the commit of that.
 */

/** Who waits under that key now. */
export function waiting(to: Destination, { name }: Slot): Message | null {
  return to.slots === null ? null : (to.slots.get(name) ?? null);
}

/** A new message, which is not stored. False when it was refused for want of room; then nothing has changed. */
export function acceptCoalescing(
  to: Destination, d: Message, slot: Slot, p: Process | null, delayMs: number,
): boolean {
  const first = waiting(to, slot);
  if (first !== null && slot.keepFirst) {
    acceptHeld(to, d);
    cancel(to, d, 'superseded');
    return true;
  }
  const { content } = d;
  if (first !== null) merge(to, d, slot, first);
  // The user's function may have sent the same key.
  const met = waiting(to, slot);
  if (met !== first) d.content = content;
  const inPlace = met !== null && delayMs === 0 && p !== null && met.state === State.Queued && met.waiter === null
    && met.callee === p;
  if (!(inPlace ? acceptInPlace(to, d, p) : accept(to, d, p, true, delayMs))) return false;
  if (!d.settled && !d.running) waits(to, d, slot);
  return true;
}

/** The same of one that is stored by `store`, which throws when it cannot be: then nothing has changed. */
export function storeCoalescing(to: Destination, d: Message, slot: Slot, store: () => void): void {
  const first = waiting(to, slot);
  if (first !== null && slot.keepFirst) {
    acceptHeld(to, d);
    cancel(to, d, 'superseded');
    return;
  }
  const { content } = d;
  if (first !== null) merge(to, d, slot, first);
  if (waiting(to, slot) !== first) d.content = content;
  store();
  acceptHeld(to, d);
  waits(to, d, slot);
}

/**
 * One that was sent in a turn has its turn to be stored, or to go: that is committed. False when it
 * is over, because the one that waits is kept.
 */
export function commitCoalescing(to: Destination, d: Message, slot: Slot, store: (() => void) | null): boolean {
  const first = waiting(to, slot);
  if (first !== null && slot.keepFirst) {
    cancel(to, d, 'superseded');
    return false;
  }
  const { content } = d;
  let both = false;
  if (first !== null) {
    try {
      merge(to, d, slot, first);
    } catch (error) {
      d.content = content;
      both = true;
      to.kernel.warn('a merge of two messages failed: both are kept', { key: slot.key, error });
    }
  }
  store?.();
  if (both) slot.inMailbox.over = true;
  else waits(to, d, slot);
  return true;
}

/** The payload of the one that waits is in the store only: the send is made again once it is read. */
export class Unread extends Error {
  constructor(readonly read: Promise<void>) {
    super('the payload of the message that waits is being read');
  }
}

/** The payload of both; throws what the user's function throws. */
export function merge(to: Destination, d: Message, slot: Slot, first: Message): void {
  if (slot.merge === null) return;
  const { store } = to.shared;
  const unread = store === null ? null : store.payloadOf(first.title, first);
  if (unread !== null) throw new Unread(unread);
  const merged = atOnce('coalesce.merge', slot.merge(first.payload, d.content));
  if (to.kernel.frozen) deepFreeze(merged);
  d.content = merged;
}

/** It is the one that waits from now on; the one before it is superseded. */
export function waits(to: Destination, d: Message, slot: Slot): void {
  const before = waiting(to, slot);
  (to.slots ??= new Map()).set(slot.name, d);
  if (before !== null && before !== d) supersede(to, before);
}

/** Another one is kept in its place. */
export function supersede(to: Destination, d: Message): void {
  if (d.settled || d.running) return;
  if (d.waiter === null || d.waiter.again) cancel(to, d, 'superseded');
  else supersedeInLine(to, d);
}
