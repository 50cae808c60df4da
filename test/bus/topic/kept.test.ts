import { describe, expect, it } from 'vitest';
import type { Env } from '../../../src/base/index.js';
import { createSystem, type SystemOptions } from '../../../src/index.js';
import { TopicGap } from '../../../src/bus/public.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { code } from './listener.js';
import { check, DURABLE, life, take } from './lives.js';

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
