import { describe, expect, test } from 'vitest';
import { TopicMessage } from '../../../src/bus/public.js';
import { testSystem } from '../../support/system.js';
import { Listener } from './listener.js';

describe('patterns', () => {
  test('* is one segment, ** the rest or none; each subscription gets a message once', async () => {
    const system = testSystem();
    const patterns = ['orders.*.created', 'orders.**', '*', '**', 'orders.eu.*'];
    const readers = patterns.map((pattern) => system.topic<string>(pattern).subscribe({ withTopic: true }));
    const names = ['orders', 'orders.eu', 'orders.eu.created', 'orders.us.created', 'orders.eu.created.now', 'users'];
    for (const name of names) await system.topic<string>(name).publish(name);
    const got = await Promise.all(readers.map((reader) => reader.nextBatch(99)));
    expect(got.map((messages) => messages.map(({ topic }) => topic))).toEqual([
      ['orders.eu.created', 'orders.us.created'],
      ['orders', 'orders.eu', 'orders.eu.created', 'orders.us.created', 'orders.eu.created.now'],
      ['orders', 'users'],
      names,
      ['orders.eu.created'],
    ]);
    expect(got[0]?.[0]).toEqual(new TopicMessage('orders.eu.created', 'orders.eu.created'));
    for (const reader of readers) reader.unsubscribe();
    expect(await system.topic('orders').publish('x')).toBe(0);
  });

  test('a handle that has published sees patterns that come and go', async () => {
    const system = testSystem();
    const topic = system.topic<number>('a.b');
    expect(await topic.publish(1)).toBe(0);
    const first = system.topic<number>('a.*').subscribe();
    expect(await topic.publish(2)).toBe(1);
    const second = system.topic<number>('**').subscribe();
    expect(await topic.publish(3)).toBe(2);
    first.unsubscribe();
    expect(await topic.publish(4)).toBe(1);
    expect(await second.nextBatch(9)).toEqual([3, 4]);
    expect(await first.nextBatch(9)).toEqual([2, 3]);
  });
});

describe('what a topic keeps', () => {
  test('retain: the latest message comes first, also to a pattern', async () => {
    const system = testSystem();
    const topic = system.topic<number>('state.cpu', { retain: true });
    await topic.publish(1);
    await topic.publish(2);
    expect(await topic.subscribe().next()).toBe(2);
    expect(await system.topic<number>('state.*').subscribe({ withTopic: true }).next())
      .toEqual(new TopicMessage('state.cpu', 2));
    const listener = system.start(Listener);
    topic.subscribe(listener);
    await topic.publish(3);
    expect(await listener.call('read')).toEqual([2, 3]);
  });

  test('replay: the latest n, oldest first, for who asks', async () => {
    const system = testSystem();
    const topic = system.topic<number>('log', { replay: 3 });
    for (let n = 0; n < 5; n++) await topic.publish(n);
    expect(topic.stats()).toMatchObject({ published: 5, kept: 3 });
    expect(await topic.subscribe({ replay: 2 }).nextBatch(9)).toEqual([3, 4]);
    expect(await topic.subscribe({ replay: 9 }).nextBatch(9)).toEqual([2, 3, 4]);
    const none = topic.subscribe();
    expect(none.stats()).toMatchObject({ sent: 0 });
    topic.close();
    expect(none.end).toBe('closed');
    expect(system.topics()).toEqual([]);
    expect(system.topic<number>('log').subscribe({ replay: 3 }).stats().sent).toBe(0);
  });

  test('a topic vanishes with its last user, unless it was given options', async () => {
    const system = testSystem();
    const reader = system.topic('short').subscribe();
    system.topic('long', {});
    expect(system.topics().map(({ name }) => name)).toEqual(['short', 'long']);
    reader.unsubscribe();
    reader.unsubscribe();
    expect(system.topics().map(({ name }) => name)).toEqual(['long']);
    system.topic('long').close();
    expect(system.topics()).toEqual([]);
  });
});
