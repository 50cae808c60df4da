import fc from 'fast-check';
import type { Verdict } from './compare.js';
import type { Family } from './family.js';
import { tapes } from './tape.js';
import type { Term } from './term.js';

export interface Smallest {
  readonly scenario: Term;
  readonly verdict: Verdict;
  readonly tries: number;
}

/**
 * The smallest scenario that fast-check finds which still differs; both sides run every candidate.
 * Null when the difference does not come again.
 */
export async function shrink(
  family: Family, seed: number, judgeOne: (scenario: Term) => Promise<Verdict>, timeLimitMs: number,
): Promise<Smallest | null> {
  let best: Smallest | null = null;
  let tries = 0;
  const property = fc.asyncProperty(tapes(family.stepsMax, family.width), async (tape) => {
    const scenario = family.decode(tape);
    tries++;
    const verdict = await judgeOne(scenario);
    if (verdict.kind === 'unexplained') best = { scenario, verdict, tries };
    return verdict.kind !== 'unexplained';
  });
  await fc.check(property, { seed, numRuns: 1, unbiased: true, interruptAfterTimeLimit: timeLimitMs });
  const found = best as Smallest | null;
  return found === null ? null : { ...found, tries };
}
