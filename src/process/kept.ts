import type { Op } from '../mailbox/index.js';

/** A message that selective receive has passed over. */
export interface Kept {
  readonly op: Op;
  readonly payload: unknown;
  readonly from: unknown;
}

const COMPACT_MIN = 1_024;

/** The passed-over messages of a plain process, oldest first. Taking the oldest is O(1), another one O(its distance). */
export class KeptList {
  private items: (Kept | null)[] = [];
  private head = 0;

  push(message: Kept): void {
    this.items.push(message);
  }

  /** Takes out the oldest that fits; the others keep their order (RE-01). */
  take(fits: (message: Kept) => boolean): Kept | undefined {
    const { items } = this;
    for (let at = this.head; at < items.length; at++) {
      const message = items[at] as Kept;
      if (!fits(message)) continue;
      if (at === this.head) this.dropHead();
      else items.splice(at, 1);
      return message;
    }
    return undefined;
  }

  drain(): Kept[] {
    const left = this.items.slice(this.head) as Kept[];
    this.items = [];
    this.head = 0;
    return left;
  }

  private dropHead(): void {
    this.items[this.head++] = null;
    if (this.head < COMPACT_MIN || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}
