import { VirtualEnv } from '../support/virtual-env.js';

/** Virtual time, and random numbers of a seed: xorshift32. */
export class SeededEnv extends VirtualEnv {
  #state: number;
  constructor(seed: number = 1) {
    super();
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  }
  override u32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.#state = x >>> 0);
  }
}
