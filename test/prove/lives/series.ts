// SIGKILL at any moment of a program with durable things; what it told before, and what it finds after, is compared.
import { join } from 'node:path';
import { Random } from '../../../src/testing/random.js';
import { Lives, type Started, wait } from '../child/lives.js';
import { lifeProgram } from '../child/programs.js';
import type { LifeOrder, Variant, Witness } from './variant.js';

/** Of all lives so many are killed while they begin, within so many ms. */
const EARLY = 0.25;
const EARLY_MS = 60;
const LINES_MAX = 350;
const WORK_MS = 400;
const LATER_MS = 5;
const DRAIN_MS = 40_000;

export interface Killed {
  readonly witness: Witness;
  readonly kills: number;
  /** before it was at work */
  readonly early: number;
  /** while the store wrote the whole of a log */
  readonly amidCompaction: number;
}

export interface Series {
  readonly variant: Variant;
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  readonly program?: string;
}

/** One store, killed so many times; at the end a life that finishes everything. */
export async function killSeries(
  { variant, kills, seed, folder, program = lifeProgram('things') }: Series,
): Promise<Killed> {
  const random = new Random(seed);
  const witness = variant.witness();
  const origin = Date.now();
  const lives = new Lives<Witness>(program);
  const begin = (what: LifeOrder['what']): Started<Witness> => {
    witness.lifeBegins();
    const { lives: life, next: base, again } = witness;
    const order: LifeOrder = {
      variant: variant.name, path: join(folder, 'store'), what, seed: random.u32(), base, life, again, origin,
    };
    return lives.begin(order, witness);
  };
  let early = 0;
  let amidCompaction = 0;
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const { ready } = witness;
      const life = begin('work');
      await someMoment(life, witness, random);
      life.kill();
      const { code, complaint } = await life.ended();
      if (code !== null) witness.problems.push(`a life ended by itself: ${complaint}`);
      if (witness.ready === ready) early += 1;
      if (witness.amidCompaction) amidCompaction += 1;
    }
    const { complaint, hung } = await begin('drain').ended(DRAIN_MS);
    if (witness.drained) witness.close();
    else witness.problems.push(`the last life has ${hung ? 'hung' : 'failed'}: ${complaint}`);
  } finally {
    await lives.stop();
  }
  return { witness, kills, early, amidCompaction };
}

async function someMoment(life: Started<Witness>, witness: Witness, random: Random): Promise<void> {
  const { ready } = witness;
  if (random.chance(EARLY)) {
    await Promise.race([wait(random.float() * EARLY_MS), life.until(() => witness.ready > ready)]);
    return;
  }
  await life.until(() => witness.ready > ready);
  const target = witness.lines + random.int(LINES_MAX);
  await Promise.race([life.until(() => witness.lines >= target), wait(WORK_MS)]);
  await wait(random.float() * LATER_MS);
}
