import type { Chooser } from '../base/index.js';
import type { Random } from './random.js';

/**
 * How the seeded scheduler picks who runs next:
 * - `uniform`: anybody, evenly;
 * - `pct`: by random priorities that change at a few random steps (probabilistic concurrency
 *   testing: finds a bug of depth d with a probability that can be computed);
 * - `newest`: nearly always the process that was spawned last;
 * - `starve`: one process, chosen at random, nearly never;
 * - `fifo`: first come, first served, as in production.
 */
export type Policy = 'uniform' | 'pct' | 'newest' | 'starve' | 'fifo';

/**
 * All policies: what a seed draws from.
 *
 * @example
 * POLICIES.includes('pct') // => true
 * @since 0.2.0
 */
export const POLICIES: readonly Policy[] = ['uniform', 'pct', 'newest', 'starve', 'fifo'];

type NumberAt = (position: number) => number;
type Pick = (size: number, numberAt: NumberAt) => number;

/** Steps among which the change points of `pct` are spread. */
const PCT_STEPS = 160;
const PCT_CHANGES_MAX = 4;
const BUDGETS: readonly number[] = [1, 1, 1, 2, 3, 8, 256];

/** The scheduler's place for one seed: a policy, and a batch budget that differs from turn to turn. */
export class SeededChooser implements Chooser {
  /** one message a turn: somebody counts them */
  single = false;
  private readonly by: Pick;
  constructor(
    readonly policy: Policy,
    private readonly random: Random,
  ) {
    this.by = pickerOf(policy, random);
  }
  pick(size: number, numberAt: NumberAt): number {
    return size === 1 ? 0 : this.by(size, numberAt);
  }
  budget(): number {
    const budget = this.random.pick(BUDGETS);
    return this.single ? 1 : budget;
  }
}

function pickerOf(policy: Policy, random: Random): Pick {
  switch (policy) {
    case 'uniform': return (size) => random.int(size);
    case 'pct': return pct(random);
    case 'newest': return (size, numberAt) => (random.chance(0.1) ? random.int(size) : highest(size, numberAt));
    case 'starve': return starve(random);
    case 'fifo': return () => 0;
  }
}

function highest(size: number, rankAt: NumberAt): number {
  let best = 0;
  for (let at = 1; at < size; at++) if (rankAt(at) > rankAt(best)) best = at;
  return best;
}

/** The highest priority runs; at a change point it becomes the lowest. */
function pct(random: Random): Pick {
  const priorities = new Map<number, number>();
  const changes = new Set<number>();
  for (let i = 1 + random.int(PCT_CHANGES_MAX); i > 0; i--) changes.add(random.int(PCT_STEPS));
  let step = 0;
  let lowest = 0;
  return (size, numberAt) => {
    const rank = (at: number): number => {
      const number = numberAt(at);
      const known = priorities.get(number);
      if (known !== undefined) return known;
      const made = 1 + random.float();
      priorities.set(number, made);
      return made;
    };
    const best = highest(size, rank);
    // Two that wake each other for ever must not keep the rest out for ever.
    if (changes.has(step++) || random.chance(0.02)) {
      priorities.set(numberAt(best), --lowest);
      return highest(size, rank);
    }
    return best;
  };
}

function starve(random: Random): Pick {
  let victim = -1;
  let waits = random.int(6);
  return (size, numberAt) => {
    const at = random.int(size);
    if (victim < 0 && waits-- <= 0) victim = numberAt(random.int(size));
    if (numberAt(at) !== victim || random.chance(0.05)) return at;
    return at === 0 ? 1 : at - 1;
  };
}
