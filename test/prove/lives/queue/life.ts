// Durable queues: one with leases, one whose leases a durable agent acknowledges in its turn, one without leases.
import { defineAgent, type System } from '../../../../src/index.js';
import type { Lease, Queue } from '../../../../src/bus/public.js';
import { Random } from '../../../../src/testing/random.js';
import { begun } from '../begun.js';
import { sendOn, untilQuiet } from '../story.js';
import type { Life, Tell } from '../variant.js';

const IN_FLIGHT_MAX = 12;
const LEASES = { durable: true, leaseMs: 60_000, attemptsMax: 1_000 };
/** An id goes to the queue of that number. */
const QUEUES = ['jobs', 'turns', 'takes'] as const;

const Worker = defineAgent({
  name: 'Worker',
  durable: true,
  init: () => ({ ids: [] as number[] }),
  calls: { ids: (self) => self.state.ids },
  casts: {
    async work(self, lease: Lease<number>) {
      self.state.ids.push(lease.item);
      await lease.ack();
    },
  },
});

/** `L` with each lease; `A` before it is acknowledged, `K` after; `j` before it is rejected, `D` after. */
async function lease(jobs: Queue<number>, tell: Tell, random: Random): Promise<void> {
  for await (const lease of jobs.leases()) {
    const id = lease.item;
    tell('L', id);
    if (random.chance(0.1)) await lease.nack({ reason: 'later' });
    else if (id % 5 === 0) {
      tell('j', id);
      await lease.reject('not wanted');
      tell('D', id);
    } else {
      tell('A', id);
      await lease.ack();
      tell('K', id);
    }
  }
}

async function take(takes: Queue<number>, tell: Tell): Promise<void> {
  for await (const id of takes.items()) tell('P', id);
}

const left = (queue: Queue<number>): number => {
  const { ready, delayed, leased } = queue.stats();
  return ready + delayed + leased;
};

async function drain(system: System, tell: Tell, queues: readonly Queue<number>[]): Promise<void> {
  await untilQuiet(tell, 'queues are not empty', () => queues.every((queue) => left(queue) === 0));
  await system.store.flush();
  const { rows } = await system.store.stats();
  tell('dead', rows.dead, system.deadLetters.list({ op: 'item' }).map(({ payload }) => payload));
}

export const queueLife: Life = async (order, tell) => {
  const system = await begun(order, tell);
  const random = new Random(order.seed);
  const jobs = system.queue<number>(QUEUES[0], LEASES);
  const turns = system.queue<number>(QUEUES[1], LEASES);
  const takes = system.queue<number>(QUEUES[2], { durable: true });
  const worker = await system.start(Worker, { name: 'worker' });
  tell('T', await worker.call('ids'));
  tell('R');
  turns.consume(system.ref(Worker, 'worker'), { cast: 'work', concurrency: 3 });
  void lease(jobs, tell, random);
  void lease(jobs, tell, random);
  void take(takes, tell);
  if (order.what === 'drain') {
    await drain(system, tell, [jobs, turns, takes]);
    tell('T', await worker.call('ids'));
    return;
  }
  await sendOn(order, IN_FLIGHT_MAX, async (id) => {
    tell('I', id);
    await [jobs, turns, takes][id % QUEUES.length]?.push(id);
    tell('S', id);
  });
};
