import type { Allowed } from './allowed.js';
import { compare, type Runner, type Verdict } from './compare.js';
import type { Family } from './family.js';
import { printDifference } from './report.js';
import type { Job } from './scenarios.js';
import { shrink } from './shrink.js';
import type { Term } from './term.js';

export interface Sides {
  readonly release: number;
  readonly otp: Runner;
  /** by default the family's own */
  readonly castcall?: (family: Family) => Runner;
  readonly allowed: readonly Allowed[];
}

export interface Outcome {
  readonly scenarios: number;
  readonly explained: number;
  readonly unexplained: number;
}

/** scenarios in flight: few, so that both sides work at once; timed ones sleep most of the time */
const IN_FLIGHT = 24;
const IN_FLIGHT_TIMED = 160;
/** a difference in a timed scenario must come again this often: a late machine is no difference */
const TIMED_TRIES = 3;
const SHRUNK_MAX = 3;
const SHRINK_MS = 20_000;

/** Runs all jobs, the timed ones first and among themselves, and prints each unexplained difference. */
export async function runOracle(
  jobs: Iterable<Job>, sides: Sides, say: (text: string) => void,
): Promise<Outcome> {
  const run = new OracleRun(sides, say);
  const timed: Job[] = [];
  await pool(untimed(jobs, timed), IN_FLIGHT, (job) => run.one(job));
  await pool(timed, IN_FLIGHT_TIMED, (job) => run.one(job));
  await run.shrinkAll();
  return run;
}

function* untimed(jobs: Iterable<Job>, timed: Job[]): Iterable<Job> {
  for (const job of jobs) {
    if (job.family.timed) timed.push(job);
    else yield job;
  }
}

class OracleRun implements Outcome {
  scenarios = 0;
  explained = 0;
  unexplained = 0;
  private readonly found: { readonly job: Job; readonly verdict: Verdict }[] = [];
  constructor(
    private readonly sides: Sides,
    private readonly say: (text: string) => void,
  ) {}

  async one(job: Job): Promise<void> {
    const verdict = await this.judge(job.family, job.scenario);
    this.scenarios++;
    if (verdict.kind === 'explained') this.explained++;
    if (verdict.kind !== 'unexplained') return;
    this.unexplained++;
    this.found.push({ job, verdict });
  }

  /** Afterwards, one by one: a scenario that is being shrunk has both sides for itself. */
  async shrinkAll(): Promise<void> {
    for (const { job, verdict } of this.found.slice(0, SHRUNK_MAX)) {
      const smallest = job.seed === null
        ? null
        : await shrink(job.family, job.seed, (scenario) => this.judge(job.family, scenario), SHRINK_MS);
      const { scenario } = smallest ?? job;
      this.say(printDifference({
        family: job.family, origin: job.origin, scenario, verdict: smallest?.verdict ?? verdict,
        tries: smallest?.tries ?? 0, release: this.sides.release,
      }));
    }
    const more = this.found.slice(SHRUNK_MAX);
    if (more.length > 0) {
      this.say(
        `and ${more.length} more: ${more.slice(0, 20).map(({ job }) => `${job.family.name} ${job.origin}`).join('; ')}`,
      );
    }
  }

  private async judge(family: Family, scenario: Term): Promise<Verdict> {
    const castcall = this.sides.castcall?.(family) ?? family.run;
    let verdict = await compare(family, scenario, this.sides.otp, castcall, this.sides.allowed);
    for (let tries = 1; family.timed && verdict.kind === 'unexplained' && tries < TIMED_TRIES; tries++) {
      verdict = await compare(family, scenario, this.sides.otp, castcall, this.sides.allowed);
    }
    return verdict;
  }
}

/** Works on at most `width` items at once, in their order. */
async function pool<T>(items: Iterable<T>, width: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
