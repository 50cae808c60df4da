import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Lease } from '../../../src/bus/public.js';
import { settleTurn } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, expectBalanced, VIRTUAL_KINDS } from './help.js';

const options = { leaseMs: 1_000, attemptsMax: 3 };

describe.each(VIRTUAL_KINDS)('P work queue: leases ($kind)', ({ system: testSystem, how }) => {
  test('an item is invisible while it is leased, and done when it is acknowledged', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    const lease = await queue.lease();
    expect([lease.item, lease.attempt, lease.id]).toEqual(['work', 1, 1]);
    expect(queue.size).toBe(0);
    expect(queue.stats()).toMatchObject({ leased: 1, ready: 0 });
    await lease.ack();
    expect(queue.stats()).toMatchObject({ leased: 0, acked: 1 });
    expect(lease.signal.aborted).toBe(false);
  });

  test('it comes back when the lease ends by time: the signal fires first, the late ack is refused', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    const first = await queue.lease();
    const order: string[] = [];
    first.signal.addEventListener('abort', () => order.push('signal'));
    const second = queue.lease().then((lease) => {
      order.push('next');
      return lease;
    });
    await env.advance(999);
    expect(order).toEqual([]);
    await env.advance(2);
    const again = await second;
    expect(order).toEqual(['signal', 'next']);
    expect([again.attempt, again.id, again.token]).toEqual([2, 1, first.token + 1]);
    expect((first.signal.reason as { code: string }).code).toBe('LEASE_LOST');
    for (const late of [first.ack(), first.nack(), first.extend(5), first.reject()]) {
      expect(await codeOf(late)).toBe('LEASE_LOST');
    }
    expect(queue.stats()).toMatchObject({ leased: 1, lost: 1, returned: 1 });
    await again.ack();
    expect(await codeOf(again.ack())).toBe('LEASE_LOST');
    expectBalanced(queue);
  });

  test('what a listener of the signal does cannot keep the item', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    const lease = await queue.lease();
    const late: Promise<unknown>[] = [];
    lease.signal.addEventListener('abort', () => late.push(codeOf(lease.ack())));
    await env.advance(1_001);
    expect(await Promise.all(late)).toEqual(['LEASE_LOST']);
    expect(queue.stats()).toMatchObject({ ready: 1, acked: 0 });
  });

  test('a consumer killed mid-work, its item is handled elsewhere once, and at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    let taken: Lease<string> | undefined;
    const p = system.spawn(async (self) => {
      taken = await self.queue<string>('jobs').lease();
      await new Promise(() => undefined);
    });
    await env.settle();
    expect(queue.stats().leased).toBe(1);
    const handled: string[] = [];
    const other = queue.lease().then(async (lease) => {
      handled.push(lease.item);
      await lease.ack();
    });
    const { now } = env;
    system.exit(p, 'kill');
    await other;
    expect(env.now).toBe(now);
    expect(handled).toEqual(['work']);
    expect(taken?.signal.aborted).toBe(true);
    expect(await codeOf(taken?.ack() as Promise<void>)).toBe('LEASE_LOST');
    expect(queue.stats()).toMatchObject({ acked: 1, leased: 0, lost: 1 });
  });

  test('what a dying process gives back is not given to a wait of its own', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    const p = system.spawn(async (self) => {
      const own = self.queue<string>('jobs');
      await own.lease();
      await own.lease();
    });
    await settleTurn();
    system.exit(p, 'kill');
    expect(queue.stats()).toMatchObject({ ready: 1, leased: 0, waiting: 0 });
  });

  test('extend puts the end off, from now', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('work');
    const lease = await queue.lease();
    await env.advance(900);
    await lease.extend();
    await env.advance(900);
    await lease.extend(50);
    expect(lease.signal.aborted).toBe(false);
    await env.advance(51);
    expect(lease.signal.aborted).toBe(true);
    expect(queue.size).toBe(1);
  });

  test('nack gives it back at once, first in its lane, or later', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('a');
    await queue.push('b');
    await (await queue.lease()).nack();
    const again = await queue.lease();
    expect([again.item, again.attempt]).toEqual(['a', 2]);
    await again.nack({ delayMs: 500 });
    expect((await queue.lease()).item).toBe('b');
    expect(queue.stats()).toMatchObject({ delayed: 1, leased: 1 });
    await env.advance(501);
    expect((await queue.lease()).item).toBe('a');
  });

  test('nack without a delay waits by the back-off of the queue', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', {
      ...how, leaseMs: 10_000, backoff: { baseMs: 100, factor: 3, jitter: 0 },
    });
    await queue.push('a');
    for (const wait of [100, 300]) {
      await (await queue.lease()).nack();
      await env.advance(wait - 1);
      expect(queue.stats().delayed).toBe(1);
      await env.advance(2);
      expect(queue.stats().ready).toBe(1);
    }
  });

  test('a lease that is left by `await using` gives its item back', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, ...options });
    await queue.push('a');
    {
      await using lease = await queue.lease();
      expect(lease.item).toBe('a');
    }
    expect(queue.stats()).toMatchObject({ ready: 1, returned: 1 });
    {
      await using lease = await queue.lease();
      await lease.ack();
    }
    expect(queue.stats()).toMatchObject({ acked: 1 });
  });

  test('an item that has outlived its time does not come back', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('a', { expiresInMs: 100 });
    const lease = await queue.lease();
    await env.advance(200);
    expect(lease.signal.aborted, 'who has it may finish it').toBe(false);
    await lease.nack();
    expect(queue.stats()).toMatchObject({ expired: 1, ready: 0 });
  });

  test('the stop of the system ends leases: the signal fires, the item is a dead letter, or stays stored', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('a');
    const lease = await queue.lease();
    const { signal } = lease;
    await system.stop();
    expect(signal.aborted).toBe(true);
    expect(await codeOf(lease.ack())).toBe('LEASE_LOST');
    expect(system.deadLetters.list().map(({ payload }) => payload)).toEqual(how.durable === true ? [] : ['a']);
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: poison ends in the dead letters ($kind)', ({ system: testSystem, how }) => {
  test('after attemptsMax, whatever ended the attempts', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('poison', { lane: 'high' });
    await (await queue.lease()).nack({ reason: 'bad' });
    await queue.lease();
    await env.advance(1_001);
    system.spawn(async (self) => {
      await self.queue<string>('jobs').lease();
      throw new Error('crash');
    });
    await env.settle();
    expect(queue.stats()).toMatchObject({ deadLettered: 1, ready: 0, leased: 0 });
    const [letter] = system.deadLetters.list();
    expect(letter).toMatchObject({ verb: 'push', to: 'jobs', op: 'item', payload: 'poison', attempts: 3 });
    expect(String(letter?.reason)).toBe('Error: crash');
    expect(letter?.failures.map(({ attempt, reason }) => `${attempt} ${String(reason)}`))
      .toEqual(['1 bad', '2 its lease has ended', '3 Error: crash']);
  });

  test('at once by reject', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('poison');
    await (await queue.lease()).reject('no such customer');
    expect(system.deadLetters.byReason()).toEqual([{ reason: 'no such customer', count: 1 }]);
    expectBalanced(queue);
  });

  test('a letter is pushed again, and keeps its number and its attempts', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 1 });
    await queue.push('poison', { lane: 'high' });
    await (await queue.lease()).nack({ reason: 'one' });
    expect(system.deadLetters.retry({ to: 'jobs' })).toEqual({ retried: [1], refused: [] });
    await queue.push('critical', { lane: 'critical' });
    await queue.push('normal');
    expect((await queue.lease()).item).toBe('critical');
    await (await queue.lease()).nack({ reason: 'two' });
    const [letter] = system.deadLetters.list();
    expect(letter).toMatchObject({ id: 1, attempts: 2, payload: 'poison' });
    expect(letter?.failures.map(({ attempt, reason }) => `${attempt} ${String(reason)}`)).toEqual(['1 one', '2 two']);
  });

  test('a letter whose queue is full, or closed, stays', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 1, capacity: 1 });
    await queue.push('a');
    await (await queue.lease()).nack();
    await queue.push('b');
    expect(system.deadLetters.retry(1).refused).toEqual([{ id: 1, code: 'QUEUE_FULL' }]);
    queue.close();
    expect(system.deadLetters.retry(1).refused).toEqual([{ id: 1, code: 'QUEUE_CLOSED' }]);
    await (await queue.lease()).ack();
    expect(system.deadLetters.retry(1).refused).toEqual([{ id: 1, code: 'QUEUE_CLOSED' }]);
    system.queue('jobs', how);
    expect(system.deadLetters.retry(1).retried).toEqual([1]);
    await settleTurn();
    expect(system.queue('jobs', how).size).toBe(1);
  });
});

