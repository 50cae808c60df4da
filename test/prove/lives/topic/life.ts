// A durable topic: published from outside and in turns, read under two names, and by a durable agent.
import { defineAgent, type System } from '../../../../src/index.js';
import { TopicGap } from '../../../../src/bus/public.js';
import { Random } from '../../../../src/testing/random.js';
import { begun } from '../begun.js';
import { pause, sendOn, untilQuiet } from '../story.js';
import type { Life, Tell } from '../variant.js';

const IN_FLIGHT_MAX = 12;

const Book = defineAgent({
  name: 'Book',
  durable: true,
  init: () => ({ ids: [] as number[] }),
  calls: { ids: (self) => self.state.ids },
  casts: { book(self, id: number) { self.state.ids.push(id); } },
});

/** Publishes in its turn: the message is there with the state, or not at all. */
const Teller = defineAgent({
  name: 'Teller',
  durable: true,
  delivery: { guarantee: 'exactly-once' },
  init: () => ({ ids: [] as number[] }),
  calls: {
    ids: (self) => self.state.ids,
    async say(self, id: number) {
      self.state.ids.push(id);
      await self.topic<number>('news').publish(id);
    },
  },
});

/** A reader by name: `G` before a message is used, `b` before its place moves on, `a` once that is safe. */
async function read(system: System, tell: Tell, name: string, random: Random): Promise<void> {
  const manual = name === 'manual';
  const reader = system.topic<number>('news').subscribe({
    durable: name, from: 'earliest', withTopic: true, acknowledge: manual ? 'manual' : 'auto', buffer: 16,
  });
  for (let last = -1; ;) {
    if (!manual && last >= 0) tell('b', name, last);
    const item = await reader.next();
    if (item === undefined) return;
    if (item instanceof TopicGap) {
      tell('gap', name, item.missed);
      continue;
    }
    last = item.offset as number;
    tell('G', name, last, item.message);
    if (!random.chance(0.2)) continue;
    tell('b', name, last);
    await reader.acknowledge();
    tell('a', name, last);
  }
}

/** Everything that is stored, read without a name. */
async function readAll(system: System, tell: Tell): Promise<number> {
  const news = system.topic<number>('news');
  const end = news.stats().stored?.nextOffset ?? 0;
  const reader = news.subscribe({ from: 'earliest', withTopic: true });
  const all: [number, number][] = [];
  while (all.length < end) {
    const item = await reader.next();
    if (item === undefined || item instanceof TopicGap) break;
    all.push([item.offset as number, item.message]);
  }
  tell('all', end, all);
  return end;
}

export const topicLife: Life = async (order, tell) => {
  const system = await begun(order, tell);
  const random = new Random(order.seed);
  const news = system.topic<number>('news', { durable: true });
  const book = await system.start(Book, { name: 'book' });
  const teller = await system.start(Teller, { name: 'teller' });
  tell('T', 'book', await book.call('ids'));
  tell('T', 'teller', await teller.call('ids'));
  news.subscribe(system.ref(Book, 'book'), { cast: 'book', durable: 'book', from: 'earliest' });
  tell('R');
  const say = async (id: number): Promise<void> => {
    tell('I', id, 'turn');
    const receipt = await teller.deliver('say', id, { key: `k${id}` });
    tell('S', id);
    if ((await receipt.settled).kind === 'handled') tell('K', id);
  };
  const again = Promise.all(order.again.map(say));
  if (order.what === 'drain') {
    await again;
    const end = await readAll(system, tell);
    await untilQuiet(tell, 'the book is not complete', async () => (await book.call('ids')).length >= end);
    await pause(20);
    tell('T', 'book', await book.call('ids'));
    tell('T', 'teller', await teller.call('ids'));
    return;
  }
  void read(system, tell, 'manual', random);
  void read(system, tell, 'auto', random);
  await sendOn(order, IN_FLIGHT_MAX, async (id) => {
    if (id % 3 === 0) return say(id);
    tell('I', id, 'outside');
    await news.publish(id);
    tell('S', id);
    tell('K', id);
  });
};
