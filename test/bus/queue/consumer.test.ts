import { describe, expect, test } from 'vitest';
import { child, defineAgent } from '../../../src/index.js';
import type { Lease } from '../../../src/bus/public.js';
import { pool } from '../../../src/delivery/group/public.js';
import { settleTurn } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { expectBalanced, VIRTUAL_KINDS } from './help.js';

let busy = 0;
let most = 0;

/** Works on texts, one by one or several at a time; what it does is told. */
const Worker = defineAgent({
  name: 'worker',
  init: (log: string[]) => ({ log }),
  calls: {
    work(self, item: string) {
      if (item === 'crash') throw new Error('crash');
      if (item === 'refuse') return self.refuse('no');
      self.state.log.push(item);
      return item;
    },
    slow: {
      concurrent: true,
      async handle(_self, _item: string) {
        most = Math.max(most, ++busy);
        await settleTurn();
        busy--;
      },
    },
  },
  casts: {
    note(self, item: string) { self.state.log.push(item); },
    async take(self, lease: Lease<string>) {
      if (lease.item === 'crash') throw new Error('crash');
      self.state.log.push(`${lease.item} ${lease.attempt}`);
      await lease.ack();
    },
  },
});

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) await settleTurn();
  expect(holds()).toBe(true);
};

describe.each(VIRTUAL_KINDS)('P work queue: agents as consumers ($kind)', ({ system: testSystem, how }) => {
  test('a call: the item is done when it is answered', async () => {
    const system = testSystem();
    const log: string[] = [];
    const queue = system.queue<string>('jobs', how);
    const consumer = queue.consume(system.start(Worker, log), { call: 'work' });
    for (const item of ['a', 'b', 'c']) await queue.push(item);
    await until(() => queue.stats().acked === 3);
    expect(log).toEqual(['a', 'b', 'c']);
    await consumer.stop();
    await queue.push('d');
    expect(queue.size).toBe(1);
    expect([consumer.stopped, consumer.running]).toEqual([true, 0]);
    expect(String(consumer)).toBe("Consumer(queue 'jobs': call 'work', stopped)");
  });

  test('at most `concurrency` at the same time', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', how);
    queue.consume(system.start(Worker, []), { call: 'slow', concurrency: 3 });
    for (let n = 0; n < 20; n++) await queue.push(`${n}`);
    expect(queue.stats().leased).toBe(3);
    await until(() => queue.stats().acked === 20);
    expect(most).toBe(3);
    expectBalanced(queue);
  });

  test('what a handler refuses or crashes on comes again, then is a dead letter; a new agent goes on', async () => {
    const system = testSystem();
    const log: string[] = [];
    await system.supervise({ children: [child('worker', Worker, log)], intensity: 100 });
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 5_000, attemptsMax: 2 });
    queue.consume(system.ref(Worker, 'worker'), { call: 'work' });
    for (const item of ['crash', 'refuse', 'good']) await queue.push(item);
    await until(() => queue.stats().acked === 1);
    expect(log).toEqual(['good']);
    expect(queue.stats()).toMatchObject({ deadLettered: 2, ready: 0, leased: 0 });
    expect(system.deadLetters.list().map(({ payload, attempts }) => [payload, attempts]))
      .toEqual([['crash', 2], ['refuse', 2]]);
  });

  test('a cast: the item is done once it is in the mailbox, and waits for room there', async () => {
    const system = testSystem();
    const log: string[] = [];
    const worker = system.start(Worker, log, { mailbox: { capacity: 1, overflow: 'suspend' } });
    const queue = system.queue<string>('jobs', how);
    system.suspend(worker);
    queue.consume(worker, { cast: 'note' });
    for (const item of ['a', 'b', 'c']) await queue.push(item);
    await settleTurn();
    expect(queue.stats()).toMatchObject({ acked: 1, leased: 1, ready: 1 });
    system.resume(worker);
    await until(() => log.length === 3);
    expect(log).toEqual(['a', 'b', 'c']);
    await until(() => queue.stats().acked === 3);
  });

  test('a cast of a queue with leases: the agent gets the lease, and its death gives it back at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    await system.supervise({ children: [child('worker', Worker, log)], intensity: 100 });
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 60_000, attemptsMax: 2 });
    queue.consume(system.ref(Worker, 'worker'), { cast: 'take' });
    for (const item of ['a', 'crash', 'b', 'c']) await queue.push(item);
    await env.advance(1_000);
    expect(queue.stats()).toMatchObject({ acked: 3, deadLettered: 1 });
    expect(log.map((line) => line.charAt(0)).sort()).toEqual(['a', 'b', 'c']);
    expectBalanced(queue);
  });

  test('a pool: adding workers is adding throughput', async () => {
    const system = testSystem();
    const log: string[] = [];
    const spec = pool('workers', Worker, log, { min: 2, max: 2 });
    await system.supervise({ children: [spec] });
    for (const options of [{ leaseMs: 60_000 }, {}]) {
      const queue = system.queue<string>(options.leaseMs === undefined ? 'plain' : 'leased', { ...how, ...options });
      const by = options.leaseMs === undefined ? { call: 'work' } as const : { cast: 'take' } as const;
      queue.consume(system.ref(spec), { ...by, concurrency: 2 });
      for (let n = 0; n < 10; n++) await queue.push(`${n}`);
      await until(() => queue.stats().acked === 10);
    }
    expect(log).toHaveLength(20);
  });

  test('a balancer as well', async () => {
    const system = testSystem();
    const logs: string[][] = [[], []];
    const workers = system.balance(Worker, { members: logs.map((log) => system.start(Worker, log)) });
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 60_000 });
    queue.consume(workers, { cast: 'take', concurrency: 4 });
    for (let n = 0; n < 10; n++) await queue.push(`${n}`);
    await until(() => queue.stats().acked === 10);
    expect(logs.map((log) => log.length)).toEqual([5, 5]);
  });

  test('nobody at that name yet: no attempt is lost, and the next owner gets the items', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 1 });
    const named = system.ref(Worker, 'worker');
    for (const ref of [named, system.balance(Worker, { members: [named] })]) queue.consume(ref, { call: 'work' });
    await queue.push('early');
    await env.advance(5_000);
    expect(queue.stats()).toMatchObject({ ready: 1, deadLettered: 0 });
    system.start(Worker, log, { name: 'worker' });
    await env.advance(101);
    expect(log).toEqual(['early']);
    expect(queue.stats()).toMatchObject({ acked: 1 });
  });

  test('a registered name wakes its consumer: no timer runs meanwhile, also from one owner to the next', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const queue = system.queue<string>('jobs', { ...how, leaseMs: 1_000, attemptsMax: 1 });
    const consumer = queue.consume(system.ref(Worker, 'worker'), { call: 'work' });
    await queue.push('first');
    await env.advance(5_000);
    expect(env.pending.held).toBe(0);
    for (const item of ['first', 'second']) {
      const worker = system.start(Worker, log, { name: 'worker' });
      await env.advance(1);
      expect(log.at(-1)).toBe(item);
      await worker.stop();
      await queue.push('second');
      await env.advance(1_000);
    }
    await consumer.stop();
    system.start(Worker, log, { name: 'worker' });
    await env.advance(1);
    expect(log, 'one that was stopped takes nothing').toEqual(['first', 'second']);
    expect(queue.stats()).toMatchObject({ pushed: 3, acked: 2, ready: 1, waiting: 0 });
  });

  test('an empty queue asks nobody: no timer runs', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    system.queue<string>('jobs', how).consume(system.ref(Worker, 'nobody'), { call: 'work' });
    await env.advance(1_000);
    expect(env.pending.held).toBe(0);
  });

  test('it ends with an agent that is meant by its pid, and with the process that asked for it', async () => {
    const system = testSystem();
    const worker = system.start(Worker, []);
    const other = system.start(Worker, []);
    const queue = system.queue<string>('jobs', how);
    const first = queue.consume(worker, { call: 'work' });
    const owner = system.spawn(async (self) => {
      self.queue<string>('jobs').consume(other, { call: 'work' });
      await self.receive();
    });
    await settleTurn();
    expect(queue.stats().waiting).toBe(2);
    system.exit(worker, 'kill');
    expect(first.stopped).toBe(true);
    system.exit(owner, 'kill');
    expect(queue.stats().waiting).toBe(0);
    await queue.push('left');
    expect(queue.size).toBe(1);
    expect(() => queue.consume(worker, { call: 'work' })).toThrow(/it has ended/);
  });

  test('the end of the queue, and of the system, ends it', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', how);
    const consumer = queue.consume(system.start(Worker, []), { call: 'work' });
    await queue.push('a');
    queue.close();
    await until(() => consumer.stopped && queue.stats().acked > 0);
    expect(queue.stats()).toMatchObject({ acked: 1, closed: true });
    const other = system.queue<string>('other', how).consume(system.start(Worker, []), { call: 'work' });
    await system.stop();
    expect(other.stopped).toBe(true);
    await other.stop();
  });

  test.each([
    [{}, /call or cast, one of them/], [{ call: 'work', cast: 'note' }, /one of them/],
    [{ call: 'wrok' }, /unknown operation; did you mean work/], [{ cast: 'work' }, /it is a call/],
    [{ call: 'work', concurrency: 0 }, /a whole number from 1/], [{ call: 'work', timeoutMs: 0 }, /from 1/],
    [{ cast: 'note', timeoutMs: 5 }, /none beside cast/],
    [{ call: 'work', concurrent: 2 }, /it is called concurrency now/],
  ])('bad options %j', (options, message) => {
    const system = testSystem();
    const worker = system.start(Worker, []);
    expect(() => system.queue<string>('jobs', how).consume(worker, options as never)).toThrow(message);
  });

  test('what is no ref of the system', () => {
    const queue = testSystem().queue<string>('jobs', how);
    expect(() => queue.consume('worker' as never, { call: 'work' } as never)).toThrow(/a ref of this system/);
  });
});
