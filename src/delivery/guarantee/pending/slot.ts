import type { Coalescing } from '../../../behaviour/gen/outward/index.js';
import type { Coalesce } from '../../../process/send/index.js';

/** Before the key of what is delivered: casts that coalesce have keys of their own. */
const DELIVERED = '\0';

/** Where one message of an operation and a coalescing key waits. */
export class Slot {
  /** among those of its destination */
  readonly name: string;
  /** by which its mailbox finds it */
  readonly inMailbox: Coalesce & { over: boolean };
  constructor(
    op: string,
    readonly key: string,
    readonly keepFirst: boolean,
    readonly merge: Coalescing['merge'],
  ) {
    this.name = `${op}\0${key}`;
    this.inMailbox = { key: DELIVERED + key, keepFirst: false, over: false };
  }
}

/** It waits no more: it has begun, or is over. */
export function leaveSlot<M>(
  { slots }: { readonly slots: Map<string, M> | null }, d: M, { name, inMailbox }: Slot,
): void {
  inMailbox.over = true;
  if (slots !== null && slots.get(name) === d) slots.delete(name);
}
