import { describe, expect, test } from 'vitest';
import type { Subscription } from '../../../src/bus/public.js';
import { TopicGap } from '../../../src/bus/public.js';
import { stateOf } from '../../support/mailbox.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { code } from './listener.js';

describe('a slow reader', () => {
  test('P slow subscriber: drop-oldest keeps the newest, and the gap says how many are missing', async () => {
    const topic = testSystem().topic<number>('t');
    const reader = topic.subscribe({ buffer: 3, slow: 'drop-oldest' });
    for (let n = 0; n < 10; n++) expect(await topic.publish(n)).toBe(1);
    expect(reader.stats()).toMatchObject({ sent: 10, taken: 0, dropped: 7, buffered: 3, peak: 3 });
    expect(await reader.nextBatch(9)).toEqual([new TopicGap(7), 7, 8, 9]);
    expect(reader.stats()).toMatchObject({ sent: 10, taken: 3, dropped: 7, buffered: 0 });
  });

  test('drop-newest keeps the oldest; the gap stands where the others would have stood', async () => {
    const topic = testSystem().topic<number>('t');
    const reader = topic.subscribe({ buffer: 2, slow: 'drop-newest' });
    for (let n = 0; n < 5; n++) expect(await topic.publish(n)).toBe(n < 2 ? 1 : 0);
    expect(await reader.next()).toBe(0);
    await topic.publish(5);
    expect(await reader.nextBatch(9)).toEqual([1, new TopicGap(3), 5]);
    for (let n = 6; n < 10; n++) await topic.publish(n);
    expect(await reader.nextBatch(2)).toEqual([6, 7]);
    expect(await reader.next()).toEqual(new TopicGap(2));
    expect(await stateOf(reader.next())).toBe('waiting');
    expect(reader.stats()).toMatchObject({ sent: 10, taken: 5, dropped: 5, buffered: 0 });
  });

  test('a gap that its publisher made is a message like any other', async () => {
    const topic = testSystem().topic<unknown>('t');
    const reader = topic.subscribe({ buffer: 1, slow: 'drop-oldest' });
    await topic.publish(new TopicGap(99));
    expect(reader.stats().buffered).toBe(1);
    expect(await reader.next()).toEqual(new TopicGap(99));
    expect(reader.stats()).toMatchObject({ sent: 1, taken: 1 });
  });

  test('disconnect: what is buffered is read, then an error says why', async () => {
    const topic = testSystem().topic<number>('t');
    const reader = topic.subscribe({ buffer: 2, slow: 'disconnect' });
    for (let n = 0; n < 4; n++) await topic.publish(n);
    expect(reader.end).toBe('slow');
    expect(reader.stats()).toMatchObject({ sent: 3, dropped: 1, buffered: 2 });
    const got: number[] = [];
    const loop = (async () => {
      for await (const n of reader) got.push(n);
    })();
    expect(await code(loop)).toBe('SLOW_READER');
    expect(got).toEqual([0, 1]);
    expect(await topic.publish(9)).toBe(0);
  });
});

