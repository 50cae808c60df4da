import { defineAgent, type ProcessRef, type ProcessSelf } from '../../src/index.js';
import type { Lease, PushOptions, Queue, QueueOptions } from '../../src/bus/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const LANES = ['low', 'normal', 'high', 'critical'] as const;
const KEYS = ['a', 'b', 'c'] as const;

/** What becomes of one item, as those who have it see it; an instance of a class is not frozen. */
class Item {
  attempts = 0;
  /** virtual ms from which nobody may get it; its life begins when it is in the queue */
  expiresAt = Infinity;
  /** who has it now */
  holder: string | null = null;
  done = false;
  constructor(
    readonly n: number,
    readonly key: string | undefined,
  ) {}
}

/** One queue, its consumers and producers, and what must hold of all of them. */
class World {
  readonly queue: Queue<Item>;
  readonly leases: boolean;
  private readonly ordered: boolean;
  private made = 0;
  /** how many pushes came in, and of what was dropped no more is expected */
  private pushed = 0;
  private acked = 0;
  private readonly items: Item[] = [];
  /** of each key and lane the number of the latest item that was handed out for the first time */
  private readonly latest = new Map<string, number>();
  private readonly dead = new Set<string>();
  constructor(
    private readonly sim: Simulation,
    private readonly options: QueueOptions<Item>,
  ) {
    this.queue = sim.system.queue<Item>('work', options);
    this.leases = options.leaseMs !== undefined;
    this.ordered = options.orderByKey === true;
  }

  /* ---- push ---- */

