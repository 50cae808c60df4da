import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { settleTurn } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, expectBalanced, VIRTUAL_KINDS } from './help.js';

describe.each(VIRTUAL_KINDS)('P work queue: bounded, with the policies of mailboxes ($kind)', ({
  system: testSystem, how,
}) => {
  test('reject', async () => {
    const queue = testSystem().queue<number>('jobs', { ...how, capacity: 2 });
    expect([await codeOf(queue.push(1)), await codeOf(queue.push(2)), await codeOf(queue.push(3))])
      .toEqual(['done', 'done', 'QUEUE_FULL']);
    expect(queue.stats()).toMatchObject({ pushed: 2, refused: 1 });
  });

  test('drop-newest', async () => {
    const queue = testSystem().queue<number>('jobs', { ...how, capacity: 2, overflow: 'drop-newest' });
    for (const n of [1, 2]) expect(await queue.push(n)).toBe('queued');
    expect(await queue.push(3)).toBe('dropped');
    expect([await queue.pull(), await queue.pull()]).toEqual([1, 2]);
    expect(queue.stats()).toMatchObject({ pushed: 3, dropped: 1, acked: 2 });
  });

  test('drop-oldest: of the lowest lane; what is below all others is dropped itself', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, capacity: 3, overflow: 'drop-oldest' });
    await queue.push('n1');
    await queue.push('h1', { lane: 'high' });
    await queue.push('n2');
    expect(await queue.push('h2', { lane: 'high' })).toBe('queued');
    expect(await queue.push('l1', { lane: 'low' })).toBe('dropped');
    expect([await queue.pull(), await queue.pull(), await queue.pull()]).toEqual(['h1', 'h2', 'n2']);
    expectBalanced(queue);
  });

  test('drop-oldest takes delayed items, and those that wait for their key, when there is nothing else', async () => {
    const queue = testSystem().queue<string>('jobs', {
      ...how, capacity: 1, overflow: 'drop-oldest', orderByKey: true, leaseMs: 1_000,
    });
    await queue.push('later', { delayMs: 1_000 });
    await queue.push('a1', { key: 'a' });
    await queue.lease();
    await queue.push('a2', { key: 'a' });
    await queue.push('a3', { key: 'a' });
    await settleTurn();
    expect(queue.stats()).toMatchObject({ pushed: 4, dropped: 2, leased: 1, ready: 1, delayed: 0 });
    await queue.push('b1', { key: 'b' });
    expect((await queue.lease()).item).toBe('b1');
  });

  test('suspend: pushes wait in their order, and come in as room comes', async () => {
    const queue = testSystem().queue<number>('jobs', { ...how, capacity: 1, overflow: 'suspend' });
    const came: number[] = [];
    const pushes = [1, 2, 3].map((n) => queue.push(n).then(() => came.push(n)));
    for (let turn = 0; turn < 100 && came.length < 1; turn++) await settleTurn();
    expect(came).toEqual([1]);
    expect(queue.stats()).toMatchObject({ pushed: 1, pushing: 2 });
    expect(await queue.pull()).toBe(1);
    for (let turn = 0; turn < 100 && came.length < 2; turn++) await settleTurn();
    expect(came).toEqual([1, 2]);
    expect([await queue.pull(), await queue.pull()]).toEqual([2, 3]);
    await Promise.all(pushes);
    expect(queue.stats()).toMatchObject({ pushed: 3, acked: 3, pushing: 0 });
  });

  test('a push that waits ends by its signal, its time, or its process: nothing is queued', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<number>('jobs', { ...how, capacity: 1, overflow: 'suspend' });
    await queue.push(0);
    const controller = new AbortController();
    const ends = [
      codeOf(queue.push(1, { signal: controller.signal })), codeOf(queue.push(2, { timeoutMs: 10 })),
    ];
    const p = system.spawn(async (self) => {
      await self.queue<number>('jobs').push(3);
    });
    const last = codeOf(queue.push(4));
    await env.settle();
    controller.abort('enough');
    system.exit(p, 'kill');
    await env.advance(11);
    expect(await Promise.all(ends)).toEqual(['enough', 'TIMEOUT']);
    expect(await queue.pull()).toBe(0);
    expect(await last).toBe('done');
    expect(await queue.pull()).toBe(4);
    expect(queue.stats()).toMatchObject({ pushed: 2, acked: 2, refused: 3 });
    expect(env.pending.held).toBe(0);
  });

  test('at most 1,024 pushes wait', async () => {
    const queue = testSystem().queue<number>('jobs', { ...how, capacity: 1, overflow: 'suspend' });
    await queue.push(0);
    for (let n = 0; n < 1_024; n++) void queue.push(n);
    expect(await codeOf(queue.push(1_024))).toBe('QUEUE_FULL');
    queue.close();
  });

  test('what comes back always has room; who waits for it needs none', async () => {
    const system = testSystem();
    const queue = system.queue<number>('jobs', { ...how, capacity: 1, leaseMs: 1_000 });
    await queue.push(1);
    const lease = await queue.lease();
    await queue.push(2);
    await lease.nack();
    expect(queue.size).toBe(2);
    expect(await codeOf(queue.push(3))).toBe('QUEUE_FULL');
    const delayed = system.queue<number>('delayed', { ...how, capacity: 1 });
    await delayed.push(1, { delayMs: 60_000 });
    const pull = delayed.pull();
    expect(await codeOf(delayed.push(2))).toBe('done');
    expect(await pull).toBe(2);
  });

  test('an item that is late, and not yet gone, ends a closed queue, and makes room', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const closed = system.queue<number>('closed', how);
    const bounded = system.queue<number>('bounded', { ...how, capacity: 1, overflow: 'suspend' });
    for (const queue of [closed, bounded]) await queue.push(1, { expiresInMs: 10 });
    const waits = bounded.push(2);
    await env.settle();
    closed.close();
    env.now += 20; // the timer of the deadlines has not fired
    expect(await codeOf(closed.pull())).toBe('QUEUE_CLOSED');
    expect(await bounded.pull()).toBe(2);
    expect(await waits).toBe('queued');
    expect([closed, bounded].map((queue) => queue.stats().expired)).toEqual([1, 1]);
  });

  test('P9 what a refused retry or push finds to have expired lets in who waits, at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<string>('jobs', {
      ...how, capacity: 1, overflow: 'suspend', leaseMs: 60_000, attemptsMax: 1,
    });
    await queue.push('dead');
    await (await queue.lease()).nack();
    await queue.push('expires', { expiresInMs: 10 });
    const waits = queue.push('waits');
    await env.settle();
    expect(queue.stats()).toMatchObject({ ready: 1, pushing: 1 });
    env.now += 20; // the timer of the deadlines has not fired
    expect(system.deadLetters.retry({}).refused.map(({ code }) => code)).toEqual(['QUEUE_FULL']);
    expect(await waits).toBe('queued');
    expect(queue.stats()).toMatchObject({ ready: 1, pushing: 0, expired: 1 });
    expectBalanced(queue);
  });

  test('P9 who waits behind a push that leaves comes in at once when somebody waits for its item', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, capacity: 1, overflow: 'suspend' });
    await queue.push('first', { delayMs: 60_000 });
    const pull = queue.pull();
    const leaves = codeOf(queue.push('later', { delayMs: 60_000, timeoutMs: 10 })); // nobody waits for a delayed one
    const next = queue.push('next');
    await env.settle();
    expect(queue.stats()).toMatchObject({ delayed: 1, pushing: 2, waiting: 1 });
    await env.advance(11);
    expect(await leaves).toBe('TIMEOUT');
    await env.settle();
    expect(queue.stats()).toMatchObject({ delayed: 1, pushing: 0, waiting: 0, acked: 1 });
    expect([await next, await pull]).toEqual(['queued', 'next']);
    expectBalanced(queue);
  });
});

