import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Killed, Series } from './kill.js';
import type { Subject } from './subject/subject.js';

// Lives are programs of their own, so that the compiled proof runs here, as `npm run prove` runs it.
const root = new URL('../../', import.meta.url);
const built = (name: string): string => new URL(`.build/test/prove/${name}.js`, root).pathname;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'castcall-kill-'));
  const program = JSON.stringify(new URL('scripts/program.mjs', root).href);
  execFileSync(process.execPath, [
    '--input-type=module', '-e',
    `const { build } = await import(${program}); await build(() => undefined, { lives: true });`,
  ]);
  expect(existsSync(built('kill'))).toBe(true);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function series(kills: number, lie?: Series['lie']): Promise<Killed> {
  const { killSeries } = await import(pathToFileURL(built('kill')).href) as typeof import('./kill.js');
  const { journalSubject } = await import(pathToFileURL(built('subject/journal')).href) as { journalSubject: Subject };
  const own = mkdtempSync(join(folder, 'series-'));
  return killSeries({ subject: journalSubject, kills, seed: 3, folder: own, ...(lie === undefined ? {} : { lie }) });
}

describe('the proof by kills', () => {
  it('P19: finds nothing wrong with the journal', { timeout: 60_000 }, async () => {
    const { tally, problems, done } = await series(4);
    expect([tally.examples, problems]).toEqual([[], []]);
    expect(done).toBeGreaterThan(0);
  });

  it.each(['early', 'keep', 'tear', 'again'] as const)(
    'finds out a lie: %s', { timeout: 60_000 }, async (lie) => {
      const { tally, problems } = await series(8, lie);
      expect(tally.total + problems.length).toBeGreaterThan(0);
    },
  );
});
