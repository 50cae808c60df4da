import { describe, expect, test } from 'vitest';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, expectBalanced, VIRTUAL_KINDS } from './help.js';

describe.each(VIRTUAL_KINDS)('P work queue: ordered by key when asked ($kind)', ({ system: testSystem, how }) => {
  const options = { leaseMs: 1_000, attemptsMax: 2, orderByKey: true };

  test('one item of a key in flight at a time, others go on', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, ...options });
    for (const item of ['a1', 'a2', 'b1', 'a3', 'b2', 'none']) {
      await queue.push(item, item === 'none' ? {} : { key: item.charAt(0) });
    }
    const [a, b, none] = [await queue.lease(), await queue.lease(), await queue.lease()];
    expect([a.item, b.item, none.item]).toEqual(['a1', 'b1', 'none']);
    expect(await codeOf(queue.lease({ signal: AbortSignal.timeout(1) }))).not.toBe('done');
    expect(queue.stats()).toMatchObject({ ready: 3, leased: 3 });
    await b.ack();
    expect((await queue.lease()).item).toBe('b2');
    await a.nack();
    const again = await queue.lease();
    expect([again.item, again.attempt]).toEqual(['a1', 2]);
    await again.ack();
    expect((await queue.lease()).item).toBe('a2');
    expectBalanced(queue);
  });

  test('a later item does not overtake by its lane, nor while the first one is delayed after a failure', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, ...options });
    await queue.push('first', { key: 'k' });
    await queue.push('second', { key: 'k', lane: 'critical' });
    const lease = await queue.lease();
    expect(lease.item).toBe('first');
    await lease.nack({ delayMs: 100 });
    const got: string[] = [];
    const next = queue.lease().then(async (one) => {
      got.push(one.item);
      await one.ack();
    });
    await env.advance(50);
    expect(got).toEqual([]);
    await env.advance(51);
    await next;
    expect([...got, (await queue.lease()).item]).toEqual(['first', 'second']);
  });

  test('the key goes on when its item dies, expires, or is done', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const queue = system.queue<string>('jobs', { ...how, ...options });
    await queue.push('dies', { key: 'k' });
    await queue.push('expires', { key: 'k', expiresInMs: 10 });
    await queue.push('done', { key: 'k' });
    await queue.push('last', { key: 'k' });
    await (await queue.lease()).reject();
    await env.advance(20);
    const done = await queue.lease();
    expect(done.item).toBe('done');
    await done.ack();
    expect((await queue.lease()).item).toBe('last');
    expect(queue.stats()).toMatchObject({ deadLettered: 1, expired: 1, acked: 1, leased: 1 });
  });

  test('without leases, a key is free as soon as its item is taken', async () => {
    const queue = testSystem().queue<number>('jobs', { ...how, orderByKey: true });
    for (let n = 0; n < 4; n++) await queue.push(n, { key: 'k' });
    const got: number[] = [];
    for (let n = 0; n < 4; n++) got.push(await queue.pull());
    expect(got).toEqual([0, 1, 2, 3]);
  });

  test('keys are texts of any kind: none is another one, or a property of anything', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, ...options });
    for (const key of ['__proto__', 'constructor', '\u00e9', 'e\u0301', 'a.b', 'a_b']) await queue.push(key, { key });
    for (let n = 0; n < 6; n++) await queue.lease();
    expect(queue.stats().leased).toBe(6);
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: of the items of a key one waits ($kind)', ({ system: testSystem, how }) => {
  test('the last one, in the place of the first', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, coalesce: 'last' });
    await queue.push('a1', { key: 'a' });
    await queue.push('b1', { key: 'b' });
    expect(await queue.push('a2', { key: 'a' })).toBe('queued');
    expect([await queue.pull(), await queue.pull()]).toEqual(['a2', 'b1']);
    expect(queue.stats()).toMatchObject({ pushed: 3, superseded: 1, acked: 2 });
    await queue.push('a3', { key: 'a' });
    expect(await queue.pull()).toBe('a3');
  });

  test('the first one: who pushes another is told', async () => {
    const queue = testSystem().queue<string>('jobs', { ...how, coalesce: 'first' });
    await queue.push('a1', { key: 'a' });
    expect(await queue.push('a2', { key: 'a' })).toBe('superseded');
    expect(await queue.pull()).toBe('a1');
    expect(queue.stats()).toMatchObject({ pushed: 2, superseded: 1, acked: 1 });
  });

  test('one that comes back meets a newer one', async () => {
    const system = testSystem();
    for (const [coalesce, left] of [['last', 'new'], ['first', 'old']] as const) {
      const queue = system.queue<string>(coalesce, { ...how, coalesce, leaseMs: 1_000 });
      await queue.push('old', { key: 'a' });
      const lease = await queue.lease();
      await queue.push('new', { key: 'a' });
      await lease.nack();
      expect(queue.stats()).toMatchObject({ ready: 1, superseded: 1 });
      expect((await queue.lease()).item).toBe(left);
      expectBalanced(queue);
    }
  });

  test('the life of the new one counts', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', { ...how, coalesce: 'last' });
    await queue.push('a1', { key: 'a', expiresInMs: 10 });
    await queue.push('a2', { key: 'a', expiresInMs: 100 });
    await env.advance(50);
    expect(queue.stats()).toMatchObject({ ready: 1, expired: 0 });
    await env.advance(100);
    expect(queue.stats()).toMatchObject({ ready: 0, expired: 1 });
  });
});
