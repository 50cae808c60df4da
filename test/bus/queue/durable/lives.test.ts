import { describe, expect, it } from 'vitest';
import { defineAgent, type System } from '../../../../src/index.js';
import type { Lease, Queue, QueueOptions } from '../../../../src/bus/public.js';
import { dies, lifeOn, TestDisk } from '../../../delivery/durable/lives.js';
import { settleTurn } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { codeOf, expectBalanced } from '../help.js';

const LEASED: QueueOptions<string> = { durable: true, leaseMs: 60_000, attemptsMax: 3 };
const PLAIN: QueueOptions<string> = { durable: true };

/** A life that pushes these, and dies. */
async function pushed(disk: TestDisk, items: readonly string[], options: QueueOptions<string> = LEASED): Promise<void> {
  const system = lifeOn(disk);
  const jobs = system.queue<string>('jobs', options);
  await Promise.all(items.map((item) => jobs.push(item)));
  dies(system, disk);
}

/** The next so many, without an end for those that are leased. */
async function next(queue: Queue<string>, many: number): Promise<string[]> {
  const came: string[] = [];
  for (let n = 0; n < many; n++) came.push((await queue.lease()).item);
  return came;
}

describe('P19 dead letters of a durable queue', () => {
  const ONCE: QueueOptions<string> = { ...LEASED, attemptsMax: 1 };

  async function buried(disk: TestDisk): Promise<System> {
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', ONCE);
    await jobs.push('a', { lane: 'high' });
    await (await jobs.lease()).reject('poison');
    expect((await system.store.stats()).rows).toMatchObject({ item: 0, dead: 1 });
    return system;
  }

  it('a retry in the same life pushes the item, and takes the row of its letter in the same commit', async () => {
    const disk = new TestDisk();
    const first = await buried(disk);
    const [letter] = first.deadLetters.list();
    expect(letter).toMatchObject({ verb: 'push', to: 'jobs', op: 'item', seq: expect.any(Number) as number });
    expect(first.deadLetters.retry({ to: 'jobs' })).toMatchObject({ retried: [letter?.id], refused: [] });
    await first.store.flush();
    expect((await first.store.stats()).rows).toMatchObject({ item: 1, dead: 0 });
    dies(first, disk);
    const second = lifeOn(disk);
    expect(await next(second.queue<string>('jobs', ONCE), 1)).toEqual(['a']);
    expect(second.deadLetters.list()).toEqual([]);
  });

  it('a retry in a later life pushes the item once there is such a queue, never to an agent of that name', async () => {
    const disk = new TestDisk();
    dies(await buried(disk), disk);
    const system = lifeOn(disk);
    system.start(defineAgent({
      name: 'item', init: () => ({}), casts: { item() { throw new Error('it is no message'); } },
    }), { name: 'jobs' });
    await system.store.flush();
    const [letter] = system.deadLetters.list();
    expect(letter).toMatchObject({ verb: 'push', to: 'jobs', payload: 'a', attempts: 1 });
    const refused = (code: string): object => ({ retried: [], refused: [{ id: letter?.id, code }] });
    expect(system.deadLetters.retry({ to: 'jobs' })).toMatchObject(refused('QUEUE_CLOSED'));
    const jobs = system.queue<string>('jobs', ONCE);
    await settleTurn();
    expect(system.deadLetters.retry({ to: 'jobs' })).toMatchObject({ retried: [letter?.id], refused: [] });
    await system.store.flush();
    expect((await system.store.stats()).rows).toMatchObject({ item: 1, dead: 0 });
    const lease = await jobs.lease();
    expect([lease.item, lease.attempt]).toEqual(['a', 1]);
    await lease.ack();
  });

  it('edit and prune of its letter are those of its row', async () => {
    const disk = new TestDisk();
    const first = await buried(disk);
    const [letter] = first.deadLetters.list();
    first.deadLetters.edit(letter?.id as number, 'b');
    await first.store.flush();
    dies(first, disk);
    const second = lifeOn(disk);
    await second.store.flush();
    expect(second.deadLetters.list()).toMatchObject([{ payload: 'b', verb: 'push' }]);
    second.deadLetters.prune({ to: 'jobs' });
    await second.store.flush();
    expect((await second.store.stats()).rows).toMatchObject({ item: 0, dead: 0 });
  });

  it('is not given to a queue of that name that is not durable', async () => {
    const disk = new TestDisk();
    dies(await buried(disk), disk);
    const system = lifeOn(disk);
    await system.store.flush();
    system.queue<string>('other', PLAIN);
    system.queue<string>('jobs');
    expect(system.deadLetters.retry({ to: 'jobs' })).toMatchObject({ refused: [{ code: 'PROTOCOL_MISMATCH' }] });
    expect((await system.store.stats()).rows).toMatchObject({ dead: 1 });
  });
});

