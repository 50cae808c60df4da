import { Random, simulate, type SimRun } from '../../src/testing/index.js';
import type { Suite } from './suite.js';
import { suites } from './suites.js';

/** The share of one worker: seeds from, from + stride, … below until. */
export interface Share {
  readonly from: number;
  readonly until: number;
  readonly stride: number;
  readonly suites: readonly string[];
  readonly hashes: boolean;
}

export interface Failure {
  readonly suite: string;
  readonly seed: number;
  readonly message: string;
}

/** What a worker has found. */
export interface Outcome {
  readonly runs: number;
  readonly events: number;
  readonly failure: Failure | undefined;
  /** `suite: id` and how often it was reached */
  readonly reached: ReadonlyMap<string, number>;
  /** of all hashes, whatever their order: workers can be added up */
  readonly digest: number;
  readonly lines: readonly string[];
}

/** One seed in so many is run twice. */
const REPEAT_EVERY = 100;

export function replayOf(seed: number, suite: string): string {
  return `npm run sim -- --seeds 1 --seed ${seed} --suite ${suite}`;
}

/** Runs one suite with one seed. */
export function runSeed(suite: Suite, seed: number): Promise<SimRun> {
  const options = suite.options?.(new Random(seed)) ?? {};
  return simulate(seed, suite.scenario, { ...options, replay: (failed) => replayOf(failed, suite.name) });
}

/** Runs a share, up to the first failure. */
export async function runShare(share: Share): Promise<Outcome> {
  const chosen = suites.filter(({ name }) => share.suites.includes(name));
  const reached = new Map<string, number>();
  const lines: string[] = [];
  let runs = 0;
  let events = 0;
  let digest = 0;
  for (let seed = share.from; seed < share.until; seed += share.stride) {
    for (const suite of chosen) {
      try {
        const run = await runSeed(suite, seed);
        if (seed % REPEAT_EVERY === 0) await same(suite, run);
        runs++;
        events += run.events;
        digest = (digest + Number.parseInt(run.hash.slice(0, 8), 16)) >>> 0;
        if (share.hashes) {
          lines.push(`seed ${seed} ${suite.name.padEnd(
            12,
          )} ${run.hash}  ${run.policy}, ${run.events} events, ${Math.round(run.elapsedMs)} ms`);
        }
        for (const [id, times] of run.sometimes) {
          reached.set(`${suite.name}: ${id}`, (reached.get(`${suite.name}: ${id}`) ?? 0) + times);
        }
      } catch (error) {
        return {
          runs, events, reached, digest, lines,
          failure: { suite: suite.name, seed, message: error instanceof Error ? error.message : String(error) },
        };
      }
    }
  }
  return { runs, events, reached, digest, lines, failure: undefined };
}

async function same(suite: Suite, run: SimRun): Promise<void> {
  const again = await runSeed(suite, run.seed);
  if (again.hash !== run.hash) {
    throw new Error(
      `seed ${run.seed} of ${suite.name} gave ${run.hash}, then ${again.hash}: something in it is not `
        + `simulated\n  replay: ${replayOf(run.seed, suite.name)}`,
    );
  }
}
