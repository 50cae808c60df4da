import { describe, expect, it } from 'vitest';
import type { QueueOptions } from '../../../../src/bus/public.js';
import { lifeOn, TestDisk } from '../../../delivery/durable/lives.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { codeOf, expectBalanced, KINDS } from '../help.js';

const LEASED: QueueOptions<unknown> = { durable: true, leaseMs: 60_000 };

describe('a durable queue refuses what it cannot keep', () => {
  it('without a store it is NO_STORE, which says what helps', () => {
    const system = testSystem();
    expect(() => system.queue('jobs', { durable: true })).toThrow(
      expect.objectContaining({ code: 'NO_STORE' }) as Error,
    );
    expect(() => system.queue('jobs', { durable: true })).toThrow(/queue\.durable.*createSystem\(\{ store/s);
    expect(system.queue('jobs').stats().durable).toBe(false);
  });

  it.each([[{ durable: 1 }], [{ durable: 'yes' }], [{ durable: null }]])('the option %j', (options) => {
    expect(() => testSystem().queue('jobs', options as never))
      .toThrow(/queue\.durable: got .*, expected true or false/);
  });

  it('one name is durable or not, not both', () => {
    const system = lifeOn(new TestDisk());
    system.queue('jobs', { durable: true });
    expect(() => system.queue('jobs', { durable: false })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_CONFLICT' }) as Error,
    );
    expect(system.queue('jobs').stats().durable).toBe(true);
  });

  it('an item that cannot be stored is NOT_STORABLE by its path, and never was there', async () => {
    const system = lifeOn(new TestDisk());
    const jobs = system.queue<unknown>('jobs', LEASED);
    for (const item of [{ tools: [1, { run: () => 1 }] }, Symbol('s')]) {
      expect(await codeOf(jobs.push(item))).toBe('NOT_STORABLE');
    }
    await expect(jobs.push({ tools: [1, { run: () => 1 }] })).rejects.toThrow(/^item\.tools\[1\]\.run: /);
    expect(jobs.stats()).toMatchObject({ pushed: 0, ready: 0, pushing: 0 });
  });
});

describe('a durable queue and a store that fails', () => {
  it('P19 a push whose commit fails is UNKNOWN, and so is every later one refused', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<unknown>('jobs', LEASED);
    await jobs.push('safe');
    disk.fail();
    expect(await codeOf(jobs.push('lost'))).toBe('UNKNOWN');
    expect(await codeOf(jobs.push('late'))).toBe('STORE_FAILED');
    expect(jobs.stats()).toMatchObject({ pushed: 2, unknown: 1, refused: 1, ready: 1, pushing: 0 });
    expectBalanced(jobs);
    const lease = await jobs.lease();
    expect(await codeOf(lease.ack())).toBe('UNKNOWN');
    expect(jobs.stats()).toMatchObject({ acked: 0, stored: 1, leased: 0, ending: 0 });
    expectBalanced(jobs);
    disk.crash();
    const later = lifeOn(disk).queue<unknown>('jobs', LEASED);
    expect((await later.lease()).item).toBe('safe');
  });

  it('an acknowledgement whose commit fails is UNKNOWN, and is counted as that', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<unknown>('jobs', LEASED);
    await jobs.push('a');
    await jobs.push('b');
    const [a, b] = [await jobs.lease(), await jobs.lease()];
    disk.fail();
    expect(await Promise.all([codeOf(a.ack()), codeOf(b.reject('no'))])).toEqual(['UNKNOWN', 'UNKNOWN']);
    expect(jobs.stats()).toMatchObject({ unknown: 2, acked: 0, deadLettered: 0 });
    expect(system.deadLetters.list()).toEqual([]);
    expectBalanced(jobs);
    disk.crash();
  });

  it('a pull that may have taken its item, or not, is UNKNOWN', async () => {
    const disk = new TestDisk();
    const jobs = lifeOn(disk).queue<unknown>('jobs', { durable: true });
    await jobs.push('a');
    disk.fail();
    expect(await codeOf(jobs.pull())).toBe('UNKNOWN');
    expect(jobs.stats()).toMatchObject({ unknown: 1, acked: 0 });
    disk.crash();
  });

  it('P38 a row that is damaged stays in the store, and the others have their turn', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const before = first.queue<unknown>('jobs', LEASED);
    for (const item of ['a', 'b', 'c']) await before.push(item);
    const { id } = await before.lease();
    await first.stop();
    disk.rot(id, 'item');
    const system = lifeOn(disk);
    const jobs = system.queue<unknown>('jobs', LEASED);
    expect([(await jobs.lease()).item, (await jobs.lease()).item]).toEqual(['b', 'c']);
    expect(jobs.stats()).toMatchObject({ recovered: 3, stored: 1, leased: 2 });
    expect((await system.store.stats()).rows.item).toBe(3);
    expectBalanced(jobs);
  });

  it('a store that cannot be opened fails every verb with its reason', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.store.ready;
    const second = lifeOn(disk);
    const jobs = second.queue<unknown>('jobs', LEASED);
    const waits = codeOf(jobs.lease());
    expect(await codeOf(jobs.push('a'))).toBe('STORE_LOCKED');
    expect(await waits).toBe('STORE_LOCKED');
    expect(await codeOf(jobs.lease())).toBe('STORE_LOCKED');
    await settleTurn();
    expect(jobs.stats()).toMatchObject({ pushed: 0, recovered: 0, waiting: 0 });
  });
});

describe.each(KINDS.slice(1))('durable queues of one system ($kind)', ({ system: make, how }) => {
  it('do not mix, whatever their names and lanes', async () => {
    const system = make();
    const names = ['a', 'a.high', 'a.low', 'b'];
    for (const name of names) {
      for (const lane of ['low', 'high'] as const) await system.queue(name, how).push(`${name} ${lane}`, { lane });
    }
    for (const name of names) {
      const queue = system.queue<string>(name);
      expect([await queue.pull(), await queue.pull()]).toEqual([`${name} high`, `${name} low`]);
      expect(queue.size).toBe(0);
    }
    expect((await system.store.stats()).rows.item).toBe(0);
  });
});