describe('P19 a durable queue over lives', () => {
  it('has what an earlier life has pushed, before what comes now', async () => {
    const disk = new TestDisk();
    await pushed(disk, ['a', 'b']);
    const jobs = lifeOn(disk).queue<string>('jobs', LEASED);
    expect(await jobs.push('c')).toBe('queued');
    expect(jobs.stats()).toMatchObject({ durable: true, recovered: 2, pushed: 1, ready: 3, unread: 2 });
    expect(await next(jobs, 3)).toEqual(['a', 'b', 'c']);
    expectBalanced(jobs);
  });

  it('what was acknowledged never comes again, what was only leased does', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const before = first.queue<string>('jobs', LEASED);
    for (const item of ['a', 'b', 'c']) await before.push(item);
    await (await before.lease()).ack();
    await before.lease();
    dies(first, disk);
    const jobs = lifeOn(disk).queue<string>('jobs', LEASED);
    expect(await next(jobs, 2)).toEqual(['b', 'c']);
    expect(jobs.stats()).toMatchObject({ recovered: 2, leased: 2, ready: 0 });
  });

  it('an acknowledgement is told when it is safe, and not before', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', LEASED);
    await jobs.push('a');
    const lease = await jobs.lease();
    disk.hold();
    let told = false;
    const ack = lease.ack().then(() => { told = true; });
    await settleTurn();
    expect(told).toBe(false);
    expect(jobs.stats()).toMatchObject({ ending: 1, acked: 0, leased: 0 });
    disk.release();
    await ack;
    expect(jobs.stats()).toMatchObject({ ending: 0, acked: 1 });
    expectBalanced(jobs);
  });

  it('a push is told when it is safe, and nobody has the item before', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', LEASED);
    await system.store.ready;
    disk.hold();
    const events: string[] = [];
    const push = jobs.push('a').then(() => events.push('pushed'));
    const lease = jobs.lease().then(() => events.push('leased'));
    await settleTurn();
    expect(events).toEqual([]);
    expect(jobs.stats()).toMatchObject({ pushed: 0, pushing: 1, waiting: 1 });
    disk.release();
    await Promise.all([push, lease]);
    expect(events.sort()).toEqual(['leased', 'pushed']);
  });

  it('without leases an item is gone before its consumer has it', async () => {
    const disk = new TestDisk();
    await pushed(disk, ['a', 'b', 'c'], PLAIN);
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', PLAIN);
    expect(await jobs.pull()).toBe('a');
    disk.hold();
    const pull = jobs.pull();
    await settleTurn();
    expect(jobs.stats()).toMatchObject({ ending: 1, acked: 1 });
    disk.release();
    expect(await pull).toBe('b');
    dies(system, disk);
    const later = lifeOn(disk).queue<string>('jobs', PLAIN);
    const loop = later.items();
    expect(await loop.next()).toEqual({ done: false, value: 'c' });
    expect(later.stats()).toMatchObject({ recovered: 1, acked: 1 });
  });

  it('each lane comes before the lower ones, whatever life an item is of', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const before = first.queue<string>('jobs', LEASED);
    await before.push('n1');
    await before.push('l1', { lane: 'low' });
    await before.push('h1', { lane: 'high' });
    dies(first, disk);
    const jobs = lifeOn(disk).queue<string>('jobs', LEASED);
    await jobs.push('h2', { lane: 'high' });
    await jobs.push('n2');
    await jobs.push('c2', { lane: 'critical' });
    expect(await next(jobs, 6)).toEqual(['c2', 'h1', 'h2', 'n1', 'n2', 'l1']);
  });

  it('many are read some at a time, as consumers ask', async () => {
    const disk = new TestDisk();
    const items = Array.from({ length: 500 }, (_, n) => `i${n}`);
    await pushed(disk, items);
    const jobs = lifeOn(disk).queue<string>('jobs', LEASED);
    await jobs.push('new');
    expect(jobs.stats()).toMatchObject({ recovered: 500, ready: 501, unread: 500 });
    expect(await next(jobs, 1)).toEqual(['i0']);
    expect(jobs.stats().unread).toBe(500 - 128);
    expect(await next(jobs, 500)).toEqual([...items.slice(1), 'new']);
    expect(jobs.stats()).toMatchObject({ unread: 0, leased: 501, ready: 0 });
    expectBalanced(jobs);
  });

  it('P22 attempts are counted over lives, and what kills every program is a dead letter in the end', async () => {
    const disk = new TestDisk();
    await pushed(disk, ['poison', 'fine']);
    for (let life = 1; life <= 3; life++) {
      const system = lifeOn(disk);
      const lease = await system.queue<string>('jobs', LEASED).lease();
      expect([lease.item, lease.attempt]).toEqual(['poison', life]);
      dies(system, disk);
    }
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', LEASED);
    const lease = await jobs.lease();
    expect([lease.item, lease.attempt]).toEqual(['fine', 1]);
    await lease.ack();
    const [letter] = system.deadLetters.list({ to: 'jobs' });
    expect(letter).toMatchObject({ payload: 'poison', attempts: 3, reason: 'died_with_program' });
    expect(jobs.stats()).toMatchObject({ recovered: 2, deadLettered: 1, acked: 1 });
    const { rows, records } = await system.store.stats();
    expect([rows.item, rows.dead, records.attempt]).toEqual([0, 1, 0]);
  });

  it('P22 an attempt that failed is there in the next life, with its reason', async () => {
    const disk = new TestDisk();
    await pushed(disk, ['a']);
    const first = lifeOn(disk);
    await (await first.queue<string>('jobs', LEASED).lease()).nack({ reason: 'no room' });
    dies(first, disk);
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', LEASED);
    const lease = await jobs.lease();
    expect(lease.attempt).toBe(2);
    await lease.reject('never');
    const [letter] = system.deadLetters.list({ to: 'jobs' });
    expect(letter?.failures.map(({ reason }) => reason)).toEqual(['no room', 'never']);
  });

  it('a delay is kept as a moment, over lives', async () => {
    const disk = new TestDisk();
    const env = new VirtualEnv();
    const first = lifeOn(disk, { env });
    await first.queue<string>('jobs', LEASED).push('later', { delayMs: 5_000 });
    await first.queue<string>('jobs').push('soon', { delayMs: 1_000 });
    dies(first, disk);
    await env.advance(1_000);
    env.wallNow += 1_000;
    const jobs = lifeOn(disk, { env }).queue<string>('jobs', LEASED);
    expect(await next(jobs, 1)).toEqual(['soon']);
    expect(jobs.stats()).toMatchObject({ recovered: 2, delayed: 1, leased: 1 });
    const later = next(jobs, 1);
    await env.advance(3_999);
    expect(jobs.stats().delayed).toBe(1);
    await env.advance(2);
    expect(await later).toEqual(['later']);
  });

  it('a stop leaves all of it in the store, also what is leased, and buries nothing', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const before = first.queue<string>('jobs', { ...LEASED, attemptsMax: 1 });
    for (const item of ['a', 'b', 'c', 'd']) await before.push(item, { delayMs: item === 'd' ? 60_000 : 0 });
    const lease = await before.lease();
    const Holder = defineAgent({ casts: { async hold(self) { await self.queue('jobs').lease(); } } });
    first.start(Holder).cast('hold');
    await settleTurn();
    const late = first.queue<string>('empty', LEASED).lease();
    await first.stop();
    expect(await codeOf(late)).toBe('SYSTEM_STOPPED');
    expect(await codeOf(lease.ack())).toBe('LEASE_LOST');
    expect(before.stats()).toMatchObject({ pushed: 4, stored: 4, deadLettered: 0, ready: 0, leased: 0, delayed: 0 });
    expect(first.deadLetters.list()).toEqual([]);
    expectBalanced(before);
    const jobs = lifeOn(disk).queue<string>('jobs', LEASED);
    expect((await next(jobs, 3)).sort()).toEqual(['a', 'b', 'c']);
    expect(jobs.stats()).toMatchObject({ recovered: 4, delayed: 1 });
  });

  it('tokens of leases grow over lives, and an item keeps its number', async () => {
    const disk = new TestDisk();
    await pushed(disk, ['a']);
    const first = lifeOn(disk);
    const before = await first.queue<string>('jobs', LEASED).lease();
    dies(first, disk);
    const after = await lifeOn(disk).queue<string>('jobs', LEASED).lease();
    expect(after.token).toBeGreaterThan(before.token);
    expect(after.id).toBe(before.id);
  });
});

