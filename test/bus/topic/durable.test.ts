import { afterEach, describe, expect, it } from 'vitest';
import type { Env } from '../../../src/base/index.js';
import { createSystem, defineAgent, type System, type SystemOptions } from '../../../src/index.js';
import {
  type StoredTopicStats, type Subscription, type Topic, TopicGap, TopicMessage, type TopicOptions,
} from '../../../src/bus/public.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import type { StoreSource } from '../../../src/api/durable/store.js';
import { dies, lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { Place } from '../../journal/sqlite/place.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { code, thrown } from './listener.js';

const DURABLE = { durable: true } as const;

/** One life of a program on that store, which ends in order. */
async function life<T>(
  store: StoreSource, run: (system: System) => Promise<T>, options: SystemOptions = {},
): Promise<T> {
  const system = createSystem({ store, logger: false, ...options });
  try {
    return await run(system);
  } finally {
    expectConserved(system.stats());
    await system.stop();
    expectConserved(system.stats());
  }
}

/** The next so many, or fewer when there are no more for now. */
async function take<T>(reader: Subscription<T>, many: number): Promise<T[]> {
  const got: T[] = [];
  while (got.length < many) got.push(...await reader.nextBatch(many - got.length));
  return got;
}

function check(topic: Topic<unknown>): StoredTopicStats {
  const { published, stored } = topic.stats();
  if (stored === undefined) throw new Error('the topic is not durable');
  const { recovered, storing, unknown, rows, trimmed, firstOffset, nextOffset } = stored;
  expect(recovered + published + storing + unknown).toBe(rows + trimmed);
  expect(nextOffset - firstOffset).toBe(rows);
  return stored;
}

const places: Place[] = [];

function onDisk(): StoreSource {
  const place = new Place();
  places.push(place);
  return sqlite(place.path, { level: 'process' });
}

afterEach(async () => {
  for (const place of places.splice(0)) await place.dispose();
});

const stores: readonly [string, () => StoreSource][] = [
  ['memory', () => memoryStore()], ['sqlite', onDisk],
];

describe.each(stores)('a durable topic on %s', (_name, make) => {
  it('P broadcast topics: is replayed from any offset in a later life, and then goes on live', async () => {
    const store = make();
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      for (let n = 0; n < 10; n++) expect(await topic.publish(n)).toBe(0);
      expect(check(topic)).toMatchObject({ rows: 10, firstOffset: 0, nextOffset: 10, recovered: 0 });
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const readers = [
        topic.subscribe({ from: 'earliest' }), topic.subscribe({ from: 7 }), topic.subscribe(),
        topic.subscribe({ from: 11 }),
      ];
      const placed = topic.subscribe({ from: 9, withTopic: true });
      await system.store.ready;
      await settleTurn();
      for (let n = 10; n < 13; n++) expect(await topic.publish(n)).toBe(5);
      const [all, some, late, later] = readers as [Subscription<number>, Subscription<number>, typeof readers[2],
        Subscription<number>];
      expect(await take(all, 13)).toEqual([...Array(13).keys()]);
      expect(await take(some, 6)).toEqual([7, 8, 9, 10, 11, 12]);
      expect(await take(late as Subscription<number>, 3)).toEqual([10, 11, 12]);
      expect(await take(later, 2)).toEqual([11, 12]);
      expect(await take(placed, 2)).toEqual([new TopicMessage('t', 9, 9), new TopicMessage('t', 10, 10)]);
      expect(check(topic)).toMatchObject({ rows: 13, recovered: 10 });
    });
  });

  it('a durable subscription goes on behind what it has acknowledged', async () => {
    const store = make();
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const reader = topic.subscribe({ durable: 'billing' });
      for (let n = 0; n < 5; n++) await topic.publish(n);
      expect(await reader.next()).toBe(0);
      expect(await reader.nextBatch(2)).toEqual([1, 2]);
      expect(await reader.next()).toBe(3);
      await settleTurn();
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const reader = topic.subscribe({ durable: 'billing', from: 'latest' });
      expect(await reader.next()).toBe(3);
      await reader.acknowledge();
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const reader = topic.subscribe({ durable: 'billing', acknowledge: 'manual' });
      expect(await take(reader, 1)).toEqual([4]);
      reader.unsubscribe();
      const again = topic.subscribe({ durable: 'billing' });
      expect(await again.next()).toBe(4);
      expect(await code(topic.forget('billing'))).toBe('ALREADY_STARTED');
      again.unsubscribe();
      expect(await topic.forget('billing')).toBe(true);
      expect(await topic.forget('billing')).toBe(false);
      const anew = topic.subscribe({ durable: 'billing', from: 'earliest' });
      expect(await anew.next()).toBe(0);
    });
  });

  it('P21 messages come to a durable agent as deliveries, each with its effect once, over lives', async () => {
    const store = make();
    let crashed = false;
    const Ledger = defineAgent({
      name: 'ledger', durable: true, init: () => [] as number[],
      calls: { read: (self) => [...self.state] },
      casts: {
        book(self, n: number) {
          self.state.push(n);
          if (n === 3 && !crashed) {
            crashed = true;
            throw new Error('once');
          }
        },
      },
      delivery: { backoff: { baseMs: 1, jitter: 0 } },
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const to = topic.subscribe(system.ref(Ledger, 'ledger'), { cast: 'book', durable: 'books', from: 'earliest' });
      for (let n = 0; n < 4; n++) expect(await topic.publish(n)).toBe(1);
      expect(to.to).toBe('ledger');
      await expect.poll(() => to.stats().sent).toBe(4); // nobody owns the name: they wait for it
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', DURABLE);
      const start = () => system.start(Ledger, { name: 'ledger' });
      await start();
      topic.subscribe(system.ref(Ledger, 'ledger'), { cast: 'book', durable: 'books' });
      for (let n = 4; n < 7; n++) await topic.publish(n);
      await expect.poll(() => system.whereis('ledger')).toBe(undefined);
      const ledger = await start();
      await expect.poll(() => ledger.call('read')).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });
  });
});

