const EMPTY: unknown[] = [];
const LARGE = 4_096;

/**
 * A growing FIFO in a power-of-two ring; storage is allocated on the first push. Push and shift are
 * O(1) amortised.
 */
export class Ring<T> {
  private slots: (T | undefined)[] = EMPTY as (T | undefined)[];
  private mask = -1;
  private head = 0;
  size = 0;

  push(item: T): void {
    if (this.size > this.mask) this.grow();
    this.slots[(this.head + this.size++) & this.mask] = item;
  }

  /** Takes the oldest item; the caller checks `size` first. */
  shift(): T {
    const at = this.head;
    const item = this.slots[at] as T;
    this.slots[at] = undefined;
    this.head = (at + 1) & this.mask;
    if (--this.size === 0 && this.mask >= LARGE) this.reset();
    return item;
  }

  /** The newest item; the caller checks `size` first. */
  last(): T {
    return this.slots[(this.head + this.size - 1) & this.mask] as T;
  }

  /** Drops the newest item; the caller checks `size` first. */
  pop(): void {
    this.slots[(this.head + --this.size) & this.mask] = undefined;
  }

  /** The item at a position counted from the oldest; the caller checks `size` first. */
  at(position: number): T {
    return this.slots[(this.head + position) & this.mask] as T;
  }

  /** Takes the item at a position counted from the oldest; O(n), for a scheduler under test only. */
  take(position: number): T {
    for (let i = 0; i < position; i++) this.push(this.shift());
    const item = this.shift();
    for (let i = this.size - position; i > 0; i--) this.push(this.shift());
    return item;
  }

  /** A burst is over: its storage goes back, and the next items share few cache lines again. */
  private reset(): void {
    this.slots = EMPTY as (T | undefined)[];
    this.mask = -1;
    this.head = 0;
  }

  private grow(): void {
    const old = this.slots;
    const capacity = old.length === 0 ? 8 : old.length * 2;
    const next: (T | undefined)[] = new Array<T | undefined>(capacity);
    for (let i = 0; i < this.size; i++) next[i] = old[(this.head + i) & this.mask];
    for (let i = this.size; i < capacity; i++) next[i] = undefined;
    this.slots = next;
    this.mask = capacity - 1;
    this.head = 0;
  }
}
