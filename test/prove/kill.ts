// SIGKILL at any moment: a child works on a store and tells a pipe what it is about to do and what was
// acknowledged; after each life the store is opened, read and compared.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/testing/random.js';
import { Lives, someMoment, wait } from './child/lives.js';
import { runBlind } from './lives/blind.js';
import { runVariants } from './lives/run.js';
import { count, type Goal, type Plan, type Proof } from './proof.js';
import { subjects } from './subject/subjects.js';
import type { Lie, Subject } from './subject/subject.js';
import { Watched } from './watched.js';
import { Tally } from './witness/verdict.js';

/** Of the store alone; with those of the variants 500 and 10,000. */
const KILLS = { ci: 350, deep: 4_000 } as const;
/** Stores beside each other. */
const LANES = 2;
const RECOVERY_MS = 15;
/** A copy takes no longer. */
const COPY_MS = 3_000;

/** What was looked at in one series of kills. */
export interface Killed {
  readonly tally: Tally;
  kills: number;
  duringRecovery: number;
  duringBackup: number;
  duringMigration: number;
  accepted: number;
  done: number;
  backups: number;
  readonly problems: string[];
}

export interface Series {
  readonly subject: Subject;
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  readonly lie?: Lie;
}

/** One store, killed so many times: at work, while it recovers, is copied, or brought up to date. */
export async function killSeries({ subject, kills, seed, folder, lie }: Series): Promise<Killed> {
  const random = new Random(seed);
  const watched = new Watched(subject, join(folder, 'store'), 'disk', lie ?? null);
  const backups = join(folder, 'backups');
  mkdirSync(backups, { recursive: true });
  const found: Killed = {
    tally: new Tally(), kills: 0, duringRecovery: 0, duringBackup: 0, duringMigration: 0, accepted: 0, done: 0,
    backups: 0, problems: [],
  };
  const lives = new Lives();
  try {
    while (found.kills < kills) {
      const copies = random.chance(0.15);
      await oneKill(watched, lives, random, found, copies ? backups : null);
      // The next life may be killed while it recovers from this death, and that one again.
      while (random.chance(0.25)) await oneKill(watched, lives, random, found, null, true);
      await lookAfter(watched, found);
      if (random.chance(0.3)) await killMigration(watched, lives, random, found);
    }
  } finally {
    await lives.stop();
  }
  return { ...found, accepted: watched.claims.accepted, done: watched.claims.done };
}

/** The next life finds a file of the first version, and dies while it brings that up to date, or soon after. */
async function killMigration(watched: Watched, lives: Lives, random: Random, found: Killed): Promise<void> {
  const { duringRecovery } = found;
  watched.subject.age(watched.path);
  await oneKill(watched, lives, random, found, null, true);
  found.duringMigration += found.duringRecovery - duringRecovery;
  await lookAfter(watched, found);
}

async function oneKill(
  watched: Watched, lives: Lives, random: Random, found: Killed, backups: string | null, early = false,
): Promise<void> {
  const { claims } = watched;
  const ready = claims.ready;
  const started = claims.backups.length;
  const life = lives.begin(watched.order(random.u32(), { backups }), claims);
  if (early) await Promise.race([wait(random.float() * RECOVERY_MS), life.until(() => claims.ready > ready)]);
  else {
    await life.until(() => claims.ready > ready);
    // Of a copy now and then the end is waited for: it must be whole.
    const copied = (): boolean => claims.backups.slice(started).some(({ done }) => done);
    if (backups !== null && random.chance(0.3)) await Promise.race([life.until(copied), wait(COPY_MS)]);
    else await someMoment(life, claims, random, backups === null ? 1 : 4);
  }
  life.kill();
  const { code, complaint } = await life.ended();
  found.kills += 1;
  if (code !== null) found.problems.push(`a life ended by itself: ${complaint || claims.untyped.join()}`);
  if (claims.ready === ready) found.duringRecovery += 1;
  if (claims.backups.slice(started).some(({ done }) => !done)) found.duringBackup += 1;
}

async function lookAfter(watched: Watched, found: Killed): Promise<void> {
  const where = `kill ${found.kills}`;
  try {
    const { faults, truth } = await watched.look();
    found.tally.add(faults, where);
    found.problems.push(...truth.findings.map((text) => `${where}: ${text}`));
    const copies = await watched.lookAtBackups();
    found.backups += copies.finished;
    found.problems.push(...copies.faults.map((text) => `${where}: ${text}`));
  } catch (error) {
    found.problems.push(`${where}: the store does not open: ${String(error)}`);
  }
}

async function run(plan: Plan): Promise<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const subject of subjects) goals.push(...await runSubject(plan, subject));
  goals.push(...await runVariants(plan), await runBlind(plan));
  return goals;
}

async function runSubject({ size, seed, folder, say }: Plan, subject: Subject): Promise<readonly Goal[]> {
  const kills = Math.ceil(KILLS[size] / LANES / subjects.length);
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => {
    const own = join(folder, `${subject.name}-${lane}`);
    mkdirSync(own, { recursive: true });
    return killSeries({ subject, kills, seed: (seed + lane) >>> 0, folder: own });
  }));
  for (const line of lanes.flatMap(({ tally, problems }) => [...tally.examples, ...problems]).slice(0, 20)) say(line);
  return goalsOf(subject, lanes);
}

type Counted = 'kills' | 'duringRecovery' | 'duringBackup' | 'duringMigration' | 'accepted' | 'done' | 'backups';

function goalsOf(subject: Subject, lanes: readonly Killed[]): Goal[] {
  const sum = (of: Counted): number => lanes.reduce((total, lane) => total + lane[of], 0);
  const faults = lanes.reduce((total, { tally }) => total + tally.total, 0);
  const problems = lanes.reduce((total, lane) => total + lane.problems.length, 0);
  const figures = {
    kills: sum('kills'), duringRecovery: sum('duringRecovery'), duringBackup: sum('duringBackup'),
    duringMigration: sum('duringMigration'), accepted: sum('accepted'), handled: sum('done'),
    backups: sum('backups'), faults, problems,
  };
  const kinds = new Tally();
  for (const { tally } of lanes) for (const fault of Object.keys(tally.counts) as (keyof typeof tally.counts)[]) {
    kinds.counts[fault] += tally.counts[fault];
  }
  return [
    {
      goal: `${subject.name}: nothing lost, doubled, resurrected, torn, no ghost over ${count(figures.kills)} kills`,
      measured: `${kinds.text()} of ${count(figures.accepted)} accepted and ${count(figures.handled)} handled`,
      pass: faults === 0 && figures.handled > figures.kills, figures: { ...figures, ...kinds.counts },
    },
    {
      goal: `${subject.name}: opens without findings, copies are whole; `
        + 'also killed in recovery, in migration, while copied',
      measured: `${problems} problems, ${figures.duringRecovery} kills in recovery, ${figures.duringBackup} while `
        + `copied, ${figures.duringMigration} in migration, ${figures.backups} copies`,
      pass: problems === 0 && figures.duringRecovery > 0 && figures.duringMigration > 0 && figures.backups > 0,
      figures,
    },
  ];
}

export const kill: Proof = {
  name: 'kill', needs: [], wide: true, run,
  about: 'SIGKILL at any moment: of a store, and of topics, schedules, queues, addresses and logs',
};