describe.each(VIRTUAL_KINDS)('P11 a memory ceiling ($kind)', ({ system: testSystem, how }) => {
  function loaded() {
    const env = new VirtualEnv();
    const system = testSystem({ env, memory: { ceilingBytes: 1_000, highWater: 0.8, lowWater: 0.7 } });
    const sink = system.start(defineAgent({ casts: { take: () => undefined } }));
    /** That much memory is looked at now. */
    const at = (resident: number): void => {
      env.resident = resident;
      for (let n = 0; n < 128; n++) sink.cast('take', undefined, { lane: 'low' });
    };
    return { env, system, at };
  }

  test('refuses pushes by their lane, as messages, and counts them', async () => {
    const { system, at } = loaded();
    const queue = system.queue<number>('jobs', how);
    at(850);
    const before = system.stats().shed;
    expect(await codeOf(queue.push(1))).toBe('OVERLOADED');
    expect(await codeOf(queue.push(2, { lane: 'low' }))).toBe('OVERLOADED');
    expect(await queue.push(3, { lane: 'high' })).toBe('queued');
    expect(queue.stats()).toMatchObject({ pushed: 1, refused: 2, ready: 1 });
    expect(system.stats().shed - before).toBe(2);
    await expect(queue.push(4)).rejects.toThrow(/memory\.ceilingBytes 1000, resident 850/);
    at(100);
    expect(await queue.push(5)).toBe('queued');
    expect([await queue.pull(), await queue.pull()]).toEqual([3, 5]);
    expectBalanced(queue);
  });

  test('what somebody waits for passes, where it need not be stored', async () => {
    const { system, at } = loaded();
    const queue = system.queue<number>('jobs', how);
    const pulled = queue.pull();
    at(990);
    expect(await codeOf(queue.push(1))).toBe(how.durable === true ? 'OVERLOADED' : 'done');
    at(100);
    if (how.durable === true) await queue.push(1);
    expect(await pulled).toBe(1);
  });

  test('a dead letter stays one', async () => {
    const { system, at } = loaded();
    const leased = system.queue<string>('leased', { ...how, leaseMs: 1_000, attemptsMax: 1 });
    await leased.push('poison');
    await (await leased.lease()).nack({ reason: 'no' });
    const [letter] = system.deadLetters.list();
    at(990);
    const told = system.deadLetters.retry(letter?.id ?? 0);
    expect(told.refused).toEqual([{ id: letter?.id, code: 'OVERLOADED' }]);
    at(100);
    expect(system.deadLetters.retry(letter?.id ?? 0).refused).toEqual([]);
    expect((await leased.lease()).item).toBe('poison');
    expectBalanced(leased);
  });
});
