import fc from 'fast-check';
import type { Family } from './family.js';
import { tapes, type Tape } from './tape.js';
import type { Term } from './term.js';

/** A scenario to be run, and where it came from. */
export interface Job {
  readonly family: Family;
  readonly scenario: Term;
  /** `scenario 12 of seed 7` or `scenarios.txt:3` */
  readonly origin: string;
  /** fast-check's seed of a generated one */
  readonly seed: number | null;
}

/** The numbers of one scenario; the same seed gives the same numbers. */
export function tapeOf(family: Family, seed: number): Tape {
  return fc.sample(tapes(family.stepsMax, family.width), { seed, numRuns: 1, unbiased: true })[0] as Tape;
}

/**
 * The `index`th scenario of a seed: every scenario has a seed of its own, so that one can be
 * replayed without the others.
 */
export function jobAt(families: readonly Family[], seed: number, index: number): Job {
  const own = mix(seed, index);
  const family = choose(families, mix(own, 0x5eed) / 0x8000_0000);
  return {
    family, scenario: family.decode(tapeOf(family, own)),
    origin: `scenario ${index} of seed ${seed}`, seed: own,
  };
}

function choose(families: readonly Family[], at: number): Family {
  let left = at * families.reduce((sum, family) => sum + family.weight, 0);
  for (const family of families) {
    left -= family.weight;
    if (left < 0) return family;
  }
  return families[0] as Family;
}

/** A 31-bit hash of two numbers. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(b + 0x7f4a_7c15, 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a_2d39);
  return (h ^ (h >>> 15)) & 0x7fff_ffff;
}
