// Loss of power: the store is on an ext4 of its own; its writer is killed, the file system is shut down
// without a flush, mounted again, and the store compared with what was acknowledged. The witness is outside.
import { join } from 'node:path';
import { Random } from '../../src/testing/random.js';
import { Lives, someMoment } from './child/lives.js';
import { LoopDisk, Memory } from './mounts.js';
import { count, type Goal, type Plan, type Proof } from './proof.js';
import { subjects } from './subject/subjects.js';
import type { Subject } from './subject/subject.js';
import { Watched } from './watched.js';
import { Tally } from './witness/verdict.js';

const CYCLES = { ci: 60, deep: 1_000 } as const;
/** Of the level that loses something: enough to see that this finds loss at all. */
const BLIND_CYCLES = { ci: 6, deep: 40 } as const;
/** After so many cycles a fresh disk: that a new store is there at all is a part of it. */
const FRESH_AFTER = 8;
const RAM_MIB = 96;

interface Cut {
  readonly tally: Tally;
  readonly problems: string[];
  cycles: number;
  accepted: number;
  handled: number;
}

type Level = 'disk' | 'process';

async function cuts(disk: LoopDisk, subject: Subject, level: Level, cycles: number, seed: number): Promise<Cut> {
  const random = new Random(seed);
  const found: Cut = { tally: new Tally(), problems: [], cycles: 0, accepted: 0, handled: 0 };
  const lives = new Lives();
  try {
    while (found.cycles < cycles) {
      disk.format();
      const watched = new Watched(subject, join(disk.mounted, 'store'), level);
      for (let n = 0; n < FRESH_AFTER && found.cycles < cycles; n++) await cycle(disk, watched, lives, random, found);
      found.accepted += watched.claims.accepted;
      found.handled += watched.claims.done;
    }
  } finally {
    await lives.stop();
    disk.release();
  }
  return found;
}

async function cycle(disk: LoopDisk, watched: Watched, lives: Lives, random: Random, found: Cut): Promise<void> {
  const { claims } = watched;
  const ready = claims.ready;
  const life = lives.begin(watched.order(random.u32()), claims);
  await life.until(() => claims.ready > ready);
  await someMoment(life, claims, random);
  life.kill();
  const { code, complaint } = await life.ended();
  found.cycles += 1;
  const where = `cycle ${found.cycles}`;
  if (code !== null) found.problems.push(`${where}: a life ended by itself: ${complaint || claims.untyped.join()}`);
  disk.cutPower();
  try {
    const { faults, truth } = await watched.look('open');
    found.tally.add(faults, where);
    found.problems.push(...truth.findings.map((text) => `${where}: ${text}`));
  } catch (error) {
    found.problems.push(`${where}: the store does not open: ${String(error)}`);
  }
  // What a look has settled is not looked at again: it has to stay.
  disk.sync();
}

async function run(plan: Plan): Promise<readonly Goal[]> {
  const memory = new Memory(join(plan.folder, 'ram'), RAM_MIB);
  try {
    const disk = new LoopDisk(memory.folder);
    const goals: Goal[] = [];
    for (const subject of subjects) goals.push(...await runSubject(plan, subject, disk));
    return goals;
  } finally {
    memory.release();
  }
}

async function runSubject({ size, seed, say }: Plan, subject: Subject, disk: LoopDisk): Promise<Goal[]> {
  const safe = await cuts(disk, subject, 'disk', CYCLES[size], seed);
  const weak = await cuts(disk, subject, 'process', BLIND_CYCLES[size], seed);
  for (const line of [...safe.tally.examples, ...safe.problems].slice(0, 20)) say(line);
  const figures = (cut: Cut): Record<string, number> => ({
    cycles: cut.cycles, accepted: cut.accepted, handled: cut.handled, problems: cut.problems.length,
    ...cut.tally.counts,
  });
  return [
    {
      goal: `${subject.name}: level disk: nothing acknowledged is lost over ${count(safe.cycles)} cuts of the power`,
      measured: `${safe.tally.text()}, ${safe.problems.length} problems, of ${count(safe.accepted)} accepted`,
      pass: safe.tally.total === 0 && safe.problems.length === 0 && safe.accepted > 0, figures: figures(safe),
    },
    {
      goal: `${subject.name}: level process: it does lose, or this test is blind`,
      measured: `${weak.tally.counts.lost} lost of ${count(weak.accepted)} accepted in ${weak.cycles} cuts`,
      pass: weak.tally.counts.lost > 0, figures: figures(weak),
    },
  ];
}

export const power: Proof = {
  name: 'power', about: 'loss of power: a file system is shut down without a flush',
  needs: ['linux', 'root', 'mount', 'loop', 'ioctl'], run,
};