describe('what is published to a durable topic', () => {
  it('P28 nobody has it, and its publisher hears nothing, before it is committed; a crash takes it from all', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const topic = first.topic<number>('t', DURABLE);
    const reader = topic.subscribe({ durable: 'r', from: 'earliest' });
    const all = first.topic<number>('**').subscribe();
    await topic.publish(0);
    expect(await take(reader, 1)).toEqual([0]);
    expect(await take(all, 1)).toEqual([0]);
    disk.hold();
    let told = false;
    void topic.publish(1).then(() => { told = true; });
    const next = reader.next().then(() => { told = true; });
    await settleTurn();
    expect([told, reader.stats().sent, all.stats().sent]).toEqual([false, 1, 1]);
    expect(check(topic)).toMatchObject({ storing: 1, rows: 2 });
    dies(first, disk);
    void next;
    const second = lifeOn(disk);
    const again = second.topic<number>('t', DURABLE);
    const later = again.subscribe({ durable: 'r' });
    await again.publish(2);
    expect(await take(later, 2)).toEqual([0, 2]); // it had acknowledged nothing that is safe
    expect(check(again)).toMatchObject({ rows: 2, nextOffset: 2 });
  });

  it('P21 belongs to the commit of the turn that publishes it, and is dropped with it', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const topic = system.topic<string>('t', DURABLE);
    const reader = topic.subscribe({ from: 'earliest' });
    const Teller = defineAgent({
      name: 'teller', durable: true, init: () => 0,
      casts: { async tell(self, fails: boolean) {
        const reached = await self.topic<string>('t').publish(`told ${self.state++}`);
        if (fails) throw new Error(`reached ${reached}`);
      } },
      calls: { told: (self) => self.state },
    });
    const teller = await system.start(Teller, { name: 'teller' });
    disk.hold();
    teller.cast('tell', false);
    await settleTurn();
    expect(reader.stats().sent).toBe(0);
    disk.release();
    expect(await reader.next()).toBe('told 0');
    teller.cast('tell', true);
    await expect.poll(() => system.whereis('teller')).toBe(undefined);
    const again = await system.start(Teller, { name: 'teller' });
    expect(await again.call('told')).toBe(1);
    expect(check(topic)).toMatchObject({ rows: 1, storing: 0 });
  });

  it('P16 a store that fails is told: UNKNOWN to who waits, STORE_FAILED from then on', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const topic = system.topic<number>('t', DURABLE);
    const reader = topic.subscribe();
    await topic.publish(0);
    disk.hold();
    const waits = code(topic.publish(1));
    await settleTurn();
    disk.fail();
    expect(await waits).toBe('UNKNOWN');
    expect(await code(topic.publish(2))).toBe('STORE_FAILED');
    expect(reader.stats().sent).toBe(1);
    expect(check(topic)).toMatchObject({ unknown: 1, storing: 0 });
  });

  it('is what a later life would read: no class, no alias, and frozen where payloads are', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<{ tags: string[] }>('t', DURABLE);
    const reader = topic.subscribe();
    const message = { tags: ['a'] };
    await topic.publish(message);
    const got = await reader.next();
    expect(got).toEqual(message);
    expect(got).not.toBe(message);
    expect(Object.isFrozen(got)).toBe(true);
  });

  it('P16 bad input is refused where it enters, and nothing of it is stored', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<unknown>('t', DURABLE);
    await expect(topic.publish({ a: [{ f: () => 1 }] })).rejects.toMatchObject(
      { code: 'NOT_STORABLE', option: 'message.a[0].f' },
    );
    expect(await code(topic.publish(undefined))).toBe('INVALID_PAYLOAD');
    expect(thrown(() => topic.tryPublish(1)).code).toBe('BAD_COMBINATION');
    for (const from of [-1, 1.5, NaN, 'first', {}, { ageMs: 0 }, null, true]) {
      expect(thrown(() => topic.subscribe({ from: from as never })).code).toMatch(/^(BAD_OPTION|UNKNOWN_OPTION)$/);
    }
    expect(thrown(() => topic.subscribe({ durable: 'no spaces' })).code).toBe('BAD_NAME');
    const together: readonly object[] = [
      { durable: 'x', slow: 'drop-oldest' }, { acknowledge: 'manual' }, { from: 0, replay: 1 },
    ];
    for (const options of together) expect(thrown(() => topic.subscribe(options)).code).toBe('BAD_COMBINATION');
    topic.subscribe({ durable: 'x' });
    expect(thrown(() => topic.subscribe({ durable: 'x' })).code).toBe('ALREADY_STARTED');
    const odd: readonly TopicOptions[] = [
      { durable: true, retention: { max: 0 } }, { durable: true, retention: { bytesMax: 0.5 } },
      { durable: true, retention: { ageMs: -1 } }, { durable: 'yes' as never }, { retention: { max: 1 } },
    ];
    for (const options of odd) expect(thrown(() => system.topic('u', options)).code).toMatch(/^BAD_/);
    expect(thrown(() => system.topic('t', { durable: true, retention: { max: 5 } })).code).toBe('OPTIONS_CONFLICT');
    for (const name of ['plain', '*']) {
      expect(thrown(() => system.topic(name).subscribe({ from: 0 })).code).toBe('BAD_COMBINATION');
      expect(thrown(() => system.topic(name).subscribe({ durable: 'y' })).code).toBe('BAD_COMBINATION');
      expect(await code(system.topic(name).forget('y'))).toBe('BAD_COMBINATION');
    }
    const Sink = defineAgent({ casts: { put: () => undefined } });
    const sink = system.start(Sink);
    expect(thrown(() => topic.subscribe(sink, { durable: 'z', cast: 'put' })).code).toBe('NOT_DURABLE');
    expect(thrown(() => topic.subscribe('sink', { durable: 'z' })).code).toBe('BAD_COMBINATION');
    expect(thrown(() => testSystem().topic('t', DURABLE)).code).toBe('NO_STORE');
    expect(check(topic).rows).toBe(0);
  });
});

