import { Deadline, UNUSED } from '../../base/index.js';
import type { Deadlines } from '../../base/index.js';
import { SLOT, SLOTS, STATE, State } from './states.js';

/** Messages that share a deadline at most: the slot of one fits into six bits. */
const TOGETHER: number = SLOTS + 1;
const LENGTHS: readonly number[] = [1, 8, TOGETHER];
/** durations whose latest expiry is known */
const KNOWN_MAX = 64;

/** What expires: see Message. */
interface Expiring {
  expiry: Expiry | null;
  bits: number;
  expire(): void;
}

type Slots = (Expiring | null)[];

/**
 * When the time of some messages is up: all of them were accepted in one slice and may take equally
 * long, so one deadline is enough. A message that is over leaves its slot empty.
 */
export class Expiry extends Deadline {
  /** see `Exit.kept` */
  static readonly kept: Expiry = new Expiry(UNUSED, 0);
  slots: Slots = newSlots(1);
  taken = 0;
  left = 0;
  constructor(
    private readonly deadlines: Deadlines,
    readonly ms: number,
  ) {
    super();
  }

  /** monotonic ms when it is due; -1 while that is not known */
  get due(): number {
    return this.entry === null ? -1 : this.entry.due;
  }

  /** Whether a message that is accepted now may be among them. */
  get open(): boolean {
    return this.due < 0 && this.taken < TOGETHER;
  }

  /** A message is over. */
  remove(d: Expiring): void {
    this.slots[(d.bits >> SLOT) & SLOTS] = null;
    d.expiry = null;
    if (--this.left > 0) return;
    this.taken = 0;
    if (this.entry !== null) this.entry = this.deadlines.lift(this.entry);
  }

  expire(): void {
    const { slots } = this;
    this.slots = newSlots(1);
    this.taken = 0;
    this.left = 0;
    for (const d of slots) if (d !== null) d.expiry = null;
    // The end of one may end another.
    for (const d of slots) if (d !== null && (d.bits & STATE) !== State.Over) d.expire();
  }

  grow(): void {
    const { slots } = this;
    const grown = newSlots(LENGTHS.find((length) => length > slots.length) as number);
    for (let i = 0; i < slots.length; i++) grown[i] = slots[i] as Expiring | null;
    this.slots = grown;
  }
}

function newSlots(length: number): Slots {
  const slots: Slots = new Array<Expiring | null>(length);
  for (let i = 0; i < length; i++) slots[i] = null;
  return slots;
}

/** Gives messages their expiry. */
export class Expiries {
  private last: Expiry;
  /** by duration */
  private readonly known = new Map<number, Expiry>();
  constructor(private readonly deadlines: Deadlines) {
    this.last = new Expiry(deadlines, 0);
  }

  add(d: Expiring, ms: number): void {
    let { last } = this;
    // Most messages go to that of the one before: asked here, not by `open`.
    if (last.ms !== ms || last.taken === TOGETHER || (last.entry !== null && last.entry.due >= 0)) {
      this.last = last = this.openFor(ms);
    }
    if (last.entry === null) last.entry = this.deadlines.place(last, ms);
    const slot = last.taken++;
    if (slot === last.slots.length) last.grow();
    last.slots[slot] = d;
    last.left++;
    d.expiry = last;
    d.bits = (d.bits & ~(SLOTS << SLOT)) | (slot << SLOT);
  }

  private openFor(ms: number): Expiry {
    const known = this.known.get(ms);
    if (known !== undefined && known.open) return known;
    const made = new Expiry(this.deadlines, ms);
    if (this.known.size >= KNOWN_MAX) this.known.clear();
    this.known.set(ms, made);
    return made;
  }
}
