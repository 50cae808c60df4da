import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqliteStore } from '../../../src/journal/sqlite/index.js';
import { batchOf, drivers, message, Place } from './place.js';

const MIB = 1 << 20;

/** A disk of 4 MiB, where this program may make one. */
function mounted(at: string): boolean {
  mkdirSync(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const place = new Place();
const disk = join(place.dir, 'disk');
const there = mounted(disk);
afterAll(async () => {
  await place.closeAll();
  if (there) execFileSync('umount', [disk]);
  await place.dispose();
});
beforeAll(() => {
  if (!there) console.warn('no disk of its own for the tests of a full disk: they need root and tmpfs');
});

test('a full disk can be tried, at least where the tests of this repository run for everybody', () => {
  if (process.env['CI'] === 'true') expect(there).toBe(true);
});

describe.runIf(there)('a disk that is full', () => {
  const settings = { path: join(disk, 'store.db') };
  async function fill(store: SqliteStore, from: number): Promise<number> {
    for (let number = from; ; number++) {
      try {
        await store.write(message(number, MIB / 16));
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('make room') });
        return number;
      }
    }
  }

  test.each(drivers)('P28: is a coded error, nothing is half there, and there is a way on: %s', async (driver) => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name));
    writeFileSync(join(disk, 'ballast'), new Uint8Array(2 * MIB));
    const store = place.store({ ...settings, driver });
    await store.open();
    const failed = await fill(store, 1);
    expect(failed).toBeGreaterThan(10);
    await expect(store.write(message(failed))).rejects.toMatchObject({ code: 'STORE_FULL' });
    await store.close();
    rmSync(join(disk, 'ballast'));
    const opened = await store.open();
    expect(opened).toMatchObject({ batch: failed - 1, clean: false, findings: [] });
    expect(await store.rows('message', null, 0, 1_000, false)).toHaveLength(failed - 1);
    await store.write(batchOf(failed, (batch) => {
      for (let seq = 1; seq < failed; seq++) batch.remove('message', seq);
    }));
    await store.close();
    await store.open();
    expect(await fill(store, failed + 1)).toBeGreaterThan(failed + 5);
    await store.close();
  });

  test('P22: is an error of a mark as well', async () => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name));
    const store = place.store(settings);
    await store.open();
    await store.write(message(1));
    expect(() => writeFileSync(join(disk, 'rest'), new Uint8Array(4 * MIB))).toThrow('ENOSPC');
    expect(() => {
      for (let attempt = 1; attempt < 10_000; attempt++) store.mark(1, attempt);
    }).toThrow(expect.objectContaining({ code: 'STORE_FULL', message: expect.stringContaining('make room') }));
    rmSync(join(disk, 'rest'));
    store.mark(1, 10_000);
    await store.close();
  });

  test('leaves no half of a backup', async () => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name));
    const store = await place.filled(0, { path: join(place.dir, 'large.db') });
    for (let number = 1; number <= 10; number++) await store.write(message(number, MIB));
    await expect(store.backup(join(disk, 'copy.db'))).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(readdirSync(disk)).toEqual([]);
    await store.write(message(11));
  });

  test('is told when there is no room to begin', async () => {
    expect(() => writeFileSync(join(disk, 'rest'), new Uint8Array(5 * MIB))).toThrow('ENOSPC');
    await expect(place.store({ path: join(disk, 'new.db') }).open()).rejects.toMatchObject({ code: 'STORE_FULL' });
    rmSync(join(disk, 'rest'));
    const store = place.store({ path: join(disk, 'new.db') });
    expect(await store.open()).toMatchObject({ batch: 0, findings: [] });
  });

  test('that can only be read is refused', async () => {
    const path = join(disk, 'read.db');
    await (await place.filled(2, { path })).close();
    for (const name of readdirSync(disk)) if (!name.startsWith('read')) rmSync(join(disk, name));
    await place.closeAll();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    try {
      await expect(place.store({ path }).open()).rejects.toMatchObject({ code: 'STORE_PATH' });
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk]);
    }
    expect(await place.store({ path }).open()).toMatchObject({ batch: 2, findings: [] });
  });
});
