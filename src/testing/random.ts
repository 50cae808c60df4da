import { OptionError } from '../base/index.js';

/**
 * Seeded randomness (xoshiro128**): the same seed gives the same numbers, in every program and on
 * every machine.
 *
 * @example
 * const random = new Random(7);
 * const again = new Random(7);
 * random.int(100) === again.int(100); // => true
 * random.pick(['only']); // => 'only'
 * @since 0.2.0
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  constructor(seed: number) {
    let state = checkSeed('seed', seed);
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /** 32 random bits, 0 to 2^32 - 1. */
  u32(): number {
    const rotated = Math.imul(this.b, 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** A whole number from 0 to `size` - 1. */
  int(size: number): number {
    return Math.floor(this.float() * size);
  }

  /** A number from 0 inclusive to 1 exclusive. */
  float(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** One of the items; they must not be empty. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new OptionError('pick', items, 'at least one item');
    return items[this.int(items.length)] as T;
  }

  /** The items in a random order; a copy. */
  shuffle<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}

/** A seed is a whole number from 0 to 2^32 - 1. */
export function checkSeed(where: string, seed: unknown): number {
  if (typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff) return seed;
  throw new OptionError(
    where, seed, 'a whole number from 0 to 4294967295', 'pass the seed that a failure printed',
  );
}
