// Damage: after a kill, one bit, a sector, a page or a tail of one file is changed. Then all that was acknowledged
// is back, or the store says what is damaged, and where; it never hands out another content.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../src/journal/port/index.js';
import { Random } from '../../src/testing/random.js';
import { Lives } from './child/lives.js';
import { type Damage, damaged, Original } from './damage.js';
import { count, type Goal, type Plan, type Proof } from './proof.js';
import { subjects } from './subject/subjects.js';
import type { Subject } from './subject/subject.js';
import { SUFFIXES, Watched } from './watched.js';
import { type Faults, judge, Tally, type Truth } from './witness/verdict.js';

const LIFE_MS = 250;
/** Stores that are damaged, one change at a time. */
const STORES = { ci: 1, deep: 4 } as const;
const LOOK_MS = 20_000;

/**
 * - intact: all is back
 * - reported: the store says what is damaged, or refuses to open
 * - silent: something is missing or there again, and the store says nothing
 * - wrong: it hands out another content
 * - untyped: an error without a code, or no answer
 */
type Outcome = 'intact' | 'reported' | 'silent' | 'wrong' | 'untyped';

interface Found {
  readonly outcomes: Record<Outcome, number>;
  readonly byFile: Map<string, number>;
  /** a report of damage that names no place */
  placeless: number;
  readonly problems: string[];
}

/** A store with some of its content in the main file, some in the log, and its witness; its writer was killed. */
async function killedStore(subject: Subject, folder: string, random: Random): Promise<Watched> {
  mkdirSync(folder, { recursive: true });
  const watched = new Watched(subject, join(folder, 'store'), 'disk');
  const lives = new Lives();
  try {
    for (let n = 0; n < 2; n++) {
      if (n > 0) await watched.look();
      const ready = watched.claims.ready;
      const life = lives.begin(watched.order(random.u32()), watched.claims);
      await life.until((claims) => claims.ready > ready);
      await new Promise((resolve) => { setTimeout(resolve, LIFE_MS); });
      life.kill();
      await life.ended();
    }
  } finally {
    await lives.stop();
  }
  return watched;
}

interface Seen {
  readonly outcome: Outcome;
  readonly placed: boolean;
  readonly text: string;
}

/** Opens a damaged copy and compares it with what was acknowledged. */
async function examine(watched: Watched, path: string): Promise<Seen> {
  let faults: Faults | undefined;
  let truth: Truth;
  try {
    truth = await inTime(watched.subject.look({ path, level: 'disk', damaged: 'refuse' }, (seen) => {
      faults = judge(watched.claims, seen);
      return [];
    }));
  } catch (error) {
    if (!(error instanceof StoreError)) return { outcome: 'untyped', placed: false, text: String(error) };
    const placed = error.code !== 'STORE_CORRUPT' || error.findings.some(({ place }) => place !== '');
    return { outcome: 'reported', placed, text: error.message };
  }
  if (truth.wrong.length > 0) return { outcome: 'wrong', placed: true, text: truth.wrong.join() };
  if (truth.findings.length > 0) return { outcome: 'reported', placed: true, text: truth.findings.join() };
  const tally = new Tally();
  tally.add(faults as Faults, '');
  return tally.total === 0
    ? { outcome: 'intact', placed: true, text: '' }
    : { outcome: 'silent', placed: false, text: tally.examples.join() };
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOOK_MS} ms`)), LOOK_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function note(found: Found, damage: Damage, { outcome, placed, text }: Seen): void {
  const file = `store${damage.suffix}`;
  found.outcomes[outcome] += 1;
  found.byFile.set(file, (found.byFile.get(file) ?? 0) + 1);
  if (outcome === 'reported' && !placed) found.placeless += 1;
  if (outcome === 'intact' || (outcome === 'reported' && placed)) return;
  found.problems.push(`${file}: ${damage.name}: ${outcome}${placed ? '' : ', no place'}: ${text}`);
}

async function run(plan: Plan): Promise<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const subject of subjects) goals.push(...await runSubject(plan, subject));
  return goals;
}

async function runSubject({ size, seed, folder, say }: Plan, subject: Subject): Promise<readonly Goal[]> {
  const random = new Random(seed);
  const found: Found = {
    outcomes: { intact: 0, reported: 0, silent: 0, wrong: 0, untyped: 0 }, byFile: new Map(), placeless: 0,
    problems: [],
  };
  for (let store = 0; store < STORES[size]; store++) {
    const own = join(folder, `${subject.name}-${store}`);
    const watched = await killedStore(subject, own, random);
    const original = new Original(watched.path);
    for (const damage of original.damages(random, size === 'deep')) {
      const copy = join(own, 'copy');
      damaged(original, damage, copy);
      note(found, damage, await examine(watched, copy));
    }
  }
  for (const line of found.problems.slice(0, 40)) say(line);
  return goalsOf(subject, found);
}

function goalsOf(subject: Subject, { outcomes, byFile, placeless, problems }: Found): readonly Goal[] {
  const points = Object.values(outcomes).reduce((sum, one) => sum + one, 0);
  const files = SUFFIXES.flatMap((suffix) => {
    const times = byFile.get(`store${suffix}`);
    return times === undefined ? [] : [`${times} in store${suffix}`];
  }).join(', ');
  const figures = { points, placeless, ...outcomes };
  return [
    {
      goal: `${subject.name}: ${count(points)} damages: all is back or it is reported, no other content, always a code`,
      measured: `${outcomes.intact} intact, ${outcomes.reported} reported, ${outcomes.silent} silent, `
        + `${outcomes.wrong} wrong, ${outcomes.untyped} without a code (${files})`,
      pass: outcomes.silent + outcomes.wrong + outcomes.untyped === 0 && outcomes.reported > 0, figures,
    },
    {
      goal: `${subject.name}: a report of damage names the place`,
      measured: `${placeless} of ${outcomes.reported} without one; ${problems.length} problems in all`,
      pass: placeless === 0, figures,
    },
  ];
}

export const corrupt: Proof = {
  name: 'corrupt', about: 'bits, sectors, pages and tails of the files are changed', needs: [], run,
};
