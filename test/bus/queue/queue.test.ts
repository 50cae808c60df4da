import { describe, expect, test } from 'vitest';
import type { ProcessSelf } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, expectBalanced, KINDS, VIRTUAL_KINDS } from './help.js';

describe.each(KINDS)('P work queue: each item goes to exactly one consumer ($kind)', ({ system: testSystem, how }) => {
  test('FIFO within a lane, higher lanes first', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    for (const [item, lane] of [
      ['a', 'normal'], ['b', 'low'], ['c', 'high'], ['d', 'normal'], ['e', 'critical'], ['f', 'high'],
    ] as const) await queue.push(item, { lane });
    const got: string[] = [];
    for (let n = 0; n < 6; n++) got.push(await queue.pull());
    expect(got.join('')).toBe('ecfadb');
    expect(queue.stats()).toMatchObject({ pushed: 6, acked: 6, ready: 0 });
  });

  test('waits when empty, in the order of the pulls; stays queued without a consumer', async () => {
    const queue = testSystem().queue<number>('jobs', how);
    const got: string[] = [];
    const pulls = ['a', 'b', 'c'].map(async (who) => got.push(`${who}${await queue.pull()}`));
    for (let n = 1; n <= 5; n++) await queue.push(n);
    await Promise.all(pulls);
    expect(got).toEqual(['a1', 'b2', 'c3']);
    expect(queue.size).toBe(2);
    expect([await queue.pull(), await queue.pull()]).toEqual([4, 5]);
  });

  test('many consumers share a fast producer, nothing twice and nothing lost', async () => {
    const system = testSystem();
    const queue = system.queue<number>('jobs', how);
    const got: number[] = [];
    const consumers = Array.from({ length: 7 }, async () => {
      for await (const item of queue) got.push(item);
    });
    const many = how.durable === true ? 300 : 5_000;
    for (let n = 0; n < many; n++) await queue.push(n);
    queue.close();
    await Promise.all(consumers);
    expect(got).toEqual(Array.from({ length: many }, (_, n) => n));
    expectBalanced(queue);
  });

  test('any value is an item, and comes out as it went in', async () => {
    const queue = testSystem({ payloads: 'shared' }).queue<unknown>('jobs', how);
    const items: unknown[] = [undefined, null, 0, '', false, { a: 1 }, [1], new Error('e')];
    if (how.durable !== true) items.push(Symbol('s'), () => 1);
    for (const item of items) await queue.push(item);
    for (const item of items) expect(await queue.pull()).toBe(item);
  });

  test('a loop reads until the queue is closed and empty', async () => {
    const queue = testSystem().queue<number>('jobs', how);
    await queue.push(1);
    const read: number[] = [];
    const loop = (async () => {
      for await (const item of queue) {
        read.push(item);
        if (item === 1) {
          await queue.push(2);
          queue.close();
        }
      }
    })();
    await loop;
    expect(read).toEqual([1, 2]);
    expect(await codeOf(queue.push(3))).toBe('QUEUE_CLOSED');
    expect(queue.stats()).toMatchObject({ pushed: 2, refused: 1 });
    expect(await codeOf(queue.pull())).toBe('QUEUE_CLOSED');
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: a consumer that goes away while it waits swallows nothing ($kind)', ({
  system: testSystem, how,
}) => {
  test('a cancelled pull loses nothing', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    const controller = new AbortController();
    const cancelled = queue.pull({ signal: controller.signal });
    const next = queue.pull();
    controller.abort('enough');
    await expect(cancelled).rejects.toBe('enough');
    await queue.push('work');
    expect(await next).toBe('work');
  });

  test('a signal that fires while another listener of it pushes', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    const controller = new AbortController();
    let push: Promise<unknown> | undefined;
    controller.signal.addEventListener('abort', () => { push = queue.push('work'); });
    const cancelled = codeOf(queue.pull({ signal: controller.signal }));
    controller.abort('enough');
    expect(await cancelled).toBe('enough');
    expect(await push).toBe('queued');
    expect(queue.size).toBe(1);
    expect(await queue.pull()).toBe('work');
  });

  test('a signal that has fired before', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    await queue.push('work');
    expect(await codeOf(queue.pull({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(queue.size).toBe(1);
  });

  test('a pull that timed out', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    const late = codeOf(queue.pull({ timeoutMs: 50 }));
    await env.advance(60);
    expect(await late).toBe('TIMEOUT');
    await queue.push('work');
    expect(queue.size).toBe(1);
    expect(env.pending.held).toBe(0);
  });

  test('a consumer that was killed while it waited: the next one gets the item', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', how);
    const got: string[] = [];
    const body = (who: string) => async (self: ProcessSelf): Promise<void> => {
      got.push(`${who} ${await self.queue<string>('jobs').pull()}`);
    };
    const dead = system.spawn(body('dead'));
    system.spawn(body('alive'));
    await settleTurn();
    expect(queue.stats().waiting).toBe(2);
    system.exit(dead, 'kill');
    await queue.push('work');
    await settleTurn();
    expect(got).toEqual(['alive work']);
    expect(queue.stats().waiting).toBe(0);
  });

  test('a loop that is left: what it waited for stays', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    const loop = queue.items();
    const pending = [loop.next(), loop.next()];
    await loop.return?.();
    expect(await Promise.all(pending)).toEqual([{ done: true, value: undefined }, { done: true, value: undefined }]);
    await queue.push('work');
    expect(queue.size).toBe(1);
    for await (const item of queue) {
      expect(item).toBe('work');
      break;
    }
    expect(queue.stats()).toMatchObject({ acked: 1, waiting: 0 });
  });

  test('a loop under a signal ends with its reason', async () => {
    const queue = testSystem().queue<string>('jobs', how);
    const controller = new AbortController();
    const loop = (async () => {
      for await (const item of queue.items({ signal: controller.signal })) void item;
    })();
    const ended = codeOf(loop);
    controller.abort('over');
    expect(await ended).toBe('over');
    expect(queue.stats().waiting).toBe(0);
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: time ($kind)', ({ system: testSystem, how }) => {
  test('an item with a delay cannot be taken before', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    await queue.push('later', { delayMs: 100 });
    await queue.push('now');
    expect(queue.stats()).toMatchObject({ ready: 1, delayed: 1 });
    const got = [await queue.pull()];
    const next = queue.pull().then((item) => got.push(item));
    await env.advance(99);
    expect(got).toEqual(['now']);
    await env.advance(2);
    await next;
    expect(got).toEqual(['now', 'later']);
  });

  test('an item that nobody took in time expires, ready or delayed', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    await queue.push('short', { expiresInMs: 10 });
    await queue.push('long', { expiresInMs: 100, delayMs: 200 });
    await queue.push('ever');
    await env.advance(20);
    expect(queue.stats()).toMatchObject({ expired: 1, ready: 1, delayed: 1 });
    await env.advance(100);
    expect(queue.stats()).toMatchObject({ expired: 2, ready: 1, delayed: 0 });
    expect(await queue.pull()).toBe('ever');
    expect(env.pending.held).toBe(0);
  });

  test('an item that has outlived its time is given to nobody, though its timer has not fired', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    await queue.push('stale', { expiresInMs: 10 });
    await queue.push('fresh');
    env.now += 10; // the event loop was held up: no timer has had its turn
    expect(await queue.pull()).toBe('fresh');
    expect(queue.stats()).toMatchObject({ expired: 1, acked: 1 });
  });

  test('the age of the one that waits longest', async () => {
    const env = new VirtualEnv();
    const queue = testSystem({ env }).queue<string>('jobs', how);
    expect(queue.stats().oldestMs).toBe(0);
    await queue.push('a');
    await env.advance(40);
    await queue.push('b', { lane: 'high' });
    await env.advance(20);
    expect(queue.stats().oldestMs).toBe(60);
    await queue.pull();
    expect(queue.stats().oldestMs).toBe(60);
    await queue.pull();
    expect(queue.stats().oldestMs).toBe(0);
  });
});

