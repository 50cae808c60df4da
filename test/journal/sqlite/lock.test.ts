import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { existsSync } from 'node:fs';
import { program } from '../../system/program.js';
import { drivers, message, Place } from './place.js';

let place: Place;
beforeAll(async () => {
  place = new Place();
  // Builds the library where that was not done since it has changed.
  expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => place.dispose());

/** A program that opens a store, and tells each commit once it is acknowledged. */
const owner = (path: string, commits: number): string => `
  const { SqliteStore } = await import(pathToFileURL(compiled('src/journal/sqlite/index.ts')));
  const { Batch } = await import(pathToFileURL(compiled('src/journal/port/index.ts')));
  const store = new SqliteStore({
    path: ${JSON.stringify(path)}, driver: ${JSON.stringify(drivers[0])}, level: 'disk', bytesMax: undefined,
    damaged: 'refuse', checkBytesMax: Infinity,
  });
  const { batch } = await store.open();
  for (let number = batch + 1; number <= batch + ${commits}; number++) {
    const next = new Batch(number);
    next.append('message', number, 's', new Uint8Array(100));
    store.mark(number, 1);
    await store.write(next);
    say('done ' + number);
  }
`;
const last = (stdout: string): number =>
  Math.max(...[...stdout.matchAll(/done (\d+)/g)].map(([, number]) => Number(number)));

describe('the owner of a store', { timeout: 60_000 }, () => {
  test('that is another program keeps it, and tells who it is; killed, it leaves it free at once', async () => {
    const path = `${place.path}-killed`;
    let refusal: unknown;
    const lives = "say('pid ' + process.pid); setInterval(() => {}, 1_000);";
    const ended = await program(`say('ready'); ${owner(path, 5)} ${lives}`, {
      act: async (kill, said) => {
        await said('pid ');
        refusal = await place.store({ path }).open().catch((error: unknown) => error);
        kill('SIGKILL');
      },
    });
    expect(ended.signal).toBe('SIGKILL');
    const pid = /pid (\d+)/.exec(ended.stdout)?.[1];
    expect(refusal).toMatchObject({ code: 'STORE_LOCKED', message: expect.stringContaining(`by process ${pid} on `) });
    const next = place.store({ path });
    const opened = await next.open();
    expect(opened).toMatchObject({ epoch: 2, clean: false, batch: 5, findings: [] });
    expect([...opened.marks]).toEqual([1, 2, 3, 4, 5].map((seq) => [seq, 1]));
  });

  test('P26: that is stopped keeps it until it is gone', async () => {
    const path = `${place.path}-stopped`;
    const codes: unknown[] = [];
    const ended = await program(`say('ready'); ${owner(path, 2)} say('open'); setInterval(() => {}, 1_000);`, {
      act: async (kill, said) => {
        await said('open');
        kill('SIGSTOP');
        for (let round = 0; round < 2; round++) {
          codes.push(await place.store({ path }).open().catch((error: { code: string }) => error.code));
        }
        kill('SIGKILL');
      },
    });
    expect([ended.signal, codes]).toEqual(['SIGKILL', ['STORE_LOCKED', 'STORE_LOCKED']]);
    expect(await place.store({ path }).open()).toMatchObject({ epoch: 2, batch: 2 });
  });

  test('P19: that is killed in the middle of its commits has lost none that was acknowledged', async () => {
    const path = `${place.path}-busy`;
    for (let round = 1; round <= 3; round++) {
      const { stdout } = await program(`say('ready'); ${owner(path, 1_000_000)}`, {
        act: async (kill, said) => {
          await said(`done ${round * 37}`);
          kill('SIGKILL');
        },
      });
      const store = place.store({ path });
      const { batch, findings } = await store.open();
      expect(findings).toEqual([]);
      expect(batch).toBeGreaterThanOrEqual(last(stdout));
      const rows = await store.rows('message', null, 0, 1_000_000, false);
      expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: batch }, (_, at) => at + 1));
      await store.close();
    }
  });
});

describe('a program with a store', { timeout: 60_000 }, () => {
  test('ends by itself while nothing is on its way, and not before a commit is there', async () => {
    const path = `${place.path}-idle`;
    const idle = await program(`say('ready'); ${owner(path, 1)} say('idle');`);
    expect(idle).toMatchObject({ code: 0, stderr: '' });
    const busy = await program(`say('ready'); ${owner(path, 0)}
      const next = new Batch(2);
      for (let seq = 2; seq < 2_000; seq++) next.append('message', seq, 's', new Uint8Array(100));
      void store.write(next).then(() => say('written'));
    `);
    expect(busy).toMatchObject({ code: 0, stdout: 'ready\nwritten\n' });
    expect(await place.store({ path }).open()).toMatchObject({ batch: 2, clean: false, epoch: 3 });
  });

  test('says nothing of its own on standard error, whatever Node thinks of its SQLite', async () => {
    const path = `${place.path}-quiet`;
    const ended = await program(
      `say('ready'); ${owner(path, 3)} await store.check(); await store.close(); say('closed');`,
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(`${path}-wal`)).toBe(false);
    const store = place.store({ path });
    await store.open();
    await store.write(message(4));
  });
});
