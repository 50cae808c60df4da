import { describe, expect, it } from 'vitest';
import { child, defineAgent, type System } from '../../../../src/index.js';
import type { Lease, QueueOptions } from '../../../../src/bus/public.js';
import { dies, lifeOn, TestDisk } from '../../../delivery/durable/lives.js';
import { settleTurn } from '../../../support/system.js';
import { expectBalanced } from '../help.js';

const LEASED: QueueOptions<string> = { durable: true, leaseMs: 60_000, attemptsMax: 5 };

/** Adds what it consumes, and pushes what it is told to; fails when that says so. */
const Adder = defineAgent({
  name: 'adder',
  durable: true,
  init: () => ({ items: [] as string[] }),
  calls: { items: (self) => self.state.items },
  casts: {
    async add(self, lease: Lease<string>) {
      self.state.items.push(lease.item);
      await lease.ack();
      if (lease.item === 'bad' && lease.attempt === 1) throw new Error('after the ack');
    },
    async pass(self, item: string) {
      self.state.items.push(item);
      await self.queue<string>('jobs', LEASED).push(item);
      if (item === 'bad') throw new Error('after the push');
    },
    async twice(self, lease: Lease<string>) {
      await lease.ack();
      self.state.items.push(...await Promise.all([lease.ack(), lease.nack(), lease.extend(5)].map(
        (verb) => verb.then(() => 'done', (error: { code: string }) => error.code),
      )));
    },
  },
});

async function adder(system: System) {
  await system.supervise({ intensity: 100, children: [child('adder', Adder)] });
  return system.ref(Adder, 'adder');
}

describe('P21 a durable queue and the turn of a durable agent', () => {
  it('an acknowledgement is a part of the turn: effect and end are one commit', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const ref = await adder(first);
    const jobs = first.queue<string>('jobs', LEASED);
    await jobs.push('a');
    disk.hold();
    jobs.consume(ref, { cast: 'add' });
    await settleTurn();
    expect(jobs.stats()).toMatchObject({ ending: 1, acked: 0 });
    dies(first, disk);

    const second = lifeOn(disk);
    const again = await adder(second);
    const later = second.queue<string>('jobs', LEASED);
    expect(await again.call('items')).toEqual([]);
    later.consume(again, { cast: 'add' });
    while (later.stats().acked === 0) await settleTurn();
    expect(await again.call('items')).toEqual(['a']);
    dies(second, disk);

    const third = lifeOn(disk);
    expect(await (await adder(third)).call('items')).toEqual(['a']);
    await third.store.ready;
    expect(third.queue<string>('jobs', LEASED).stats()).toMatchObject({ recovered: 0 });
  });

  it('a turn that fails has acknowledged nothing: the item comes again', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const ref = await adder(system);
    const jobs = system.queue<string>('jobs', LEASED);
    jobs.consume(ref, { cast: 'add' });
    for (const item of ['bad', 'good']) await jobs.push(item);
    while (jobs.stats().acked < 2) await settleTurn();
    expect((await ref.call('items')).sort()).toEqual(['bad', 'good']);
    expect(jobs.stats()).toMatchObject({ pushed: 2, acked: 2, ready: 0, leased: 0 });
    expectBalanced(jobs);
  });

  it('once acknowledged in a turn, a lease takes no other verb', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const ref = await adder(system);
    const jobs = system.queue<string>('jobs', LEASED);
    jobs.consume(ref, { cast: 'twice' });
    await jobs.push('a');
    while (jobs.stats().acked < 1) await settleTurn();
    expect(await ref.call('items')).toEqual(['LEASE_LOST', 'LEASE_LOST', 'LEASE_LOST']);
  });

  it('a push belongs to the turn: it goes with the commit, or not at all', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const ref = await adder(system);
    const jobs = system.queue<string>('jobs', LEASED);
    disk.hold();
    ref.cast('pass', 'a');
    await settleTurn();
    expect(jobs.stats()).toMatchObject({ pushed: 0, ready: 0, pushing: 1 });
    disk.release();
    while (jobs.stats().ready < 1) await settleTurn();
    ref.cast('pass', 'bad');
    while (jobs.stats().dropped < 1) await settleTurn();
    expect(jobs.stats()).toMatchObject({ pushed: 2, dropped: 1, ready: 1, pushing: 0 });
    expectBalanced(jobs);
    dies(system, disk);
    const second = lifeOn(disk);
    expect(await (await adder(second)).call('items')).toEqual(['a']);
    const later = second.queue<string>('jobs', LEASED);
    expect((await later.lease()).item).toBe('a');
    expect(later.stats()).toMatchObject({ recovered: 1, ready: 0 });
  });

  it('a push in a turn does not wait for room', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    await adder(system);
    const narrow = { durable: true, capacity: 1, overflow: 'suspend' } as const;
    const codes: unknown[] = [];
    const Pusher = defineAgent({
      name: 'pusher',
      durable: true,
      init: () => 0,
      calls: {
        async fill(self) {
          const queue = self.queue<number>('narrow', narrow);
          await queue.push(1);
          await queue.push(2).catch((error: { code: string }) => codes.push(error.code));
          return codes;
        },
      },
    });
    const queue = system.queue<number>('narrow', narrow);
    await system.store.ready;
    expect(await (await system.start(Pusher, { name: 'pusher' })).call('fill')).toEqual(['QUEUE_FULL']);
    expect(queue.stats()).toMatchObject({ pushed: 1, refused: 1, ready: 1 });
  });
});
