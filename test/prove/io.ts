// A disk that fails: every call that changes a file fails in turn, with EIO, with ENOSPC, for once or for
// good, or the program is killed at it. And a disk that is full.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/testing/random.js';
import { type Ended, Lives } from './child/lives.js';
import { Memory } from './mounts.js';
import { missing } from './needs.js';
import { count, type Goal, type Plan, type Proof, type Size } from './proof.js';
import { calls, CALLS, FAULTS, faulted, type Point, pointName } from './strace.js';
import { subjects } from './subject/subjects.js';
import type { Subject } from './subject/subject.js';
import { Watched } from './watched.js';
import { Tally } from './witness/verdict.js';

const STEPS: Readonly<Record<Size, number>> = { ci: 10, deep: 40 };
/** Of all points a gate tries one of so many, by its seed. */
const SHARE: Readonly<Record<Size, number>> = { ci: 3, deep: 1 };
/** A gate stops after so long, and says how many points it has tried. */
const BUDGET_MS: Readonly<Record<Size, number>> = { ci: 45_000, deep: Infinity };
const LANES = 2;
const FULL_MIB = 2;
const FULL_STEPS = 4_000;

interface Found {
  readonly tally: Tally;
  readonly problems: string[];
  readonly codes: Map<string, number>;
  points: number;
  hung: number;
  untyped: number;
  accepted: number;
}

const nothing = (): Found => (
  { tally: new Tally(), problems: [], codes: new Map(), points: 0, hung: 0, untyped: 0, accepted: 0 }
);

/** Adds what one run has shown, and looks at its store. */
async function examine(watched: Watched, ended: Ended, where: string, found: Found): Promise<void> {
  const { claims } = watched;
  found.points += 1;
  found.accepted += claims.accepted;
  found.hung += ended.hung ? 1 : 0;
  found.untyped += claims.untyped.length;
  for (const [code, times] of claims.errors) found.codes.set(code, (found.codes.get(code) ?? 0) + times);
  if (ended.hung) found.problems.push(`${where}: it hangs`);
  found.problems.push(...claims.untyped.map((text) => `${where}: an error without a code: ${text}`));
  try {
    const { faults, truth } = await watched.look();
    found.tally.add(faults, where);
    found.problems.push(...truth.findings.map((text) => `${where}: ${text}`));
  } catch (error) {
    found.problems.push(`${where}: the store does not open afterwards: ${String(error)}`);
  }
}

/** Every point that the script has, or the seed's share of them. */
async function pointsOf(subject: Subject, { size, seed, folder }: Plan): Promise<Point[]> {
  const own = join(folder, `${subject.name}-count`);
  mkdirSync(own);
  const watched = new Watched(subject, join(own, 'store'), 'disk');
  const most = await calls(watched.order(1, { steps: STEPS[size] }), watched.claims);
  const all = CALLS.flatMap((call) => FAULTS.flatMap((fault) => [false, true].flatMap((stays) =>
    Array.from({ length: stays && fault === 'SIGKILL' ? 0 : most.get(call) ?? 0 }, (_, n): Point => (
      { call, fault, at: n + 1, stays }
    )))));
  const random = new Random(seed);
  return random.shuffle(all).slice(0, Math.ceil(all.length / SHARE[size]));
}

async function sweep(subject: Subject, points: Point[], { size, folder }: Plan): Promise<Found> {
  const found = nothing();
  const until = performance.now() + BUDGET_MS[size];
  const lane = async (): Promise<void> => {
    for (let point = points.pop(); point !== undefined && performance.now() < until; point = points.pop()) {
      const own = join(folder, `${subject.name}-${points.length}`);
      mkdirSync(own);
      const watched = new Watched(subject, join(own, 'store'), 'disk');
      const ended = await faulted(watched.order(1, { steps: STEPS[size] }), watched.claims, point);
      await examine(watched, ended, pointName(point), found);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return found;
}

/** More than the disk holds: the rest is refused, and what was accepted is there. */
async function full(subject: Subject, folder: string): Promise<Found> {
  const memory = new Memory(join(folder, `${subject.name}-full`), FULL_MIB);
  const lives = new Lives();
  try {
    const found = nothing();
    const watched = new Watched(subject, join(memory.folder, 'store'), 'disk');
    const ended = await lives.begin(watched.order(1, { steps: FULL_STEPS }), watched.claims).ended(60_000);
    // To open a store is to write who owns it: on a full disk that is refused with a code, until there is room.
    memory.grow(FULL_MIB * 4);
    await examine(watched, ended, 'full', found);
    return found;
  } finally {
    await lives.stop();
    memory.release();
  }
}

function goalOf(goal: string, found: Found, more: boolean): Goal {
  const codes = [...found.codes].map(([code, times]) => `${code} ${times}`).sort().join(', ') || 'none';
  return {
    goal, measured: `${found.tally.text()}, ${found.hung} hung, ${found.untyped} without a code, `
      + `${found.problems.length} problems; of ${count(found.accepted)} accepted; codes: ${codes}`,
    pass: found.tally.total === 0 && found.problems.length === 0 && more,
    figures: {
      points: found.points, hung: found.hung, untyped: found.untyped, problems: found.problems.length,
      accepted: found.accepted, ...found.tally.counts, ...Object.fromEntries(found.codes),
    },
  };
}

async function run(plan: Plan): Promise<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const subject of subjects) {
    const points = await pointsOf(subject, plan);
    const share = points.length;
    const swept = await sweep(subject, points, plan);
    plan.say(`${subject.name}: ${swept.points} of ${share} points of this size were tried`);
    for (const line of [...swept.tally.examples, ...swept.problems].slice(0, 20)) plan.say(line);
    goals.push(goalOf(
      `${subject.name}: ${swept.points} points of calls that fail or kill: typed errors, nothing lost, no hang`, swept,
      swept.codes.size > 0,
    ));
    goals.push(await fullGoal(plan, subject));
  }
  return goals;
}

async function fullGoal(plan: Plan, subject: Subject): Promise<Goal> {
  const goal = `${subject.name}: a full disk of ${FULL_MIB} MiB: STORE_FULL, and nothing lost once there is room`;
  const lacks = missing(['root', 'mount']);
  if (lacks.length > 0) {
    plan.say(`!!!! the full disk was NOT tried; it needs ${lacks.join(', and ')} !!!!`);
    return { goal, measured: 'left out', pass: process.env['CI'] !== 'true', figures: {} };
  }
  const found = await full(subject, plan.folder);
  for (const line of [...found.tally.examples, ...found.problems].slice(0, 20)) plan.say(line);
  return goalOf(goal, found, found.codes.has('STORE_FULL'));
}

export const io: Proof = {
  name: 'io', about: 'every call that changes a file fails in turn, or kills; a full disk',
  needs: ['linux', 'strace'], run,
};
