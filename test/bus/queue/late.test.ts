import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { settleTurn } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { stateOf } from '../../support/mailbox.js';
import { codeOf, expectBalanced, KINDS, VIRTUAL_KINDS } from './help.js';

const schemaOf = (value: unknown) =>
  ({ '~standard': { version: 1, vendor: 'test', validate: () => ({ value }) } }) as never;

describe.each(VIRTUAL_KINDS)('P work queue: while the event loop is late ($kind)', ({ system: testSystem, how }) => {
  test('an item that has expired is dropped by no policy, and coalesces with nothing', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    for (const overflow of ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const) {
      const queue = system.queue<string>(overflow, { ...how, capacity: 1, overflow });
      await queue.push('old', { expiresInMs: 5 });
      env.now += 20;
      expect(await queue.push('new')).toBe('queued');
      expect(await queue.pull()).toBe('new');
      expect(queue.stats()).toMatchObject({ expired: 1, acked: 1, dropped: 0 });
    }
    const first = system.queue<string>('first', { ...how, coalesce: 'first' });
    await first.push('old', { key: 'a', expiresInMs: 5 });
    env.now += 20;
    expect(await first.push('new', { key: 'a' })).toBe('queued');
    expect(await first.pull()).toBe('new');
    const last = system.queue<string>('last', { ...how, coalesce: 'last', leaseMs: 1_000 });
    await last.push('old', { key: 'a' });
    const lease = await last.lease();
    await last.push('new', { key: 'a', expiresInMs: 5 });
    env.now += 20;
    await lease.nack();
    expect((await last.lease()).item).toBe('old');
    expectBalanced(last);
  });
});

describe.each(KINDS)('P work queue: who waits for an item finds the push that waits for room ($kind)', ({
  system: testSystem, how,
}) => {
  test('beside one that is delayed, and beside one behind its key', async () => {
    const system = testSystem();
    const delayed = system.queue<string>('delayed', { ...how, capacity: 1, overflow: 'suspend' });
    await delayed.push('late', { delayMs: 60_000 });
    const push = delayed.push('now');
    expect(await stateOf(push)).toBe('waiting');
    expect(await delayed.pull()).toBe('now');
    expect(await push).toBe('queued');
    const keyed = system.queue<string>('keyed', {
      ...how, capacity: 1, overflow: 'suspend', orderByKey: true, leaseMs: 60_000,
    });
    await keyed.push('a1', { key: 'a' });
    await keyed.lease();
    await keyed.push('a2', { key: 'a' });
    const other = keyed.push('b1', { key: 'b' });
    expect((await keyed.lease()).item).toBe('b1');
    expect(await other).toBe('queued');
    expectBalanced(keyed);
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: what users do to it ($kind)', ({ system: testSystem, how }) => {
  test('a promise is no item, whoever makes it; a refused one that rejects ends no program', async () => {
    const system = testSystem();
    const queue = system.queue<unknown>('plain', how);
    for (const item of [Promise.reject(new Error('mine')), Object.assign(() => undefined, { then() {} })]) {
      expect(await codeOf(queue.push(item))).toBe('BAD_OPTION');
    }
    const schema = schemaOf(Promise.reject(new Error('of the schema')));
    const made = system.queue<unknown>('made', { ...how, schema });
    expect(await codeOf(made.push(1))).toBe('INVALID_PAYLOAD');
    const none = { '~standard': { version: 1, vendor: 'test', validate: () => undefined } } as never;
    expect(await codeOf(system.queue<unknown>('none', { ...how, schema: none }).push(1))).toBe('INVALID_PAYLOAD');
    await settleTurn();
  });

  test('a listener of the signal of a lease that throws ends no program', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<number>('jobs', { ...how, leaseMs: 10 });
    await queue.push(1);
    const lease = await queue.lease();
    lease.signal.addEventListener('abort', () => { throw new Error('mine'); });
    await env.advance(20);
    expect(lease.signal.aborted).toBe(true);
    expect((await queue.lease()).item).toBe(1);
  });

  test('a consumer gets what came back before what is new', async () => {
    const system = testSystem();
    const seen: number[] = [];
    const Worker = defineAgent({
      calls: { work(self, n: number) { return seen.push(n) < 3 ? self.refuse('AGAIN') : 'done'; } },
    });
    const queue = system.queue<number>('jobs', { ...how, leaseMs: 1_000 });
    for (const n of [1, 2, 3]) await queue.push(n);
    queue.consume(system.start(Worker), { call: 'work' });
    for (let turn = 0; turn < 20; turn++) await settleTurn();
    expect(seen).toEqual([1, 1, 1, 2, 3]);
  });

  test('a letter that a full queue would lose again stays', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', {
      ...how, capacity: 1, overflow: 'drop-oldest', leaseMs: 1_000, attemptsMax: 1,
    });
    await queue.push('low', { lane: 'low' });
    await (await queue.lease()).nack();
    await queue.push('critical', { lane: 'critical' });
    expect(system.deadLetters.retry({}).refused.map(({ code }) => code)).toEqual(['QUEUE_FULL']);
    expect(system.deadLetters.size).toBe(1);
  });

  test('a pull whose time is over gets nothing, also before its timer fires', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    const pull = codeOf(queue.pull({ timeoutMs: 5 }));
    await env.settle();
    env.now += 30;
    await queue.push('x');
    expect(await pull).toBe('TIMEOUT');
    expect(queue.stats()).toMatchObject({ ready: 1, acked: 0 });
  });

  test('a letter goes into another queue of its name only when that takes it', async () => {
    const system = testSystem();
    const queue = system.queue<unknown>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 1 });
    await queue.push('text');
    await (await queue.lease()).nack();
    queue.close();
    const number = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) =>
      (typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] }) } } as never;
    system.queue<unknown>('jobs', { ...how, schema: number });
    expect(system.deadLetters.retry({}).refused.map(({ code }) => code)).toEqual(['PROTOCOL_MISMATCH']);
  });
});