describe('what a durable topic keeps', () => {
  it('is at most what its retention says: the oldest go, over lives, and the latest stays', async () => {
    const store = memoryStore();
    const retention = { max: 3 };
    await life(store, async (system) => {
      const topic = system.topic<number>('t', { durable: true, retention });
      for (let n = 0; n < 10; n++) await topic.publish(n);
      expect(check(topic)).toMatchObject({ rows: 3, firstOffset: 7, trimmed: 7 });
      expect((await system.store.stats()).rows.topic).toBe(3);
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('t', { durable: true, retention: { max: 2 } });
      await system.store.ready;
      expect(await take(topic.subscribe({ from: 'earliest' }), 2)).toEqual([8, 9]);
      expect(check(topic)).toMatchObject({ rows: 2, firstOffset: 8, trimmed: 1, recovered: 3 });
      topic.close();
      const bytes = { durable: true, retention: { bytesMax: 100 } } as const;
      const counted = system.topic<string>('t', bytes);
      await counted.publish('x'.repeat(200));
      expect(check(counted)).toMatchObject({ rows: 1, firstOffset: 10 });
      for (let n = 0; n < 20; n++) await counted.publish('y'.repeat(10));
      const { bytes: kept, rows } = check(counted);
      expect(kept).toBeLessThanOrEqual(100);
      expect(rows).toBe(Math.floor(100 / ((kept as number) / rows)));
    });
    await life(store, async (system) => {
      const topic = system.topic<string>('t', { durable: true, retention: { bytesMax: 40 } });
      await system.store.ready;
      await expect.poll(() => check(topic).rows).toBe(1);
    });
  });

  it('a reader whose offset was trimmed gets a gap of exactly so many', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<number>('t', { durable: true, retention: { max: 4 } });
    const slow = topic.subscribe({ buffer: 2, durable: 'slow' });
    for (let n = 0; n < 10; n++) expect(await topic.publish(n)).toBe(1); // nobody waits for it
    expect(await take(slow, 7)).toEqual([0, 1, new TopicGap(4), 6, 7, 8, 9]);
    expect(slow.stats()).toMatchObject({ sent: 10, taken: 6, dropped: 4, buffered: 0 });
    expect(await take(topic.subscribe({ from: 0 }), 5)).toEqual([new TopicGap(6), 6, 7, 8, 9]);
  });

  it('one that did not ask for gaps is disconnected by one', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<number>('t', { durable: true, retention: { max: 4 } });
    const slow = topic.subscribe({ buffer: 2 });
    for (let n = 0; n < 10; n++) await topic.publish(n);
    expect(await take(slow, 2)).toEqual([0, 1]);
    expect(await code(slow.next())).toBe('SLOW_READER');
    expect(slow.end).toBe('slow');
  });

  it('a reader that falls behind reads on from the store, and nobody waits for it', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<number>('t', DURABLE);
    const slow = topic.subscribe({ buffer: 2 });
    for (let n = 0; n < 300; n++) await topic.publish(n);
    expect(slow.stats()).toMatchObject({ buffered: 2, waiting: 0 });
    expect(await take(slow, 300)).toEqual([...Array(300).keys()]);
    await topic.publish(300);
    expect(await slow.next()).toBe(300);
  });

  it('policies that lose something lose it of what is live, never of what is replayed', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<number>('t', DURABLE);
    for (let n = 0; n < 10; n++) await topic.publish(n);
    const reader = topic.subscribe({ from: 0, buffer: 4, slow: 'drop-oldest' });
    expect(await take(reader, 10)).toEqual([...Array(10).keys()]);
    await settleTurn();
    for (let n = 10; n < 16; n++) await topic.publish(n);
    expect(await take(reader, 5)).toEqual([new TopicGap(2), 12, 13, 14, 15]);
  });

  it('the retained value survives: of the topic, and of the patterns that it fits', async () => {
    const store = memoryStore();
    const options = { durable: true, retain: true } as const;
    await life(store, async (system) => {
      await system.topic<number>('a.b', options).publish(1);
      await system.topic<number>('a.b').publish(2);
    });
    await life(store, async (system) => {
      const topic = system.topic<number>('a.b', options);
      expect(await topic.subscribe().next()).toBe(2);
      await system.store.ready;
      await settleTurn();
      expect(await system.topic<number>('a.*').subscribe().next()).toBe(2);
      await topic.publish(3);
      expect(await topic.subscribe().next()).toBe(3);
      expect(await take(topic.subscribe({ replay: 5 }), 3)).toEqual([1, 2, 3]);
    });
  });

  it('ages by the wall clock: what is older goes when something is published, and readers start by age', async () => {
    const env = new VirtualEnv();
    const withEnv: SystemOptions & { readonly env: Env } = { store: memoryStore(), logger: false, env };
    const system = createSystem(withEnv);
    const topic = system.topic<number>('t', { durable: true, retention: { ageMs: 1_000 } });
    await topic.publish(0);
    env.wallNow += 400;
    await topic.publish(1);
    env.wallNow += 400;
    await topic.publish(2);
    expect(await take(topic.subscribe({ from: { ageMs: 500 } }), 2)).toEqual([1, 2]);
    expect(await take(topic.subscribe({ from: { ageMs: 100 } }), 1)).toEqual([2]);
    env.wallNow += 700;
    await topic.publish(3);
    expect(check(topic)).toMatchObject({ rows: 2, firstOffset: 2, trimmed: 2 });
    env.wallNow += 10_000;
    expect(await take(topic.subscribe({ from: 'earliest' }), 1)).toEqual([3]); // the latest stays
    await system.stop();
  });
});

describe('gaps of two kinds', () => {
  it('what drop-oldest loses stands with what was trimmed before it', async () => {
    const system = testSystem({ store: memoryStore() });
    const topic = system.topic<number>('t', { durable: true, retention: { max: 2 } });
    for (let n = 0; n < 5; n++) await topic.publish(n);
    const reader = topic.subscribe({ from: 0, buffer: 3, slow: 'drop-oldest' });
    await settleTurn();
    for (let n = 5; n < 7; n++) await topic.publish(n);
    expect(await take(reader, 4)).toEqual([new TopicGap(4), 4, 5, 6]);
    expect(reader.stats()).toMatchObject({ sent: 7, taken: 3, dropped: 4 });
  });
});