  async produce(queue: Queue<Item>, times: number): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    for (let left = times; left > 0; left--) {
      if (random.chance(0.4)) await sim.sleep(random.int(12));
      const expiresInMs = random.chance(0.2) ? 1 + random.int(40) : undefined;
      const key = this.ordered && random.chance(0.8) ? random.pick(KEYS) : undefined;
      const item = new Item(++this.made, key);
      const options: PushOptions = {
        key, expiresInMs, lane: random.pick(LANES), delayMs: random.chance(0.2) ? random.int(30) : undefined,
        timeoutMs: random.chance(0.3) ? 1 + random.int(30) : undefined,
        signal: random.chance(0.1) ? this.signal(random.int(20)) : undefined,
      };
      const outcome = await queue.push(item, options).catch((error: unknown) => codeOf(error));
      if (expiresInMs !== undefined) item.expiresAt = sim.nowMs + expiresInMs; // it was in by now
      if (!this.leases) sim.always(queue.size <= (this.options.capacity ?? Infinity), 'no more than the capacity');
      if (outcome === 'queued' || outcome === 'dropped') this.pushed++;
      if (outcome === 'queued') this.items.push(item);
      sim.sometimes(outcome === 'TIMEOUT', 'a push waited too long for room');
      sim.sometimes(outcome === 'QUEUE_FULL' || outcome === 'dropped', 'a queue was full');
    }
  }

  /* ---- take ---- */

  async consume(self: ProcessSelf): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const queue = self.queue<Item>('work');
    for (;;) {
      if (random.chance(0.3)) await sim.sleep(random.int(6));
      const wait = {
        timeoutMs: random.chance(0.3) ? 1 + random.int(10) : undefined,
        signal: random.chance(0.2) ? this.signal(random.int(15)) : undefined,
      };
      try {
        if (this.leases) await this.work(self.pid, await queue.lease(wait));
        else {
          const item = await queue.pull(wait);
          this.received(self.pid, item);
          this.finish(item);
        }
      } catch (error) {
        const code = codeOf(error);
        if (code === 'ZOMBIE' || code === 'SYSTEM_STOPPED' || code === 'QUEUE_CLOSED') return;
        sim.always(code === 'TIMEOUT' || code === 'LEASE_LOST' || code === 'late', `no such end of a wait: ${code}`);
      }
    }
  }

  /** One lease: some are acknowledged, some given back, some held for too long. */
  async work(pid: string, lease: Lease<Item>): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const { item, signal } = lease;
    if (sim.sometimes(signal.aborted, 'a lease was lost on its way to a consumer that died')) {
      sim.equal(await lease.ack().then(() => 'done', codeOf), 'LEASE_LOST', 'the dead acknowledge nothing');
      return;
    }
    this.received(pid, item, lease.attempt);
    let lost = false;
    signal.addEventListener('abort', () => {
      lost = true;
      sim.equal(item.holder, pid, 'the signal of a lost lease fires before the next one has the item');
      item.holder = null;
    });
    if (random.chance(0.8)) await sim.sleep(random.int(30));
    if (random.chance(0.2)) await this.extend(lease, () => lost);
    const acks = random.chance(0.6);
    const verb = acks ? 'ack' : random.pick(['nack', 'nack', 'reject', 'none'] as const);
    if (verb === 'none') {
      await sim.sleep(60);
      sim.always(lost, 'a lease that nobody ends is lost by time');
      return;
    }
    const counts = !lost;
    if (counts) {
      item.holder = null;
      if (verb === 'ack') this.finish(item);
    }
    const answer = await (verb === 'nack' ? lease.nack({ delayMs: random.int(20) }) : lease[verb]())
      .then(() => 'done', codeOf);
    sim.equal(answer, counts ? 'done' : 'LEASE_LOST', 'a lease that is lost is refused, one that counts is not');
    sim.sometimes(!counts, 'a late acknowledgement was refused');
  }

  private async extend(lease: Lease<Item>, isLost: () => boolean): Promise<void> {
    const { sim } = this;
    const counts = !isLost();
    const answer = await lease.extend(20).then(() => 'done', codeOf);
    this.sim.equal(answer, counts ? 'done' : 'LEASE_LOST', 'only a lease that counts is extended');
    if (!counts || isLost()) return;
    await sim.sleep(15);
    sim.always(!isLost() || this.dead.size > 0, 'an extended lease lasts');
  }

  private received(pid: string, item: Item, attempt: number = 1): void {
    const { sim, options } = this;
    sim.always(!this.dead.has(pid), 'no item for the dead');
    sim.always(!item.done, 'an item that is done is given to nobody');
    sim.equal(item.holder, null, 'one consumer at a time');
    sim.always(sim.nowMs < item.expiresAt, 'no item that has outlived its time');
    sim.always(attempt > item.attempts, 'attempts are counted');
    item.attempts = attempt;
    item.holder = pid;
    sim.always(item.attempts <= (options.attemptsMax ?? 5), 'no more attempts than allowed');
    sim.sometimes(item.attempts > 1, 'an item came back');
    if (!this.ordered || item.key === undefined) return;
    const held = this.items.filter((one) => one !== item && one.key === item.key && one.holder !== null);
    sim.equal(held.length, 0, 'one item of a key at a time');
  }

  private finish(item: Item): void {
    item.done = true;
    item.holder = null;
    this.acked++;
  }

  /* ---- what happens to them ---- */

  kill(agent: ProcessRef): void {
    const { sim } = this;
    const held = this.items.filter((item) => item.holder === agent.pid);
    if (agent.alive) void this.bury(agent.pid);
    sim.system.exit(agent, 'kill');
    if (!this.leases) return;
    for (const item of held) sim.always(item.holder !== agent.pid, 'what the dead had comes back at once');
    sim.sometimes(held.length > 0, 'a consumer died at work');
  }

  /** What it was given before it died is on its way for a moment. */
  private async bury(pid: string): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await this.sim.sleep(0);
    this.dead.add(pid);
  }

  private signal(ms: number): AbortSignal {
    const controller = new AbortController();
    void this.sim.sleep(ms).then(() => controller.abort(new Late()));
    return controller.signal;
  }

  /* ---- the end ---- */

  check(when: string): void {
    const { sim, queue } = this;
    const s = queue.stats();
    sim.equal(
      s.acked + s.dropped + s.deadLettered + s.expired + s.superseded + s.ready + s.delayed + s.leased, s.pushed,
      `conservation of items ${when}`,
    );
    const room = (this.options.capacity ?? Infinity) - s.ready - s.delayed;
    if (s.pushing > 0) sim.always(room <= 0, `no push waits while there is room ${when}`);
    if (!this.leases) sim.always(room >= 0, `no more than the capacity waits ${when}`);
    if (s.waiting > 0 && !this.ordered) sim.equal(s.ready, 0, `nobody waits while an item is ready ${when}`);
    sim.equal(s.acked, this.acked, `what was acknowledged is what consumers have done ${when}`);
  }

  /** Every item that came in is over, in one way. */
  async drain(): Promise<void> {
    const { sim, queue } = this;
    sim.system.spawn(async (self) => {
      const own = self.queue<Item>('work');
      if (this.leases) for await (const lease of own.leases()) {
        this.received(self.pid, lease.item, lease.attempt);
        lease.item.holder = null;
        this.finish(lease.item);
        await lease.ack();
      } else for await (const item of own) {
        this.received(self.pid, item);
        this.finish(item);
      }
    });
    queue.close();
    await sim.sleep(500);
    this.check('at the end');
    const s = queue.stats();
    sim.equal(s.ready + s.delayed + s.leased + s.waiting + s.pushing, 0, 'nothing is left of a queue that is empty');
    sim.equal(s.pushed, this.pushed, 'what came in is what its pushes were told');
    sim.sometimes(s.expired > 0, 'an item expired');
    sim.sometimes(s.deadLettered > 0, 'an item died');
    sim.sometimes(s.dropped > 0, 'an item was dropped');
  }
}

