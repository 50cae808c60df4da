import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { TopicGap } from '../../../src/bus/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { Listener, thrown } from './listener.js';

describe('agents', () => {
  test('messages arrive in info, or as a named cast', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const [plain, cast] = [system.start(Listener), system.start(Listener)];
    topic.subscribe(plain);
    topic.subscribe(cast, { cast: 'price' });
    expect(await topic.publish(3)).toBe(2);
    expect(await plain.call('read')).toEqual([3]);
    expect(await cast.call('read')).toEqual([3]);
  });

  test('by ref a subscription ends with the agent; by name it means whoever has the name', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const first = system.start(Listener, { name: 'listener' });
    const byRef = topic.subscribe(first);
    const byName = topic.subscribe('listener');
    await first.stop();
    expect([byRef.end, byName.end]).toEqual(['owner', undefined]);
    expect(await topic.publish(1)).toBe(0);
    expect(byName.stats()).toMatchObject({ sent: 1, deadLettered: 1 });
    expect(system.deadLetters.list().map(({ to, payload }) => [to, payload])).toEqual([['listener', 1]]);
    const second = system.start(Listener, { name: 'listener' });
    expect(await topic.publish(2)).toBe(1);
    expect(await second.call('read')).toEqual([2]);
    byName.unsubscribe();
    expect(await topic.publish(3)).toBe(0);
  });

  test('a full mailbox refuses by its policy; a gap comes before the next message', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const listener = system.start(Listener, { mailbox: { capacity: 2 } });
    const subscription = topic.subscribe(listener);
    for (let n = 0; n < 5; n++) topic.tryPublish(n);
    expect(subscription.stats()).toMatchObject({ sent: 5, taken: 2, dropped: 3, buffered: 0 });
    await settleTurn();
    expect(await listener.call('read')).toEqual([0, 1]);
    expect(topic.tryPublish(5)).toBe(1);
    await settleTurn();
    expect(await listener.call('read')).toEqual([0, 1, new TopicGap(3), 5]);
  });

  test('a cast that does not exist is told at once; a message that does not fit its schema is counted', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    const topic = system.topic('prices');
    const listener = system.start(Listener);
    expect(thrown(() => topic.subscribe(listener, { cast: 'prise' })).code).toBe('UNKNOWN_OPERATION');
    expect(thrown(() => topic.subscribe('listener', { cast: 'price' })).message).toContain('system.ref');
    expect(thrown(() => topic.subscribe({ buffer: 3 } as never, {})).message).toContain('before its options');
    const subscription = topic.subscribe(listener, { cast: 'strict' });
    expect(await topic.publish({ price: 3 })).toBe(1);
    expect(await topic.publish({ prise: 3 })).toBe(0);
    expect(await topic.publish({ price: 4 })).toBe(1);
    expect(await listener.call('read')).toEqual([3, new TopicGap(1), 4]);
    expect(subscription.stats()).toMatchObject({ sent: 3, taken: 2, dropped: 1 });
  });

  test('self.topic subscribes itself, and ends with it', async () => {
    const system = testSystem();
    const listener = system.start(Listener);
    listener.cast('follow', 'news');
    await listener.call('read');
    expect(await system.topic('news').publish('hello')).toBe(1);
    expect(await listener.call('read')).toEqual(['hello']);
    await listener.stop();
    expect(await system.topic('news').publish('hello')).toBe(0);
    expect(system.topics()).toEqual([]);
  });

  test('the sender of what is published is who publishes it', async () => {
    const system = testSystem();
    system.topic('out').subscribe('nobody');
    const p = system.spawn(async (self) => { await self.topic('out').publish('mine'); }, { name: 'publisher' });
    await system.monitor(p).down;
    expect(system.deadLetters.list().map(({ from, fromName, payload }) => [from, fromName, payload]))
      .toEqual([[p.pid, 'publisher', 'mine']]);
  });
});

describe('what people get wrong', () => {
  test('a gap needs no room: an agent with one place gets what comes later', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const listener = system.start(Listener, { mailbox: { capacity: 1 } });
    topic.subscribe(listener);
    for (let n = 0; n < 3; n++) topic.tryPublish(n);
    await settleTurn();
    for (let n = 3; n < 6; n++) {
      expect(await topic.publish(n)).toBe(1);
      await settleTurn();
    }
    expect(await listener.call('read')).toEqual([0, new TopicGap(2), 3, 4, 5]);
  });

  test('an agent that subscribes itself may name a cast; so may a pid or a name that is owned', async () => {
    const system = testSystem();
    const Self = defineAgent({
      init: () => [] as unknown[],
      calls: { read: (self) => self.state },
      casts: {
        hear(self, n: number) { self.state.push(n); },
        open(self) { self.topic<number>('prices').subscribe(self, { cast: 'hear' }); },
      },
    });
    const ref = system.start(Self, { name: 'listener' });
    ref.cast('open');
    await ref.call('read');
    const topic = system.topic<number>('prices');
    topic.subscribe('listener', { cast: 'hear' });
    topic.subscribe(ref.pid as string, { cast: 'hear' });
    expect(await topic.publish(1)).toBe(3);
    expect(await ref.call('read')).toEqual([1, 1, 1]);
    expect(thrown(() => topic.subscribe('nobody', { cast: 'hear' })).message).toContain('system.ref');
  });

  test('one that has ended is no subscriber: the subscription is over at once', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const listener = system.start(Listener);
    const pid = listener.pid as string;
    await listener.stop();
    for (const target of [listener, pid]) expect(topic.subscribe(target).end).toBe('owner');
    expect(await topic.publish(1)).toBe(0);
    expect(system.topics()).toEqual([]);
    expect(thrown(() => topic.subscribe('not ok!')).code).toBe('BAD_NAME');
  });

  test('after the stop nobody subscribes', async () => {
    const system = testSystem();
    const listener = system.start(Listener);
    await system.stop();
    for (const act of [() => system.topic('t').subscribe(), () => system.topic('t').subscribe(listener)]) {
      expect(thrown(act).code).toBe('SYSTEM_STOPPED');
    }
    expect(system.topics()).toEqual([]);
  });

  test.each([
    [() => undefined, 'for await'], [Listener, 'system.start(Definition)'],
    [{ cast: 'price' }, 'the agent comes first'], [5, 'an agent, or the options'],
  ])('what is nobody is told with what to do: %s', (given, told) => {
    expect(thrown(() => testSystem().topic('t').subscribe(given as never)).message).toContain(told);
  });

  test('an agent has no buffer of its own', () => {
    const system = testSystem();
    const error = thrown(() => system.topic('t').subscribe(system.start(Listener), { buffer: 3 } as never));
    expect(error.message).toContain('mailbox: { capacity');
  });
});
