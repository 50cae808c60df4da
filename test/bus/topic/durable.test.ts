import { afterEach, describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { type Subscription, TopicMessage, type TopicOptions } from '../../../src/bus/public.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import type { StoreSource } from '../../../src/api/durable/store.js';
import { dies, lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { Place } from '../../journal/sqlite/place.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { code, thrown } from './listener.js';
import { check, DURABLE, life, take } from './lives.js';

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
  it('P28 nobody has it, nor hears of it, before it is committed; a crash takes it from all', async () => {
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
      { stallMs: 5 }, { durable: 'x', stallMs: 'infinity' },
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