describe('reading', () => {
  test('several that wait share the messages in the order of their asking, in the form they asked for', async () => {
    const topic = testSystem().topic<number>('t');
    const reader = topic.subscribe();
    const loop = reader[Symbol.asyncIterator]();
    const all = [reader.next(), loop.next(), reader.nextBatch(5)];
    for (let n = 0; n < 3; n++) await topic.publish(n);
    expect(await Promise.all(all)).toEqual([0, { done: false, value: 1 }, [2]]);
    expect(reader.stats()).toMatchObject({ sent: 3, taken: 3, peak: 0 });
  });

  test('using, break and the signal unsubscribe', async () => {
    const topic = testSystem().topic<number>('t');
    const readers: Subscription<number>[] = [];
    {
      using scoped = topic.subscribe();
      readers.push(scoped);
    }
    const broken = topic.subscribe();
    await topic.publish(1);
    for await (const _ of broken) break;
    const controller = new AbortController();
    const signalled = topic.subscribe({ signal: controller.signal });
    const waits = signalled.next();
    controller.abort();
    expect(await waits).toBe(undefined);
    expect([...readers, broken, signalled].map(({ end }) => end)).toEqual(Array(3).fill('unsubscribed'));
    expect(topic.subscribe({ signal: AbortSignal.abort(new Error('before')) }).end).toBe('unsubscribed');
    expect(topic.stats().subscribers).toBe(0);
  });

  test('P subscription lifecycle: what is buffered can be read after unsubscribe', async () => {
    const topic = testSystem().topic<number>('t');
    const reader = topic.subscribe();
    await topic.publish(1);
    await topic.publish(2);
    reader.unsubscribe();
    expect(await topic.publish(3)).toBe(0);
    const got: number[] = [];
    for await (const n of reader) got.push(n);
    expect(got).toEqual([1, 2]);
    expect(await reader.next()).toBe(undefined);
  });

  test('P 3: a subscription ends with its owner; what it had buffered becomes dead letters', async () => {
    const system = testSystem();
    const topic = system.topic<number>('t');
    let reader: Subscription<number> | undefined;
    const p = system.spawn(async (self) => {
      reader = self.topic<number>('t').subscribe({ buffer: 2 });
      await self.receive();
    }, { name: 'owner' });
    await settleTurn();
    await topic.publish(1);
    await topic.publish(2);
    const waits = topic.publish(3);
    system.exit(p, 'gone');
    expect(await waits).toBe(0);
    const mine = reader as Subscription<number>;
    expect(mine.end).toBe('owner');
    expect(mine.stats()).toMatchObject({ sent: 3, taken: 0, deadLettered: 3, buffered: 0 });
    expect(system.deadLetters.list().map(({ verb, to, op, payload, reason }) => [verb, to, op, payload, reason]))
      .toEqual([1, 2, 3].map((n) => ['publish', 'owner', 't', n, 'gone']));
    expect(system.deadLetters.retry({}).refused.map(({ code: why }) => why)).toEqual(['NOPROC', 'NOPROC', 'NOPROC']);
    expect(await code(mine.next())).toBe('ZOMBIE');
    expect(system.topics()).toEqual([]);
  });

  test('P 3: also of one that was over before: nobody could read it any more', async () => {
    const system = testSystem();
    let reader: Subscription<number> | undefined;
    const p = system.spawn(async (self) => {
      reader = self.topic<number>('t').subscribe();
      await self.receive();
    });
    await settleTurn();
    for (const n of [1, 2, 3]) await system.topic('t').publish(n);
    const mine = reader as Subscription<number>;
    mine.unsubscribe();
    expect(await mine.next()).toBe(1);
    system.exit(p, 'gone');
    await settleTurn();
    expect(mine.stats()).toMatchObject({ sent: 3, taken: 1, deadLettered: 2, buffered: 0 });
    expect(system.deadLetters.size).toBe(2);
    expect(await code(mine.next())).toBe('ZOMBIE');
  });

  test('an owner that dies waiting leaves no rejection that nobody handles', async () => {
    const system = testSystem();
    const p = system.spawn(async (self) => {
      void self.topic('t').subscribe().next();
      await self.receive();
    });
    await settleTurn();
    system.exit(p, 'gone');
    await settleTurn();
    expect(await system.topic('t').publish(1)).toBe(0);
  });

  test.each([
    [{ buffer: 0 }, 'buffer'], [{ buffer: 1.5 }, 'buffer'], [{ slow: 'wait' }, 'suspend'], [{ stallMs: 0 }, 'stallMs'],
    [{ slow: 'disconnect', stallMs: 5 }, 'stallMs'], [{ replay: -1 }, 'replay'], [{ buffer: 3, replay: 4 }, 'buffer'],
    [{ bufer: 3 }, 'buffer'], [{ signal: {} }, 'AbortSignal'], [7, 'an agent'], [null, 'options of a reader'],
  ])('bad options name the value and the rule: %j', (options, told) => {
    expect(() => testSystem().topic('t').subscribe(options as never)).toThrow(told);
  });

  test('nextBatch wants a number of messages', async () => {
    const reader = testSystem().topic('t').subscribe();
    for (const max of [0, 1.5, NaN, '3']) {
      await expect(reader.nextBatch(max as number)).rejects.toThrow('nextBatch.max');
    }
  });

  test('shows as one line', () => {
    const topic = testSystem().topic('t');
    const reader = topic.subscribe();
    expect([String(topic), String(reader)]).toEqual(['Topic(t)', 'Subscription(t: 0 buffered)']);
    reader.unsubscribe();
    expect(String(reader)).toBe('Subscription(t: unsubscribed)');
    expect(String(topic.subscribe('someone'))).toBe('AgentSubscription(t to someone)');
  });
});
