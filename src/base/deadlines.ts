import type { Env, TimerHandle } from './env.js';

/*
 * All deadlines of a system on one native timer.
 *
 *   lists:  5000 ms ─▶ [ a ─ b ─ c ]      one doubly linked list per duration: same duration, so the order of
 *            250 ms ─▶ [ d ─ e ]          arming is the order of the due times; add and remove are O(1)
 *   heap:   the lists by the due time of their head; a removed head leaves its key behind, too early, and is
 *           put right when the timer fires
 *
 * A newly armed deadline carries no due time: it is stamped when the running slice ends, with one
 * clock read for all. So it may be late by one slice, never early. What is armed and removed within
 * a slice never costs a clock read.
 */

/** One deadline; subclasses say what happens when it is due. */
export abstract class Deadline {
  /** where it stands while it is pending */
  entry: DeadlineEntry | null = null;
  abstract expire(): void;
}

/**
 * The place of a pending deadline. There are some thirty kinds of deadlines, and a program that has
 * used more than a few of them makes V8 look up each access to a field of theirs: what the lists
 * need is in objects of one class, which are used again.
 */
export class DeadlineEntry {
  /** whole monotonic ms, rounded up (small integers need no box); -1 while unstamped */
  due = -1;
  before: DeadlineEntry | null = null;
  after: DeadlineEntry | null = null;
  constructor(
    public deadline: Deadline | null,
    public list: DurationList,
  ) {}
}

/** Entries that are free, linked by `after`. */
const FREE_MAX = 1_024;

class DurationList {
  head: DeadlineEntry | null = null;
  tail: DeadlineEntry | null = null;
  /** the first deadline that has no due time yet */
  fresh: DeadlineEntry | null = null;
  key = 0;
  place = -1;
  constructor(readonly ms: number) {}
}

/** Node turns a delay of 2^31 ms into 1 ms (J3), so longer waits are chained. */
const CHUNK_MAX_MS = 0x3fff_ffff;
const LISTS_KEPT = 64;
const FIRE_BATCH = 128;
const FIRE_SLICE_MS = 5;

export class Deadlines {
  count = 0;
  private readonly lists = new Map<number, DurationList>();
  /** entries to be used again */
  private free: DeadlineEntry | null = null;
  private freeCount = 0;
  private last: DurationList | null = null;
  private readonly heap: DurationList[] = [];
  private readonly dirty: DurationList[] = [];
  private dirtyCount = 0;
  private armed: TimerHandle | null = null;
  private armedAt = 0;
  private held = false;
  private firing = false;
  private closed = false;
  private readonly onTimer = (): void => {
    this.armed = null;
    this.fire();
  };

  /** `poke` is called when a deadline was armed and nobody has yet promised to call `stamp`. */
  constructor(
    private readonly env: Env,
    private readonly poke: () => void,
  ) {}

  /** Arms it; one that is pending is moved, for a second place of it would never be left. */
  add(deadline: Deadline, ms: number): void {
    if (deadline.entry !== null) this.lift(deadline.entry);
    deadline.entry = this.place(deadline, ms);
  }

  /** Whether it was still pending. */
  remove(deadline: Deadline): boolean {
    const { entry } = deadline;
    if (entry === null) return false;
    deadline.entry = this.lift(entry);
    return true;
  }

  /**
   * What `add` does, but for the deadline's own field, which is the caller's to set: who has deadlines of one
   * kind writes it where V8 sees no other, while in here there are thirty.
   */
  place(deadline: Deadline, ms: number): DeadlineEntry {
    const list = this.last !== null && this.last.ms === ms ? this.last : this.listOf(ms);
    const tail = list.tail;
    const entry = this.free === null
      ? new DeadlineEntry(deadline, list)
      : this.reuse(this.free, deadline, list);
    if (tail === null) list.head = entry;
    else {
      tail.after = entry;
      entry.before = tail;
    }
    list.tail = entry;
    this.count++;
    if (list.fresh === null) {
      list.fresh = entry;
      this.dirty[this.dirtyCount] = list;
      if (++this.dirtyCount === 1) this.poke();
    }
    return entry;
  }

  /** The same of `remove`: what the field is then. */
  lift(entry: DeadlineEntry): null {
    const { list, before, after } = entry;
    if (list.fresh === entry) list.fresh = after;
    if (before === null) list.head = after;
    else before.after = after;
    if (after === null) list.tail = before;
    else after.before = before;
    this.giveBack(entry);
    if (--this.count === 0 && this.held) this.release();
    if (list.head === null && list.place >= 0) this.drop(list);
    return null;
  }

  private reuse(entry: DeadlineEntry, deadline: Deadline, list: DurationList): DeadlineEntry {
    this.free = entry.after;
    this.freeCount--;
    entry.deadline = deadline;
    if (entry.list !== list) entry.list = list;
    entry.due = -1;
    if (entry.after !== null) entry.after = null;
    return entry;
  }

  private giveBack(entry: DeadlineEntry): void {
    entry.deadline = null;
    if (entry.before !== null) entry.before = null;
    if (this.freeCount === FREE_MAX) {
      entry.after = null;
      return;
    }
    this.freeCount++;
    entry.after = this.free;
    this.free = entry;
  }

  /**
   * ms left until it is due, rounded up; the whole duration while it is unstamped; undefined when
   * not pending.
   */
  remaining({ entry }: Deadline): number | undefined {
    return entry === null ? undefined : this.left(entry);
  }