class Late extends Error {
  readonly code = 'late';
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code ?? error);
}

async function queue(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(sim, {
    leaseMs: random.chance(0.7) ? 5 + random.int(20) : undefined,
    attemptsMax: 1 + random.int(4),
    orderByKey: random.chance(0.5),
    ...(random.chance(0.6) ? {
      capacity: 1 + random.int(6), overflow: random.pick(['reject', 'drop-newest', 'drop-oldest', 'suspend']),
    } : {}),
  });
  const begin = (): ProcessRef => system.spawn((self) => world.consume(self));
  const agents = Array.from({ length: 1 + random.int(5) }, begin);
  const producers = Array.from(
    { length: 1 + random.int(3) },
    (_, n) => world.produce(n === 0 ? system.queue<Item>('work') : world.queue, 5 + random.int(20)),
  );
  for (let n = 0; n < 8; n++) {
    await sim.sleep(random.int(25));
    world.check('on the way');
    if (random.chance(0.5)) world.kill(random.pick(agents));
    if (random.chance(0.5)) agents.push(begin());
  }
  await Promise.all(producers.map((one) => Promise.race([one, sim.sleep(2_000)])));
  for (const agent of agents) world.kill(agent);
  await world.drain();
  await byCall(sim);
}

/** Agents that are called: each item is answered once, or is a dead letter after its last attempt. */
async function byCall(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const answered: number[] = [];
  const started: number[] = [];
  const Worker = defineAgent({
    name: 'worker',
    calls: {
      async work(_self, n: number) {
        started.push(n);
        if (random.chance(0.5)) await sim.sleep(random.int(5));
        if (random.chance(0.15)) throw new Error('odd');
        answered.push(n);
      },
    },
  });
  const jobs = system.queue<number>('calls', { leaseMs: 1_000, attemptsMax: 2 });
  const workers = system.balance(Worker, { members: [system.start(Worker), system.start(Worker)] });
  const consumer = jobs.consume(workers, { call: 'work', concurrency: 1 + random.int(4) });
  const size = 2 + random.int(8);
  for (let n = 0; n < size; n++) await jobs.push(n);
  await sim.sleep(200);
  if (workers.members().length === 0) workers.join(system.start(Worker));
  for (let tries = 0; tries < 40 && jobs.stats().acked + jobs.stats().deadLettered < size; tries++) {
    if (workers.members().length === 0) workers.join(system.start(Worker));
    await sim.sleep(200);
  }
  const { acked, deadLettered } = jobs.stats();
  sim.equal(acked + deadLettered, size, 'every item is answered, or a dead letter');
  sim.equal(new Set(answered).size, answered.length, 'none is answered twice');
  sim.equal(answered.length, acked, 'what was answered is done');
  for (let n = 0; n < size; n++) {
    sim.always(started.filter((one) => one === n).length <= 2, 'no more attempts than allowed');
  }
  sim.sometimes(deadLettered > 0, 'a call failed for good');
  await consumer.stop();
  jobs.close();
}

export const queueSuite: Suite = suite(
  'queue', 'P work queues: each item to one consumer, leases, keys, bounds, deaths; conservation of items', queue,
);
