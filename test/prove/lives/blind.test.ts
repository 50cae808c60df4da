import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenLives, type BrokenLife } from './faults.js';
import type { Killed } from './series.js';
import type { Variant } from './variant.js';

// Lives are programs of their own, so that the compiled proof runs here, as `npm run prove` runs it.
const root = new URL('../../../', import.meta.url);
const built = (path: string): string => new URL(`.build/${path}.js`, root).pathname;
const SERIES_MAX = 4;
let folder: string;

beforeAll(() => {
  const program = JSON.stringify(new URL('scripts/program.mjs', root).href);
  const build = `const { build } = await import(${program}); await build(() => undefined, { lives: true });`;
  execFileSync(process.execPath, ['--input-type=module', '-e', build]);
  folder = mkdtempSync(join(tmpdir(), 'castcall-lives-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function series(name: string, kills: number, seed: number, program?: string): Promise<Killed> {
  const { killSeries } = await import(pathToFileURL(built('test/prove/lives/series')).href) as
    typeof import('./series.js');
  const { variants } = await import(pathToFileURL(built('test/prove/lives/variants')).href) as
    { variants: readonly Variant[] };
  const variant = variants.find((one) => one.name === name) as Variant;
  const own = mkdtempSync(join(folder, 'series-'));
  return killSeries({ variant, kills, seed, folder: own, ...(program === undefined ? {} : { program }) });
}

/** A life of the broken program, beside the sound one, which it shares packages with. */
function brokenProgram({ fault, edits }: BrokenLife): string {
  let text = readFileSync(built('lives/things'), 'utf8');
  for (const [sound, broken] of edits) {
    const parts = text.split(sound);
    expect([fault, parts.length]).toEqual([fault, 2]);
    text = parts.join(broken);
  }
  const path = built(`lives/broken-${brokenLives.findIndex((one) => one.fault === fault)}-${process.pid}`);
  writeFileSync(path, text);
  return path;
}

describe('the proof by kills over durable things', () => {
  it.each(['topics', 'schedules', 'queues', 'addresses', 'logs'])(
    'P19, P21: finds nothing wrong with %s', { timeout: 120_000 }, async (name) => {
      const { witness } = await series(name, 3, 3);
      expect([witness.faults, witness.problems]).toEqual([
        { lost: [], duplicated: [], resurrected: [], ghosts: [], behind: [], wrong: [] }, [],
      ]);
      expect(witness.accepted.size).toBeGreaterThan(0);
    },
  );

  it.each(brokenLives)('finds out, of $variant: $fault', { timeout: 240_000 }, async (broken) => {
    const program = brokenProgram(broken);
    try {
      for (let seed = 1; seed <= SERIES_MAX; seed++) {
        const { witness } = await series(broken.variant, 4, seed, program);
        if (witness.total + witness.problems.length > 0) return;
      }
      expect.unreachable(`${SERIES_MAX} series of kills have not seen it`);
    } finally {
      rmSync(program);
    }
  });
});
