import type { Random } from '../random.js';

export type Fault = 'error' | 'stall' | 'reset';

const FAULTS: readonly Fault[] = ['error', 'stall', 'reset'];

/** Requests from one outage to the next, and how many of them meet it. */
const CYCLE = 40;
const OUTAGE = 6;
const FLAKE_ONE_IN = 25;

/**
 * What becomes of each request, by its number: now and then one fails by itself, and in each cycle
 * several in a row. The seed says when and how; that an outage comes, and that it ends, does not
 * depend on it.
 */
export class Outages {
  readonly #random: Random;
  readonly #begin: number;
  #request = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#begin = 5 + Math.floor(random.next() * (CYCLE - OUTAGE - 10));
  }

  /** The fault that the next request meets; `null` when it is answered. */
  next(): Fault | null {
    const place = this.#request++ % CYCLE - this.#begin;
    const down = place >= 0 && place < OUTAGE;
    return down || this.#random.oneIn(FLAKE_ONE_IN) ? this.#random.pick(FAULTS) ?? null : null;
  }
}