describe('P22 what an attempt of a durable queue is', () => {
  it('an item that is given back is one, whatever the reason is called', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', { ...LEASED, attemptsMax: 2 });
    await jobs.push('a');
    for (const attempt of [1, 2]) {
      const lease = await jobs.lease();
      expect(lease.attempt).toBe(attempt);
      await lease.nack({ reason: 'shutdown' });
    }
    expect(system.deadLetters.list()).toMatchObject([{ payload: 'a', attempts: 2 }]);
    expect(jobs.stats()).toMatchObject({ deadLettered: 1, stored: 0 });
    dies(system, disk);
  });

  it('attempts add up over retries of the letter, also in a later life', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const jobs = system.queue<string>('jobs', { ...LEASED, attemptsMax: 2 });
    await jobs.push('a');
    for (const retried of [false, true]) {
      if (retried) system.deadLetters.retry({});
      for (let attempt = 0; attempt < 2; attempt++) await (await jobs.lease()).nack({ reason: `no ${retried}` });
    }
    expect(system.deadLetters.list()).toMatchObject([{ attempts: 4 }]);
    await system.store.flush();
    dies(system, disk);
    const later = lifeOn(disk);
    await later.store.ready;
    const [letter] = later.deadLetters.list();
    expect(letter?.failures?.map(({ attempt, reason }) => `${attempt} ${String(reason)}`))
      .toEqual(['1 no false', '2 no false', '3 no true', '4 no true']);
    dies(later, disk);
  });

  it('attempts of a letter that waits again add up over the end of the program', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const jobs = first.queue<string>('jobs', { ...LEASED, attemptsMax: 1 });
    await jobs.push('a');
    await (await jobs.lease()).nack({ reason: 'first life' });
    expect(first.deadLetters.retry({}).retried).toHaveLength(1);
    await first.store.flush();
    dies(first, disk);
    const second = lifeOn(disk);
    await (await second.queue<string>('jobs', { ...LEASED, attemptsMax: 1 }).lease()).nack({ reason: 'second life' });
    expect(second.deadLetters.list()).toMatchObject([{
      attempts: 2, failures: [{ attempt: 1, reason: 'first life' }, { attempt: 2, reason: 'second life' }],
    }]);
    dies(second, disk);
  });

  it('P21: a lease that was acknowledged in a turn is not given back by its disposal', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const Worker = defineAgent({
      name: 'worker', durable: true, init: () => ({ n: 0 }),
      casts: {
        async work(self, lease: Lease<string>) {
          self.state.n++;
          await lease.ack();
          await lease[Symbol.asyncDispose]();
        },
      },
      calls: { n: (self) => self.state.n },
    });
    const worker = await system.start(Worker, { name: 'worker' });
    const jobs = system.queue<string>('jobs', LEASED);
    jobs.consume(worker, { cast: 'work' });
    await jobs.push('a');
    for (let turn = 0; turn < 100 && jobs.stats().acked === 0; turn++) await settleTurn();
    expect(jobs.stats()).toMatchObject({ acked: 1, returned: 0 });
    expect(await worker.call('n')).toBe(1);
    dies(system, disk);
  });
});
