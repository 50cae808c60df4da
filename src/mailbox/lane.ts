import { credit } from './credit.js';
import type { Op } from './message/index.js';

/*
 * A FIFO of messages without message objects: three slots a message (op, payload, from) in linked segments.
 *
 *   head ─▶ [ op payload from | op payload from | … | next ] ─▶ [ … | next ] ◀─ tail
 *             hi: where to take                                    ti: where to put
 *
 * Segments hold 4, 16, 64, then 256 messages, so an idle mailbox costs nothing and a backlog costs
 * 24 bytes a message. A consumed segment of the largest size goes back to a pool; a mailbox that
 * runs empty keeps the one it has.
 */
export type Segment = unknown[];

const SLOTS = 3;
const FIRST = 4;
const LARGEST = 256;
const LARGEST_LENGTH = LARGEST * SLOTS + 1;
const POOL_MAX = 64;
const pool: Segment[] = [];

function newSegment(messages: number): Segment {
  if (messages === LARGEST && pool.length > 0) return pool.pop() as Segment;
  const segment: Segment = new Array(messages * SLOTS + 1);
  for (let i = 0; i < segment.length; i++) segment[i] = null;
  return segment;
}

/** What is done with one message. */
export type Use<T> = (op: Op, payload: unknown, from: unknown) => T;

/** One FIFO of messages. The loop (`process/kernel/loop.ts`) does in place what `take` does. */
export class Lane {
  head: Segment | null = null;
  tail: Segment | null = null;
  hi = 0;
  hend = 0;
  ti = 0;
  tend = 0;
  /** messages in this lane, signals included */
  n = 0;

  push(op: Op, payload: unknown, from: unknown): void {
    if (this.ti === this.tend) this.grow();
    const tail = this.tail as Segment;
    const at = this.ti;
    tail[at] = op;
    tail[at + 1] = payload;
    tail[at + 2] = from;
    this.ti = at + SLOTS;
    this.n++;
  }

  /** Moves to the next segment; the caller has seen `hi === hend` and `n > 0`. */
  nextSegment(): void {
    const used = this.head as Segment;
    const next = used[this.hend] as Segment;
    used[this.hend] = null;
    if (used.length === LARGEST_LENGTH && pool.length < POOL_MAX) pool.push(used);
    this.head = next;
    this.hi = 0;
    this.hend = next.length - 1;
  }

  /** Takes the oldest message out, and gives it to `use`; the caller has seen `n > 0`. */
  take<T>(use: Use<T>): T {
    const segment = this.first();
    const at = this.hi;
    const op = segment[at] as Op;
    const payload = segment[at + 1];
    const from = segment[at + 2];
    segment[at + 1] = null;
    segment[at + 2] = null;
    this.hi = at + SLOTS;
    this.n--;
    return use(op, payload, from);
  }

  /**
   * Shows every message, oldest first, until `found` says true. Returns how many were before that
   * one, or -1.
   */
  scan(found: Use<boolean>): number {
    let segment = this.head as Segment;
    let at = this.hi;
    for (let distance = 0; distance < this.n; distance++) {
      if (at === segment.length - 1) {
        segment = segment[at] as Segment;
        at = 0;
      }
      if (found(segment[at] as Op, segment[at + 1], segment[at + 2])) return distance;
      at += SLOTS;
    }
    return -1;
  }

  /** Bytes of the segments that it has, by estimate. */
  get bytes(): number {
    let bytes = 0;
    for (let { head } = this; head !== null; head = head[head.length - 1] as Segment
      | null) bytes += head.length * 8;
    return bytes;
  }

  /**
   * Passes every message once, oldest first: those that `takes` takes are gone, the others keep
   * their order.
   */
  rotate(takes: Use<boolean>): void {
    for (let left = this.n; left > 0; left--) {
      if (this.hi === this.hend) this.nextSegment();
      const segment = this.head as Segment;
      const at = this.hi;
      const op = segment[at] as Op;
      const payload = segment[at + 1];
      const from = segment[at + 2];
      segment[at + 1] = null;
      segment[at + 2] = null;
      this.hi = at + SLOTS;
      this.n--;
      if (!takes(op, payload, from)) this.push(op, payload, from);
    }
  }

  /**
   * Takes out the oldest message that fits; those before it move up by one place. Returns how many
   * were before it, or -1. O(its distance).
   */
  removeFirst(fits: Use<boolean>): number {
    const distance = this.scan(fits);
    if (distance < 0) return -1;
    let segment = this.first();
    let at = this.hi;
    const carried: unknown[] = [null, null, null];
    for (let left = distance; left >= 0; left--) {
      if (at === segment.length - 1) {
        segment = segment[at] as Segment;
        at = 0;
      }
      for (let slot = 0; slot < SLOTS; slot++) {
        const here = segment[at + slot];
        segment[at + slot] = carried[slot];
        carried[slot] = here;
      }
      at += SLOTS;
    }
    this.hi += SLOTS;
    this.n--;
    return distance;
  }

  /** The segment that holds the oldest message; the caller has seen `n > 0`. */
  first(): Segment {
    if (this.hi === this.hend) this.nextSegment();
    return this.head as Segment;
  }

  /** Gives the storage back, when the owner hibernates and the lane is empty. */
  shrink(): void {
    if (this.n > 0) return;
    this.head = null;
    this.tail = null;
    this.hi = this.hend = this.ti = this.tend = 0;
  }

  private grow(): void {
    if (this.tail !== null && this.n === 0) {
      this.hi = 0;
      this.ti = 0;
      return;
    }
    const messages = this.tail === null ? FIRST : Math.min(LARGEST, ((this.tend / SLOTS) | 0) * 4);
    const segment = newSegment(messages);
    credit.left -= messages;
    credit.grown += messages;
    if (this.tail === null) {
      this.head = segment;
      this.hi = 0;
      this.hend = messages * SLOTS;
    } else {
      this.tail[this.tend] = segment;
    }
    this.tail = segment;
    this.ti = 0;
    this.tend = messages * SLOTS;
  }
}

/** A lane beside the normal one. */
export class SideLane extends Lane {
  /** most messages at once, as of its user messages' arrivals */
  most = 0;
  constructor(
    /** its bit in the mailbox's `ready` */
    readonly bit: number,
  ) {
    super();
  }
}
