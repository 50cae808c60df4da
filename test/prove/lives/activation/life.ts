// Durable agents under addresses: started by messages, deliveries and calls, passivated after some ms, brought back.
import { defineAgent, type System } from '../../../../src/index.js';
import { Random } from '../../../../src/testing/random.js';
import { begun } from '../begun.js';
import { pause, sendOn, untilQuiet } from '../story.js';
import type { Life, Tell } from '../variant.js';
import { roomOf, ROOMS, wayOf } from './ways.js';

const IN_FLIGHT_MAX = 10;
const IDLE_MS = 4;
const RESIDENTS_MAX = 5;
const LEAVING_MS = 2;

/** `V` with what it begins with, `p` and `q` around its end. */
function roomOfLife(tell: Tell) {
  const heard = new Map<string, number>();
  return defineAgent({
    name: 'Room',
    durable: true,
    trapExit: true,
    delivery: { guarantee: 'exactly-once' },
    init: (name: string) => ({ name, ids: [] as number[] }),
    restored(self) {
      const { name, ids } = self.state;
      const from = Math.min(heard.get(name) ?? 0, ids.length);
      tell('V', name, from, ids.slice(from));
      heard.set(name, ids.length);
    },
    calls: {
      ids: (self) => self.state.ids,
      turn(self, id: number) { self.state.ids.push(id); },
    },
    info: () => undefined,
    async terminate(self) {
      tell('p', self.state.name);
      await pause(LEAVING_MS);
      tell('q', self.state.name);
    },
  });
}

type RoomDefinition = ReturnType<typeof roomOfLife>;

/** One message, in the way of its id; `+` first where nobody lives, `-` once somebody was there. */
function sender(system: System, Room: RoomDefinition, tell: Tell): (id: number) => Promise<void> {
  return async (id) => {
    const name = roomOf(id);
    const room = system.address(Room, name);
    const way = wayOf(id);
    tell('I', id);
    const starts = way !== 'enqueue' && room.pid === undefined;
    if (starts) tell('+', name);
    const key = `k${id}`;
    if (way === 'call') {
      const answered = await room.call('turn', id).then(() => true, () => false);
      if (answered) tell('K', id);
    } else if (way === 'deliver') {
      const receipt = await room.deliver('turn', id, { key });
      tell('S', id);
      const { kind } = await receipt.settled;
      tell(kind === 'handled' ? 'K' : 'Y', kind === 'handled' ? id : `${id} ended as ${kind}`);
    } else {
      const { kind } = await system.message(room, id, { key, enqueue: way === 'enqueue' });
      if (kind === 'delivered') tell('K', id);
      else if (kind === 'enqueued' || kind === 'started') tell('S', id);
      else tell('Y', `${id} was answered with ${kind}`);
    }
    if (starts) tell('-', name);
  };
}

async function drain(system: System, Room: RoomDefinition, tell: Tell): Promise<void> {
  await system.addresses('chat').deliverAll();
  await untilQuiet(tell, 'deliveries are not over', () => {
    const { pending, inTransit, running } = system.stats().delivery;
    return pending + inTransit + running === 0;
  });
  for (const name of ROOMS) tell('T', name, await system.address(Room, name).call('ids'));
}

export const activationLife: Life = async (order, tell) => {
  const system = await begun(order, tell);
  const random = new Random(order.seed);
  const Room = roomOfLife(tell);
  system.activate(Room, { idleMs: IDLE_MS, residentsMax: RESIDENTS_MAX, wakeAtStart: random.chance(0.5) });
  tell('R');
  const send = sender(system, Room, tell);
  await Promise.all(order.again.map(send));
  if (order.what === 'drain') return drain(system, Room, tell);
  await sendOn(order, IN_FLIGHT_MAX, async (id) => {
    await send(id);
    if (random.chance(0.2)) await pause(random.int(3 * IDLE_MS));
  });
};
