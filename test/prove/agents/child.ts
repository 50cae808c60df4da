// A life of a program with durable agents: `node child.js ORDER`. It tells on its standard output, line by line.
import { writeSync } from 'node:fs';
import { createSystem, defineAgent, type System } from '../../../src/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { ATTEMPTS_MAX, GOOD, type Order } from './order.js';

/** Each holds the ids of its part, and its whole state is stored with each: several keep it small. */
const PARTS = 8;
const IN_FLIGHT_MAX = 32;

const Taker = defineAgent({
  name: 'Taker',
  durable: true,
  delivery: { guarantee: 'exactly-once' },
  init: () => ({ ids: [] as number[] }),
  calls: {
    ids: (self) => self.state.ids,
    take(self, id: number) { self.state.ids.push(id); },
    die(_self, how: Order['how']) {
      if (how === 'exit') process.exit(7);
      for (const held: number[][] = []; ;) held.push(new Array<number>(100_000).fill(held.length));
    },
  },
});

/** Takes an id, and hands it on in the same turn. */
const Giver = defineAgent({
  name: 'Giver',
  durable: true,
  delivery: { guarantee: 'exactly-once' },
  init: () => ({ ids: [] as number[] }),
  calls: {
    ids: (self) => self.state.ids,
    async give(self, id: number) {
      self.state.ids.push(id);
      await self.deliver(system.ref(Taker, `taker-${id % PARTS}`), 'take', id);
    },
  },
});

const tell = (text: string): void => void writeSync(1, `${text}\n`);
const order = JSON.parse(process.argv[2] ?? '') as Order;
const system: System = createSystem({ store: sqlite(order.path), logger: false });

async function fill(): Promise<void> {
  const taker = system.ref(Taker, 'taker-0');
  for (let id = 0; id < GOOD; id++) {
    await taker.deliver('take', id, { key: `k${id}` });
    if (id === GOOD / 2) await taker.deliver('die', order.how, { key: 'poison', attemptsMax: ATTEMPTS_MAX });
  }
}

async function poison(): Promise<void> {
  await system.store.ready;
  const taker = await system.start(Taker, { name: 'taker-0' });
  tell('R');
  while (system.stats().delivery.pending + system.stats().delivery.inTransit > 0) await soon();
  const [letter] = system.deadLetters.list({ op: 'die' });
  const ids = await taker.call('ids');
  const { rows } = await system.store.stats();
  tell(`T ${JSON.stringify({ ids, reason: letter?.reason, attempts: letter?.attempts, dead: rows.dead })}`);
}

async function startAll(): Promise<void> {
  for (let part = 0; part < PARTS; part++) {
    await system.start(Taker, { name: `taker-${part}` });
    await system.start(Giver, { name: `giver-${part}` });
  }
  tell('R');
}

/** `I id` before it is sent, `S id` once it is accepted, `K id` once its effect is acknowledged. */
async function send(id: number): Promise<void> {
  tell(`I ${id}`);
  const receipt = await system.ref(Giver, `giver-${id % PARTS}`).deliver('give', id, { key: `k${id}` });
  tell(`S ${id}`);
  const { kind } = await receipt.settled;
  tell(kind === 'handled' ? `K ${id}` : `Y ${id} ended as ${kind}`);
}

async function work(): Promise<void> {
  // Some are sent before anybody owns their names, and before their first messages are found.
  const early = order.again.filter((id) => id % 2 === 0).map(send);
  await startAll();
  await Promise.all([...early, ...order.again.filter((id) => id % 2 === 1).map(send)]);
  let flying = 0;
  for (let id = order.base; ; id++) {
    flying++;
    void send(id).finally(() => { flying--; });
    do await soon(); while (flying >= IN_FLIGHT_MAX);
  }
}

async function drain(): Promise<void> {
  await startAll();
  await Promise.all(order.again.map(send));
  const { delivery } = system.stats();
  for (let now = delivery; now.pending + now.inTransit + now.running > 0; now = system.stats().delivery) await soon();
  const given: number[] = [];
  const taken: number[] = [];
  for (let part = 0; part < PARTS; part++) {
    given.push(...await system.ref(Giver, `giver-${part}`).call('ids'));
    taken.push(...await system.ref(Taker, `taker-${part}`).call('ids'));
  }
  tell(`T ${JSON.stringify({ given, taken })}`);
}

const soon = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

await { fill, poison, work, drain }[order.what]();
await system.stop();
