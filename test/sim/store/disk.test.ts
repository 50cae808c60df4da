import { describe, expect, it } from 'vitest';
import { Batch, type Store } from '../../../src/journal/port/index.js';
import { Random } from '../../../src/testing/index.js';
import { storeContract } from '../../journal/store-contract.js';
import { Disk, type DiskOptions } from './disk.js';

const AT_ONCE: DiskOptions = { timer: (_ms, fn) => { setImmediate(fn); } };

storeContract('simulated', () => {
  const disk = new Disk(new Random(1), { ...AT_ONCE, strict: false });
  return {
    source: disk.connect(),
    killed: () => {
      disk.crash();
      return disk.connect();
    },
  };
});

async function opened(disk: Disk): Promise<Store> {
  const store = disk.connect().connect();
  await store.open();
  return store;
}

function row(number: number): Batch {
  const batch = new Batch(number);
  batch.append('message', number, 's', Uint8Array.of(number));
  return batch;
}

describe('the simulated disk', () => {
  it('a crash keeps all that was written, and of what was in flight all or nothing', async () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const disk = new Disk(new Random(seed), { ...AT_ONCE, level: 'process' });
      const store = await opened(disk);
      for (let n = 1; n <= 3; n++) await store.write(row(n));
      store.mark(3, 1);
      const flight = store.write(row(4));
      disk.crash();
      const next = disk.connect().connect();
      const found = await next.open();
      expect(found.clean).toBe(false);
      expect([...found.marks]).toEqual([[3, 1]]);
      expect(await next.rows('message', null, 0, 10, false)).toHaveLength(found.batch);
      seen.add(found.batch);
      // Nobody hears of the dead connection any more.
      await expect(Promise.race([flight.then(() => 'told'), Promise.resolve('silent')])).resolves.toBe('silent');
    }
    expect([...seen].toSorted((a, b) => a - b)).toEqual([3, 4]);
  });

  it('a loss of power takes a suffix at level process, and nothing that is acknowledged at level disk', async () => {
    const seen = { process: new Set<number>(), disk: new Set<number>() };
    for (let seed = 0; seed < 40; seed++) {
      for (const level of ['process', 'disk'] as const) {
        const disk = new Disk(new Random(seed), { ...AT_ONCE, level });
        const store = await opened(disk);
        for (let n = 1; n <= 3; n++) await store.write(row(n));
        disk.powerCut();
        const next = await opened(disk);
        const rows = await next.rows('message', null, 0, 10, false);
        expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3].slice(0, rows.length));
        seen[level].add(rows.length);
      }
    }
    expect([...seen.process].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect([...seen.disk]).toEqual([3]);
  });

  it('a write that fails is there or not; nothing more is written on that connection', async () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const disk = new Disk(new Random(seed), AT_ONCE);
      const store = await opened(disk);
      await store.write(row(1));
      disk.failNext();
      await expect(store.write(row(2))).rejects.toMatchObject({ code: 'STORE_FAILED' });
      await expect(store.write(row(3))).rejects.toMatchObject({ code: 'STORE_FAILED' });
      await store.close();
      expect((await store.open()).clean).toBe(false);
      seen.add((await store.rows('message', null, 0, 10, false)).length);
    }
    expect([...seen].toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('tells what a journal must not do', async () => {
    const store = await opened(new Disk(new Random(1), AT_ONCE));
    await store.write(row(1));
    await expect(store.write(row(1))).rejects.toThrow('batch 1 comes after 1');
    const batch = new Batch(2);
    batch.remove('message', 7);
    await expect(store.write(batch)).rejects.toThrow('message/7 is removed, and is not there');
  });
});