describe.each(VIRTUAL_KINDS)('P work queue: the end ($kind)', ({ system: testSystem, how }) => {
  test('the stop of the system settles everybody; what is left becomes dead letters, or stays stored', async () => {
    const system = testSystem();
    const empty = system.queue<string>('empty', how);
    const full = system.queue<string>('full', { ...how, capacity: 1, overflow: 'suspend' });
    const pull = codeOf(empty.pull());
    const next = codeOf(empty.items().next());
    await full.push('left');
    const push = codeOf(full.push('waits'));
    await system.stop();
    expect(await Promise.all([pull, next, push])).toEqual(['SYSTEM_STOPPED', 'SYSTEM_STOPPED', 'SYSTEM_STOPPED']);
    expect(system.deadLetters.list().map(({ verb, to, payload }) => [verb, to, payload]))
      .toEqual(how.durable === true ? [] : [['push', 'full', 'left']]);
    const left = how.durable === true ? { stored: 1, deadLettered: 0 } : { stored: 0, deadLettered: 1 };
    expect(full.stats()).toMatchObject({ pushed: 1, ready: 0, ...left });
    for (const late of [full.push('x'), full.pull(), empty.items().next(), system.queue('new', how).push(1)]) {
      expect(await codeOf(late)).toBe('SYSTEM_STOPPED');
    }
  });

  test('a closed queue gives out what it has; then its pulls are told, and the name is free', async () => {
    const system = testSystem();
    const queue = system.queue<string>('jobs', { ...how, capacity: 1, overflow: 'suspend' });
    await queue.push('a');
    const waits = codeOf(queue.push('b'));
    queue.close();
    expect(await waits).toBe('QUEUE_CLOSED');
    expect(system.queue('jobs').stats().closed).toBe(true);
    expect(await queue.pull()).toBe('a');
    expect(await codeOf(queue.pull())).toBe('QUEUE_CLOSED');
    const next = system.queue<string>('jobs', { ...how, capacity: 2 });
    await next.push('new');
    expect(await next.pull()).toBe('new');
  });

  test('a dead incarnation does nothing', async () => {
    const system = testSystem();
    const results: unknown[] = [];
    let wake: () => void = () => undefined;
    const p = system.spawn(async (self) => {
      const own = self.queue<string>('jobs');
      await new Promise<void>((resolve) => (wake = resolve));
      results.push(await codeOf(own.push('zombie')), await codeOf(own.pull()), await codeOf(own.items().next()));
      own.close();
    });
    await settleTurn();
    system.exit(p, 'kill');
    wake();
    await settleTurn();
    expect(results).toEqual(['ZOMBIE', 'ZOMBIE', 'ZOMBIE']);
    expect(system.queue('jobs').stats()).toMatchObject({ pushed: 0, closed: false });
  });
});

test('P work queue: an awaited loop over push and pull does not starve timers', async () => {
  const queue = testSystem().queue<number>('jobs');
  let fired = false;
  const timer = new Promise<void>((resolve) => setImmediate(() => {
    fired = true;
    resolve();
  }));
  let rounds = 0;
  while (!fired && rounds < 3_000_000) {
    await queue.push(rounds++);
    await queue.pull();
  }
  expect(fired).toBe(true);
  await timer;
});

test('P work queue: payloads are frozen in development', async () => {
  const queue = testSystem({ payloads: 'frozen' }).queue<{ list: number[] }>('jobs');
  const item = { list: [1] };
  await queue.push(item);
  expect(() => item.list.push(2)).toThrow(TypeError);
});