describe.each(VIRTUAL_KINDS)('V the weaknesses of an ancestor that a queue in memory can have ($kind)', ({
  system: testSystem, how,
}) => {
  test('V weakness 1: finished work is never done again, however long its consumers are away', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<number>('jobs', { ...how, leaseMs: 300_000, attemptsMax: 3 });
    for (let n = 0; n < 5; n++) await queue.push(n);
    const leases = await Promise.all(Array.from({ length: 5 }, () => queue.lease()));
    for (const lease of leases) await lease.ack();
    const nothing = async (): Promise<unknown> => {
      const told = codeOf(queue.lease({ timeoutMs: 1 }));
      await env.advance(1);
      return told;
    };
    for (const awayMs of [300_001, 3_600_000, 7 * 86_400_000]) {
      await env.advance(awayMs);
      expect(await nothing(), `after ${awayMs} ms`).toBe('TIMEOUT');
    }
    expect(queue.stats()).toMatchObject({ pushed: 5, acked: 5, returned: 0, ready: 0 });
    await queue.push(5);
    expect((await queue.lease()).item, 'only what is new').toBe(5);
    expectBalanced(queue);
  });

  test('V weakness 4: a poison item ends as a dead letter with every reason, and holds up nobody', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 3 });
    await queue.push('poison');
    await queue.push('good');
    const done: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const lease = await queue.lease();
      if (lease.item === 'good') await lease.ack();
      else await lease.nack({ reason: `broken ${lease.attempt}` });
      done.push(`${lease.item} ${lease.attempt}`);
      await env.advance(60_000);
    }
    expect(done.filter((one) => one.startsWith('poison'))).toEqual(['poison 1', 'poison 2', 'poison 3']);
    expect(done).toContain('good 1');
    await env.advance(300_000);
    const last = codeOf(queue.lease({ timeoutMs: 1 }));
    await env.advance(1);
    expect(await last, 'it does not come back').toBe('TIMEOUT');
    const [letter, ...more] = system.deadLetters.list();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ to: 'jobs', payload: 'poison', attempts: 3, reason: 'broken 3' });
    expect(letter?.failures.map(({ reason }) => reason)).toEqual(['broken 1', 'broken 2', 'broken 3']);
    expectBalanced(queue);
  });

  test('V weakness 4: what cannot be read by its schema is told to who pushes it, and never comes in', async () => {
    const queue = testSystem().queue<{ n: number }>('jobs', {
      ...how, schema: z.object({ n: z.number() }), leaseMs: 1_000,
    });
    expect(await codeOf(queue.push(Object('poison') as { n: number }))).toBe('INVALID_PAYLOAD');
    await queue.push({ n: 1 });
    expect((await queue.lease()).item).toEqual({ n: 1 });
  });
});
