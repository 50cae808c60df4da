import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenLives } from './faults.js';

// Lives are programs of their own, so that the compiled proof runs here, as `npm run prove` runs it.
const root = new URL('../../../', import.meta.url);
const built = (path: string): string => new URL(`.build/${path}.js`, root).pathname;
let folder: string;

beforeAll(() => {
  const program = JSON.stringify(new URL('scripts/program.mjs', root).href);
  const build = `const { build } = await import(${program}); await build(() => undefined, { lives: true });`;
  execFileSync(process.execPath, ['--input-type=module', '-e', build]);
  folder = mkdtempSync(join(tmpdir(), 'castcall-lives-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the proof by kills over durable things', () => {
  it('P19, P21: finds nothing wrong with queues', { timeout: 120_000 }, async () => {
    const { killSeries } = await import(pathToFileURL(built('test/prove/lives/series')).href) as
      typeof import('./series.js');
    const { variants } = await import(pathToFileURL(built('test/prove/lives/variants')).href) as
      typeof import('./variants.js');
    const variant = variants.find(({ name }) => name === 'queues');
    expect(variant).toBeDefined();
    if (variant === undefined) return;
    const { witness } = await killSeries({ variant, kills: 3, seed: 3, folder });
    expect([witness.faults, witness.problems]).toEqual([
      { lost: [], duplicated: [], resurrected: [], ghosts: [], behind: [], wrong: [] }, [],
    ]);
    expect(witness.accepted.size).toBeGreaterThan(0);
  });

  it.each(brokenLives)('has a program in which $variant are broken: $fault', async (broken) => {
    const { brokenText } = await import(pathToFileURL(built('test/prove/lives/blind')).href) as
      typeof import('./blind.js');
    const sound = readFileSync(built('lives/things'), 'utf8');
    expect(brokenText(broken, sound)).not.toBe(sound);
    const unlike = { ...broken, edits: [['nobody writes this', ''] as const] };
    expect(() => brokenText(unlike, sound)).toThrow('stands 0 times in the program');
  });
});
