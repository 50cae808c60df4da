import type { Random } from './random.js';

/** The crash that chaos injects: an ordinary bug as far as the supervisors can tell. */
export class Mishap extends Error {
  constructor() {
    super('injected by chaos');
    this.name = 'Mishap';
  }
}

/** A place where a handler may go wrong. Every working agent passes one per message. */
export class Hazard {
  readonly #random: Random;
  readonly #oneIn: number;

  /** `oneIn: 0` makes a harmless hazard. */
  constructor(random: Random, oneIn: number) {
    this.#random = random;
    this.#oneIn = oneIn;
  }

  pass(): void {
    if (this.#oneIn > 0 && this.#random.oneIn(this.#oneIn)) throw new Mishap();
  }
}
