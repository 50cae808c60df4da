import { Rank } from '../../mailbox/index.js';
import { isUrgent } from '../../mailbox/message/index.js';
import type { Backlog, Kept, Process } from '../record/index.js';

const COMPACT_MIN = 1_024;

/**
 * The passed-over messages of a plain process: priority messages first (PM-03), then the others,
 * each oldest first. Taking the oldest is O(1), another one O(its distance).
 */
export class KeptList implements Backlog {
  private items: (Kept | null)[] = [];
  private head = 0;
  private readonly urgent: Kept[] = [];

  push(message: Kept): void {
    if (isUrgent(message.op)) this.urgent.push(message);
    else this.items.push(message);
  }

  get size(): number {
    return this.urgent.length + this.items.length - this.head;
  }

  /** In the order in which a receive looks at them. */
  list(): Kept[] {
    return [...this.urgent, ...(this.items.slice(this.head) as Kept[])];
  }

  /** Takes out the oldest that fits; the others keep their order (RE-01). */
  take(fits: (message: Kept) => boolean): Kept | undefined {
    const { items, urgent } = this;
    for (let at = 0; at < urgent.length; at++) {
      if (fits(urgent[at] as Kept)) return urgent.splice(at, 1)[0];
    }
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
    const left = this.list();
    this.urgent.length = 0;
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

/**
 * Moves what waits in the critical lane to the passed-over messages, so that the next receive sees
 * it first (PM-03).
 */
export function keepUrgent(p: Process): void {
  const lane = p.mailbox.extra?.lanes[Rank.Critical];
  if (lane === null || lane === undefined || lane.n === 0) return;
  const kept = (p.cold().kept ??= new KeptList()) as KeptList;
  while (lane.n > 0) kept.push(lane.take((op, payload, from) => ({ op, payload, from })));
  p.mailbox.ready &= ~(1 << Rank.Critical);
}
