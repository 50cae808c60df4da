import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Known } from '../../../examples/audit/known.js';
import { Schedule } from '../../../examples/audit/lives/schedule.js';
import type { RunResult } from '../../../examples/audit/output/summary.js';
import { Random } from '../../../examples/audit/random.js';

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'audit-lives-'));
  for (let index = 0; index < 30; index++) {
    const at = join(base, 'node_modules', `p${index}`);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), JSON.stringify({ name: `p${index}`, version: `1.0.${index}` }));
    for (let part = 0; part < 5; part++) writeFileSync(join(at, `${part}.js`), `${index % 7}/${part}`);
  }
});
afterAll(() => { rmSync(base, { recursive: true }); });

/** `npm start` in a program of its own. */
function start(...argv: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [START, ...argv], { cwd: base, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    running.stdout.on('data', (part: Buffer) => { stdout += part.toString(); });
    running.stderr.on('data', (part: Buffer) => { stderr += part.toString(); });
    running.once('error', reject);
    running.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('the audit under SIGKILL', () => {
  it('P19 P21 is killed at least five times, loses and doubles nothing', async () => {
    const { code, stdout, stderr } = await start('--kill', '--seed', '3', '--workers', '2', '--json');
    expect(stderr.replace('castcall audit: building once…\n', '')).toBe('');
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RunResult & { ok: boolean };
    expect(result).toMatchObject({
      files: 180, packages: 30, lost: 0, duplicated: 0, differences: [], ok: true, store: 'disk',
      deliveries: { failed: 0, expired: 0, unknown: 0, pending: 0, inTransit: 0, running: 0 },
    });
    expect(result.kills).toBeGreaterThanOrEqual(5);
    expect(stdout.match(/^SIGKILL after/gm)).toHaveLength(result.kills);
    expect(code).toBe(0);
  }, 120_000);
});

describe('Schedule', () => {
  it('kills five times at least, at work and while a life begins, within the files that are left', () => {
    let early = 0;
    for (let seed = 0; seed < 200; seed++) {
      const schedule = new Schedule(new Random(seed));
      let kills = 0;
      for (let moment = schedule.next(100); moment !== null; moment = schedule.next(100)) {
        if (moment.files === null) early++;
        else expect(moment.files).toBeLessThanOrEqual(100);
        schedule.struck();
        kills++;
      }
      expect(kills).toBeGreaterThanOrEqual(5);
      expect(kills).toBeLessThanOrEqual(8);
    }
    expect(early).toBeGreaterThan(100);
  });

  it('ends when it is told to', () => {
    const schedule = new Schedule(new Random(1));
    schedule.end();
    expect(schedule.next(10)).toBeNull();
  });
});

describe('Known', () => {
  it('knows what need not be done again; a file that tells of an unknown package is read again', () => {
    const listing = { directory: 'a', directories: [], files: ['a/x.js', 'a/package.json'], symlinks: 0, others: 0 };
    const file = (path: string) => ({ path, bytes: 1, sha256: '0' });
    const known = new Known({
      listings: [listing], files: listing.files.map(file), unreadable: [{ path: 'b', reason: 'EACCES' }],
      packages: [], advice: { server: 0, local: 0 },
    });
    expect([known.listing('a'), known.listing('b'), known.listing('c')]).toEqual([listing, null, undefined]);
    expect([known.has('a/x.js'), known.has('a/package.json'), known.has('a/y.js')]).toEqual([true, false, false]);
    expect(known.package('a')).toBe(false);
  });
});
