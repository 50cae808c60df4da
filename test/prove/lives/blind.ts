import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../src/testing/random.js';
import { lifeProgram } from '../child/programs.js';
import { inLanes } from '../lanes.js';
import type { Goal, Plan } from '../proof.js';
import { type BrokenLife, brokenLives } from './faults.js';
import { killSeries } from './series.js';
import type { Variant } from './variant.js';
import { variants } from './variants.js';

/** Broken programs that are tried; at the small size one that the seed draws. */
const TRIED = { ci: 1, deep: brokenLives.length } as const;
const SERIES_MAX = 4;
const SERIES_KILLS = 4;

/** The program of a life with the edits made; throws when one does not fit. */
export function brokenText({ fault, edits }: BrokenLife, sound: string): string {
  return edits.reduce((text, [from, to]) => {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`'${fault}': '${from}' stands ${parts.length - 1} times in the program`);
    return parts.join(to);
  }, sound);
}

/** Whether kills of a broken program show what is wrong with it: else the proof would be blind. */
export async function runBlind({ size, seed, folder, say }: Plan): Promise<Goal> {
  const random = new Random(seed);
  const left = [...brokenLives];
  const tried = Array.from({ length: TRIED[size] }, () => left.splice(random.int(left.length), 1)[0] as BrokenLife);
  const seen = await inLanes(tried.map((broken, at) => async () => {
    const own = join(folder, `broken-${at}`);
    mkdirSync(own);
    const found = await isSeen(broken, seed, own);
    if (!found) say(`${SERIES_MAX * SERIES_KILLS} kills have not seen it, of ${broken.variant}: ${broken.fault}`);
    return found;
  }));
  const found = seen.filter((one) => one).length;
  return {
    goal: `each of ${tried.length} broken programs is found out`, pass: found === tried.length,
    measured: `${found} of ${tried.length}: ${tried.map(({ fault }) => fault).join('; ')}`,
    figures: { broken: tried.length, found },
  };
}

/** The broken program stands beside the sound one, which it shares packages with. */
async function isSeen(broken: BrokenLife, seed: number, folder: string): Promise<boolean> {
  const sound = lifeProgram('things');
  const program = `${sound}-broken-${brokenLives.indexOf(broken)}-${process.pid}`;
  writeFileSync(program, brokenText(broken, readFileSync(sound, 'utf8')));
  try {
    const variant = variants.find(({ name }) => name === broken.variant) as Variant;
    for (let series = 0; series < SERIES_MAX; series++) {
      const own = join(folder, `series-${series}`);
      mkdirSync(own);
      const { witness } = await killSeries({
        variant, kills: SERIES_KILLS, seed: (seed + series) >>> 0, folder: own, program,
      });
      if (witness.total + witness.problems.length > 0) return true;
    }
    return false;
  } finally {
    rmSync(program);
  }
}
