import type { Random } from '../random.js';

/** When a life is killed: once so many more files are done (null: while it begins), and then so many ms later. */
export interface Moment {
  readonly files: number | null;
  readonly laterMs: number;
}

/** Kills of a run, at least, and so many more at most. */
const KILLS_MIN = 5;
const KILLS_MORE = 3;
/** Of all lives some are killed while they begin: when the store is opened, and what was left is found. */
const EARLY_ONE_IN = 4;
const EARLY_MS = 150;
const LATER_MS = 15;

/** The kills of one run: the seed says how many there are, and when. */
export class Schedule {
  readonly #random: Random;
  #left: number;

  constructor(random: Random) {
    this.#random = random;
    this.#left = KILLS_MIN + Math.floor(random.next() * (KILLS_MORE + 1));
  }

  get left(): number {
    return this.#left;
  }

  /** The kill of the next life; null when there are none left. */
  next(filesLeft: number): Moment | null {
    if (this.#left === 0) return null;
    const random = this.#random;
    if (random.oneIn(EARLY_ONE_IN)) return { files: null, laterMs: Math.floor(random.next() * EARLY_MS) };
    // On average an equal share of what is left, so that every kill meets some work.
    const share = Math.min(filesLeft, 2 * filesLeft / (this.#left + 1));
    return { files: Math.floor(random.next() * share), laterMs: Math.floor(random.next() * LATER_MS) };
  }

  struck(): void {
    this.#left -= 1;
  }

  /** Nothing is killed any more. */
  end(): void {
    this.#left = 0;
  }
}
