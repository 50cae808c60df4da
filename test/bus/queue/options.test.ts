import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { z } from 'zod';
import { testSystem } from '../../support/system.js';
import { codeOf } from './help.js';

describe('P work queue: bad input is a coded error that names value, rule and fix', () => {
  test.each([
    ['', 'BAD_NAME'], ['a b', 'BAD_NAME'], ['a..b', 'BAD_NAME'], ['.', 'BAD_NAME'], ['a/b', 'BAD_NAME'],
    ['\u00e9', 'BAD_NAME'], ['e\u0301', 'BAD_NAME'], ['a'.repeat(300), 'BAD_NAME'], [undefined, 'BAD_NAME'],
    [1, 'BAD_NAME'],
  ])('the name %s', (name, code) => {
    const system = testSystem();
    expect(() => system.queue(name as string)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('two names never share a queue', async () => {
    const system = testSystem();
    const names = ['a.b', 'a_b', 'a-b', 'A.b', '__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    for (const name of names) await system.queue(name).push(name);
    for (const name of names) expect(await system.queue(name).pull()).toBe(name);
  });

  test.each([
    [{ leaseMs: 0 }, /queue\.leaseMs: got 0, expected a whole number of milliseconds from 1/],
    [{ leaseMs: -1 }, /queue\.leaseMs: got -1/], [{ leaseMs: 1.5 }, /queue\.leaseMs/],
    [{ leaseMs: NaN }, /queue\.leaseMs: got NaN/], [{ leaseMs: '5s' }, /queue\.leaseMs/],
    [{ capacity: 0 }, /queue\.capacity: got 0, expected a whole number from 1/],
    [{ capacity: Infinity }, /queue\.capacity/], [{ attemptsMax: 0 }, /queue\.attemptsMax/],
    [{ capacity: 1, overflow: 'block' }, /one of reject, drop-newest, drop-oldest, suspend/],
    [{ overflow: 'suspend' }, /capacity beside it/], [{ orderByKey: 'yes' }, /true or false/],
    [{ coalesce: 'newest' }, /'last' or 'first'/], [{ backoff: { baseMs: -1 } }, /queue\.backoff\.baseMs/],
    [{ leasMs: 5 }, /did you mean leaseMs/], [{ schema: {} }, /a Standard Schema v1/], [null, /an object/],
  ])('the options %j', (options, message) => {
    expect(() => testSystem().queue('jobs', options as never)).toThrow(message);
  });

  test.each([
    [{ lane: 'urgent' }, 'BAD_OPTION'], [{ lane: '__proto__' }, 'BAD_OPTION'], [{ delayMs: -1 }, 'BAD_OPTION'],
    [{ expiresInMs: 0 }, 'BAD_OPTION'], [{ timeoutMs: 0 }, 'BAD_OPTION'], [{ timeoutMs: Infinity }, 'BAD_OPTION'],
    [{ signal: {} }, 'BAD_OPTION'], [{ ttl: 5 }, 'UNKNOWN_OPTION'], [{ key: 'k' }, 'BAD_COMBINATION'],
    [5, 'BAD_OPTION'], [null, 'BAD_OPTION'],
  ])('a push with %j', async (options, code) => {
    const queue = testSystem().queue<number>('jobs');
    expect(await codeOf(queue.push(1, options as never))).toBe(code);
    expect(queue.stats().pushed).toBe(0);
  });

  test.each(['', 'k'.repeat(2_000), '\u00e9'.repeat(600), 5])('the key %s', async (key) => {
    const queue = testSystem().queue<number>('jobs', { orderByKey: true });
    expect(await codeOf(queue.push(1, { key: key as string }))).toBe('BAD_OPTION');
  });

  test.each([[{ timeoutMs: 0 }, 'BAD_OPTION'], [{ timeout: 5 }, 'UNKNOWN_OPTION'], [{ signal: 'no' }, 'BAD_OPTION']])(
    'a pull with %j', async (options, code) => {
      const queue = testSystem().queue<number>('jobs');
      await queue.push(1);
      expect(await codeOf(queue.pull(options as never))).toBe(code);
      expect(queue.size).toBe(1);
    },
  );

  test('a lease that is extended by nothing, or given back before now', async () => {
    const queue = testSystem().queue<number>('jobs', { leaseMs: 5_000 });
    await queue.push(1);
    const lease = await queue.lease();
    expect(await codeOf(lease.extend(0))).toBe('BAD_OPTION');
    expect(await codeOf(lease.nack({ delayMs: -1 }))).toBe('BAD_OPTION');
    expect(await codeOf(lease.nack({ delay: 1 } as never))).toBe('UNKNOWN_OPTION');
    await lease.ack();
  });

  test('the verb of the other kind of queue: nothing is acknowledged by accident', async () => {
    const system = testSystem();
    const [plain, leased] = [system.queue<number>('plain'), system.queue<number>('leased', { leaseMs: 5 })];
    expect(await codeOf(plain.lease())).toBe('BAD_COMBINATION');
    expect(await codeOf(leased.pull())).toBe('BAD_COMBINATION');
    expect(() => plain.leases()).toThrow(/a queue with leaseMs/);
    expect(() => leased.items()).toThrow(/this one hands out leases/);
    expect(() => plain.items({ timeoutMs: 5 } as never)).toThrow(/queue\.items\.timeoutMs/);
    expect(() => leased.leases({ timeoutMs: 5 } as never)).toThrow(/queue\.leases\.timeoutMs/);
  });

  test('other options for a name that is taken', () => {
    const system = testSystem();
    const schema = z.number();
    system.queue('jobs', { leaseMs: 5, backoff: { baseMs: 1 }, schema });
    system.queue('jobs');
    system.queue('jobs', { leaseMs: 5, backoff: { baseMs: 1 }, schema });
    for (const other of [{ leaseMs: 6 }, { leaseMs: 5 }, {}]) {
      expect(() => system.queue('jobs', other)).toThrow(
        expect.objectContaining({ code: 'OPTIONS_CONFLICT' }) as Error,
      );
    }
  });

  test('a promise is no item', async () => {
    const queue = testSystem().queue<unknown>('jobs');
    await expect(queue.push(Promise.resolve(1))).rejects.toThrow(/got 'a promise', expected an item; await it first/);
    expect(queue.size).toBe(0);
  });

  test('a schema checks every item, and says what consumers get', async () => {
    const queue = testSystem().queue<number>('jobs', { schema: z.coerce.number().int() });
    await queue.push('5' as never);
    expect(await queue.pull()).toBe(5);
    const refused = queue.push('x' as never);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_PAYLOAD', subject: "queue 'jobs'" });
    expect(queue.stats().pushed).toBe(1);
  });
});

test('a signal that cannot be asked any more does not stop the queue', async () => {
  const queue = testSystem().queue<number>('jobs');
  const { signal } = new AbortController();
  const first = queue.pull({ signal });
  Object.defineProperty(signal, 'aborted', { get: () => { throw new Error('hostile'); } });
  const second = queue.pull();
  await queue.push(1);
  await queue.push(2);
  expect([await first, await second]).toEqual([1, 2]);
});

test('an operation that is no text', async () => {
  const system = testSystem();
  const op = Symbol('dig') as never;
  const ref = system.start(defineAgent({ calls: { dig: () => 'done' } }));
  expect(() => system.queue('jobs').consume(ref, { call: op }))
    .toThrow(/'Symbol\(dig\)' to .*: unknown operation; known: dig/);
  await expect(system.gather([ref], op)).rejects.toThrow(/Symbol\(dig\)/);
});
