import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystem } from '../../../../src/index.js';
import { sqlite } from '../../../../src/journal/sqlite/index.js';
import { expectBalanced } from '../help.js';

// Lives are programs of their own, which are compiled.
const root = new URL('../../../../', import.meta.url);
const program = new URL('.build/test/bus/queue/durable/killed.js', root).pathname;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'castcall-queue-kill-'));
  const build = JSON.stringify(new URL('scripts/program.mjs', root).href);
  execFileSync(process.execPath, [
    '--input-type=module', '-e', `const { build } = await import(${build}); await build(() => undefined);`,
  ]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One life, killed after so many lines. */
async function live(path: string, first: number, lines: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    if (told.split('\n').length > lines) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
  return told.split('\n').slice(0, -1);
}

it('P19 kill -9 loses no item that was pushed, and brings none back that was acknowledged', async () => {
  const path = join(folder, 'store');
  const told = { I: new Set<number>(), S: new Set<number>(), L: new Set<number>(), K: new Set<number>() };
  for (const lines of [40, 5, 90, 17, 60]) {
    for (const line of await live(path, told.I.size, lines)) told[line.charAt(0) as 'I'].add(Number(line.slice(2)));
  }
  const system = createSystem({ store: sqlite(path), logger: false });
  const jobs = system.queue<number>('jobs', { durable: true, leaseMs: 60_000, attemptsMax: 1_000 });
  await system.store.ready;
  const left: number[] = [];
  const { recovered } = jobs.stats();
  while (jobs.size > 0) {
    const lease = await jobs.lease();
    left.push(lease.item);
    await lease.ack();
  }
  expect(left.length).toBe(recovered);
  expect(new Set(left).size).toBe(left.length);
  expect(left.filter((n) => told.K.has(n))).toEqual([]);
  expect(left.filter((n) => !told.I.has(n))).toEqual([]);
  // What was pushed is there, or somebody has had it.
  expect([...told.S].filter((n) => !left.includes(n) && !told.L.has(n))).toEqual([]);
  expect(told.K.size).toBeGreaterThan(0);
  expectBalanced(jobs);
  await system.stop();
  expect((jobs.stats())).toMatchObject({ stored: 0, acked: left.length });
}, 120_000);
