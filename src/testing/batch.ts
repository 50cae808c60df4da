import { CastcallError, OptionError } from '../base/index.js';
import { checkSeed } from './random.js';
import { simulate, type Scenario, type SimulateOptions } from './simulate.js';

/** Options of `simulateMany`. */
export interface BatchOptions extends SimulateOptions {
  /** how many seeds, from 1 */
  readonly seeds: number;
  /** the first seed, default 1 */
  readonly from?: number | undefined;
  /** ids that must be reached besides those the scenario asks for */
  readonly sometimes?: readonly string[] | undefined;
}

/** What a batch has done. */
export interface BatchRun {
  readonly seeds: number;
  readonly events: number;
  readonly steps: number;
  /** the hashes of all seeds, folded into one */
  readonly hash: string;
  readonly sometimes: ReadonlyMap<string, number>;
}

/** One seed in so many runs twice, to see that it is the same run. */
const REPEAT_EVERY = 100;

/**
 * Runs a scenario with many seeds. Rejects at the first seed that fails, with its SimulationError;
 * when a `sometimes` never held in the whole batch, with `SOMETIMES_NEVER`; when a seed does not
 * repeat itself, with `NOT_DETERMINISTIC`.
 *
 * @example
 * const batch = await simulateMany(async (sim) => {
 *   const seen: number[] = [];
 *   for (const n of [1, 2]) sim.system.spawn(() => { seen.push(n); });
 *   await sim.settle();
 *   sim.sometimes(seen[0] === 2, 'the second runs first');
 * }, { seeds: 20 });
 * batch.seeds; // => 20
 * (batch.sometimes.get('the second runs first') ?? 0) > 0; // => true
 * @since 0.2.0
 */
export async function simulateMany(scenario: Scenario, options: BatchOptions): Promise<BatchRun> {
  const { seeds, from = 1, sometimes = [], ...each } = options;
  checkSeed('simulateMany.from', from);
  if (!Number.isInteger(seeds) || seeds < 1) {
    throw new OptionError('simulateMany.seeds', seeds, 'a whole number of seeds from 1');
  }
  checkSeed('simulateMany.from + seeds', from + seeds - 1);
  const reached = new Map<string, number>(sometimes.map((id) => [id, 0]));
  let events = 0;
  let steps = 0;
  let hash = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const run = await simulate(seed, scenario, each);
    events += run.events;
    steps += run.steps;
    hash =
      Math.imul(
        hash ^ Number.parseInt(run.hash.slice(0, 8), 16), 0x01000193,
      ) ^ Number.parseInt(run.hash.slice(8), 16);
    for (const [id, times] of run.sometimes) reached.set(id, (reached.get(id) ?? 0) + times);
    if (seed % REPEAT_EVERY === 0) await repeat(seed, scenario, each, run.hash);
  }
  const never = [...reached].filter(([, times]) => times === 0).map(([id]) => id);
  if (never.length > 0) {
    throw new CastcallError(
      'SOMETIMES_NEVER', `never reached in ${seeds} seeds from ${from}: ${never.join('; ')}`,
    );
  }
  return { seeds, events, steps, hash: (hash >>> 0).toString(16).padStart(8, '0'), sometimes: reached };
}

async function repeat(seed: number, scenario: Scenario, options: SimulateOptions, hash: string): Promise<void> {
  const again = await simulate(seed, scenario, options);
  if (again.hash !== hash) {
    throw new CastcallError(
      'NOT_DETERMINISTIC',
      `seed ${seed} gave ${hash}, then ${again.hash}: the scenario depends on something outside the simulation`,
    );
  }
}