  /** The same of one that is pending. */
  left({ due, list }: DeadlineEntry): number {
    return due < 0 ? list.ms : Math.min(list.ms, Math.max(0, Math.ceil(due - this.env.mono())));
  }

  /** Gives every deadline armed since the last call its due time; called when a slice ends. */
  stamp(): void {
    if (this.dirtyCount === 0) return;
    let now = -1;
    for (let i = 0; i < this.dirtyCount; i++) {
      const list = this.dirty[i] as DurationList;
      if (list.fresh === null) {
        if (list.head === null && this.lists.size > LISTS_KEPT) this.forget(list);
        continue;
      }
      if (now < 0) now = this.env.mono();
      for (let at: DeadlineEntry
        | null = list.fresh; at !== null; at = at.after) at.due = Math.ceil(now + list.ms);
      list.fresh = null;
      if (list.place < 0) this.insert(list);
    }
    this.dirtyCount = 0;
    if (now >= 0 && !this.firing) this.arm(now);
  }

  /** What is pending, in no order; O(count), for inspection. */
  pending(): Deadline[] {
    const found: Deadline[] = [];
    for (const list of this.lists.values()) for (let at = list.head; at !== null; at = at.after) {
      found.push(at.deadline as Deadline);
    }
    return found;
  }

  /**
   * Forgets everything and clears the native timer. Nothing that is added from now on ever fires,
   * or keeps the program alive.
   */
  close(): void {
    this.closed = true;
    for (const list of this.heap) list.place = -1; // who lets go of a deadline later finds no heap
    this.heap.length = 0;
    this.lists.clear();
    this.dirtyCount = 0;
    this.dirty.length = 0;
    this.last = null;
    this.count = 0;
    this.release();
    if (this.armed !== null) this.env.clear(this.armed);
    this.armed = null;
  }

  private listOf(ms: number): DurationList {
    let list = this.lists.get(ms);
    if (list === undefined) {
      list = new DurationList(ms);
      this.lists.set(ms, list);
    }
    this.last = list;
    return list;
  }

  private forget(list: DurationList): void {
    if (this.lists.size <= LISTS_KEPT) return;
    this.lists.delete(list.ms);
    if (this.last === list) this.last = null;
  }

  private release(): void {
    if (this.armed === null || !this.held) return;
    this.held = false;
    this.env.hold(this.armed, false);
  }

  private arm(now: number): void {
    const first = this.heap[0];
    if (first === undefined || this.closed) return;
    const wait = Math.min(CHUNK_MAX_MS, Math.max(1, Math.ceil(first.key - now)));
    // A timer that would fire later than the one that is armed is no help: slices shorter than its
    // wait would put it off for ever.
    if (this.armed !== null && this.armedAt <= now + wait) {
      if (!this.held && this.count > 0) this.env.hold(this.armed, true);
      this.held = this.count > 0;
      return;
    }
    if (this.armed !== null) this.env.clear(this.armed);
    this.armedAt = now + wait;
    this.armed = this.env.timer(wait, this.onTimer);
    this.held = true;
    if (this.count === 0) this.release();
  }

  /**
   * Expires what is due, in order of due time, for at most FIRE_SLICE_MS, then lets the event loop
   * have its turn.
   */
  private fire(): void {
    const begun = this.env.mono();
    let now = begun;
    let left = FIRE_BATCH;
    this.firing = true;
    for (let list = this.heap[0]; list !== undefined && list.key <= now; list = this.heap[0]) {
      const head = list.head;
      if (head === null || head.due < 0) {
        this.drop(list);
        continue;
      }
      if (head.due > list.key) {
        list.key = head.due;
        this.sink(list.place);
        continue;
      }
      const deadline = head.deadline as Deadline;
      this.remove(deadline);
      deadline.expire();
      if (--left > 0) continue;
      left = FIRE_BATCH;
      now = this.env.mono();
      if (now - begun > FIRE_SLICE_MS) {
        this.firing = false;
        this.env.macrotask(() => this.fire());
        return;
      }
    }
    this.firing = false;
    this.arm(now);
  }

  private insert(list: DurationList): void {
    list.key = (list.head as DeadlineEntry).due;
    list.place = this.heap.length;
    this.heap.push(list);
    this.rise(list.place);
  }

  private drop(list: DurationList): void {
    const at = list.place;
    const moved = this.heap.pop() as DurationList;
    list.place = -1;
    if (moved !== list) {
      this.heap[at] = moved;
      moved.place = at;
      this.sink(at);
      this.rise(moved.place);
    }
    if (list.head === null) this.forget(list);
  }

  private rise(from: number): void {
    const heap = this.heap;
    const list = heap[from] as DurationList;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as DurationList;
      if (parent.key <= list.key) break;
      heap[at] = parent;
      parent.place = at;
      at = up;
    }
    heap[at] = list;
    list.place = at;
  }

  private sink(from: number): void {
    const heap = this.heap;
    const list = heap[from] as DurationList;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length
        && (heap[down + 1] as DurationList).key < (heap[down] as DurationList).key) down++;
      const child = heap[down] as DurationList;
      if (child.key >= list.key) break;
      heap[at] = child;
      child.place = at;
      at = down;
    }
    heap[at] = list;
    list.place = at;
  }
}
