import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program } from '../../system/program.js';
import { drivers, Place } from './place.js';

// Faults of the disk are made by strace, where it is there and may look at programs.
const there = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const built = fileURLToPath(new URL('../../../scripts/program.mjs', import.meta.url));
const LIMIT_MS = 60_000;

let place: Place;
beforeAll(async () => {
  place = new Place();
  if (!there) console.warn('no strace for the tests of faults of a disk');
  else expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => place.dispose());

/** What a program said that commits so many times, and its calls of that name. */
function traced(path: string, level: string, commits: number, call: string, fault: string | null): [string[], string] {
  const log = join(place.dir, 'trace');
  const inject = fault === null ? [] : ['-e', `inject=${call}:${fault}`];
  const { stdout } = spawnSync('strace', ['-f', '-qq', '-y', '-e', `trace=${call}`, ...inject, '-o', log,
    process.execPath, '--input-type=module', '-e', `
      const { compiled } = await import(${JSON.stringify(built)});
      const { SqliteStore } = await import(compiled('src/journal/sqlite/index.ts'));
      const { Batch } = await import(compiled('src/journal/port/index.ts'));
      const store = new SqliteStore({
        path: ${JSON.stringify(path)}, driver: ${JSON.stringify(drivers[0])}, level: '${level}', bytesMax: undefined,
        damaged: 'refuse', checkBytesMax: 0,
      });
      const { batch } = await store.open();
      for (let number = batch + 1; number <= batch + ${commits}; number++) {
        const next = new Batch(number);
        next.append('message', number, 's', new Uint8Array(100));
        await store.write(next).then(() => console.log('done ' + number), ({ code }) => console.log(code));
      }
      process.exit();
    `], { encoding: 'utf8', timeout: LIMIT_MS });
  return [stdout.trim().split('\n'), readFileSync(log, 'utf8')];
}

describe.runIf(there)('the disk', () => {
  test('P19: is synced before a commit is acknowledged at level disk, and not for each at level process', () => {
    const syncs = (level: string): number =>
      [...traced(join(place.dir, level), level, 40, 'fsync', null)[1].matchAll(/-wal>/g)].length;
    expect(syncs('disk')).toBeGreaterThanOrEqual(40);
    expect(syncs('process')).toBeLessThan(10);
  }, LIMIT_MS);

  test.each(['fsync', 'pwrite64'])(
    'P28: nothing is written after a failed %s, and what was acknowledged is there when it is opened anew',
    async (call) => {
      const path = join(place.dir, `failed-${call}`);
      await (await place.filled(1, { path })).close();
      const when = call === 'fsync' ? 8 : 40;
      const [said, trace] = traced(path, 'disk', 15, call, `error=EIO:when=${when}`);
      expect(trace).toContain('INJECTED');
      const acknowledged = said.filter((line) => line.startsWith('done')).length;
      expect(said).toEqual([
        ...Array.from({ length: acknowledged }, (_, at) => `done ${at + 2}`),
        ...Array.from({ length: 15 - acknowledged }, () => 'STORE_FAILED'),
      ]);
      expect(acknowledged).toBeGreaterThan(0);
      expect(acknowledged).toBeLessThan(15);
      const store = place.store({ path });
      const { batch, findings } = await store.open();
      expect(findings).toEqual([]);
      // The commit that failed may be there or not.
      expect([acknowledged + 1, acknowledged + 2]).toContain(batch);
      expect(await store.rows('message', null, 0, 99, false)).toHaveLength(batch);
    }, LIMIT_MS,
  );
});
