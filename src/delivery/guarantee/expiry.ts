import { Deadline, type Deadlines } from '../../base/index.js';
import { State, type Delivered } from './delivered.js';

/** Messages that share a deadline at most: the place among them fits into six bits. */
const TOGETHER = 64;
const LENGTHS: readonly number[] = [1, 8, TOGETHER];
/** durations whose latest expiry is known */
const KNOWN_MAX = 64;

type Places = (Delivered | null)[];

/**
 * When the time of some messages is up: all of them were accepted in one slice and may take equally long, so one
 * deadline is enough. A message that is over leaves its place empty.
 */
export class Expiry extends Deadline {
  /** see `Exit.kept` */
  static readonly kept: Expiry = new Expiry(null as never, 0);
  private places: Places = newPlaces(1);
  private taken = 0;
  private left = 0;
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

  add(d: Delivered): void {
    if (this.entry === null) this.deadlines.add(this, this.ms);
    const at = this.taken++;
    if (at === this.places.length) this.grow();
    this.places[at] = d;
    this.left++;
    d.expiry = this;
    d.place = at;
  }

  /** It is over. */
  remove(d: Delivered): void {
    this.places[d.place] = null;
    d.expiry = null;
    if (--this.left > 0) return;
    this.taken = 0;
    this.deadlines.remove(this);
  }

  expire(): void {
    const { places } = this;
    this.places = newPlaces(1);
    this.taken = 0;
    this.left = 0;
    for (const d of places) if (d !== null) d.expiry = null;
    // The end of one may end another.
    for (const d of places) if (d !== null && d.state !== State.Over) d.expire();
  }

  private grow(): void {
    const { places } = this;
    const grown = newPlaces(LENGTHS.find((length) => length > places.length) as number);
    for (let i = 0; i < places.length; i++) grown[i] = places[i] as Delivered | null;
    this.places = grown;
  }
}

function newPlaces(length: number): Places {
  const places: Places = new Array<Delivered | null>(length);
  for (let i = 0; i < length; i++) places[i] = null;
  return places;
}

/** Gives messages their expiry. */
export class Expiries {
  private last: Expiry;
  /** by duration */
  private readonly known = new Map<number, Expiry>();
  constructor(private readonly deadlines: Deadlines) {
    this.last = new Expiry(deadlines, 0);
  }

  add(d: Delivered, ms: number): void {
    if (this.last.ms !== ms || !this.last.open) this.last = this.openFor(ms);
    this.last.add(d);
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
