import { child, defineAgent } from '../../src/index.js';
import type { Lease, Queue, QueueOptions } from '../../src/bus/public.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { ATTEMPTS_MAX, type Done, type Job, Ledger, Pushed } from './durable-queue/ledger.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const LANES = ['low', 'normal', 'normal', 'normal', 'critical'] as const;
const REFUSALS: readonly unknown[] = ['STORE_FAILED', 'STORE_CLOSED', 'QUEUE_FULL', 'SYSTEM_STOPPED', 'UNKNOWN'];
const REST_MS = 20_000;

interface AgentSelf {
  readonly state: Done;
  queue(name: string): Queue<Job>;
}

/** One program: it pushes, consumes in all ways, and dies at any moment. */
class Run {
  readonly work: Queue<Job>;
  readonly plain: Queue<Job>;
  readonly sums: Queue<Job>;
  private readonly agent;
  /** of each lane what was handed out for the first time */
  private readonly handed = new Map<string, Pick<Lease, 'id' | 'token'>[]>();
  private readonly holding = new Set<string>();
  private opened = false;
  /** that wait now */
  private pulls = 0;
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
    private readonly ledger: Ledger,
    private readonly life: Life,
    private readonly ordered: boolean,
    private readonly calm: boolean,
  ) {
    const { system } = life;
    const leased: QueueOptions<Job> = { durable: true, leaseMs: 40, attemptsMax: ATTEMPTS_MAX };
    this.work = system.queue<Job>('work', { ...leased, orderByKey: ordered });
    this.plain = system.queue<Job>('plain', { durable: true });
    this.sums = system.queue<Job>('sums', { ...leased, leaseMs: 1_000_000, attemptsMax: 1_000 });
    this.agent = defineAgent({
      name: 'summer',
      durable: { crashesMax: 'infinity' },
      init: (): Done => ({ items: [], kids: [] }),
      casts: { add: (self, lease: Lease<Job>) => this.add(self as unknown as AgentSelf, lease) },
    });
  }

  start(): void {
    const { life: { system }, sums } = this;
    system.store.ready.then(() => { this.opened = true; }, () => undefined);
    const started = system.supervise(
      { strategy: 'one_for_one', intensity: this.calm ? 1_000_000 : 50, children: [child('summer', this.agent)] },
      { onGiveUp: 'ignore' },
    );
    started.then(() => {
      if (!this.life.dead) sums.consume(system.ref(this.agent, 'summer'), { cast: 'add', concurrency: 3 });
    }, () => undefined);
  }

  queues(): readonly Queue<Job>[] {
    return [this.work, this.plain, this.sums];
  }

  async recovers(): Promise<void> {
    const { sim, life, ledger } = this;
    const rows = this.queues().map(({ name }) => ledger.rowsOf(name));
    await life.system.store.ready;
    this.queues().forEach((queue, at) => {
      const { recovered } = queue.stats();
      sim.equal(recovered, rows[at], `${queue.name} has what was left of it`);
      sim.sometimes(recovered > 0, 'items of earlier lives');
    });
  }

  async acts(times: number): Promise<void> {
    const { sim: { random }, sim, life, disk } = this;
    for (let left = times; left > 0 && !life.dead; left--) {
      const draw = random.float();
      if (draw < 0.5) void this.push();
      else if (draw < 0.7) void this.consume();
      else if (draw < 0.75) void this.pull();
      else if (draw < 0.78) life.system.exit('summer', random.pick(['kill', 'shutdown']));
      else if (draw < 0.8) disk.failNext();
      else await sim.sleep(random.int(random.chance(0.2) ? 60 : 8));
      if (!life.dead) for (const queue of this.queues()) this.ledger.check(queue.stats(), 'while it runs');
    }
  }

  private async push(): Promise<void> {
    const { sim: { random }, sim, ledger, life } = this;
    const queue = random.pick(this.queues());
    const key = this.ordered && queue === this.work ? random.pick(['a', 'b']) : undefined;
    const deadly = queue === this.work && random.chance(0.05);
    const pushed = ledger.add((n) => new Pushed({ n, deadly }, queue.name, key, false));
    if (queue === this.plain && this.pulls > 0) pushed.ending = true;
    const delayMs = random.chance(0.15) ? random.int(30) : 0;
    const lane = random.pick(LANES);
    if (delayMs === 0) pushed.lane = lane;
    try {
      const outcome = await queue.push(pushed.job, { key, lane, delayMs });
      if (life.dead) return;
      sim.equal(outcome, 'queued', 'an unbounded queue takes what comes');
      pushed.accepted = true;
    } catch (error) {
      const { code } = error as { code?: string };
      if (life.dead) return;
      sim.always(REFUSALS.includes(code), `a refusal has a reason: ${String(error)}`);
      if (sim.sometimes(code === 'UNKNOWN', 'nobody knows whether an item is there')) return;
      pushed.refused = true;
    }
  }

  /** Somebody outside takes a lease, and ends it in some way. */
  private async consume(): Promise<void> {
    const { sim, ledger, life, work } = this;
    const lease = await work.lease({ timeoutMs: 50 }).catch(() => null);
    if (life.dead || lease === null) return;
    const pushed = ledger.at(lease.item.n);
    sim.always(lease.attempt <= ATTEMPTS_MAX, `P22: attempt ${lease.attempt}`);
    sim.always(pushed.told === null, `P21: item ${lease.item.n} is over, and handed out`);
    this.checkOrder(lease, pushed);
    if (lease.item.deadly && !this.calm) {
      pushed.killed++;
      sim.sometimes(pushed.killed > 1, 'an item kills more than one program');
      life.die(false);
      return;
    }
    const { key } = pushed;
    if (lease.signal.aborted) return;
    if (key !== undefined) {
      sim.always(!this.holding.has(key), `P24: two items of the key ${key} at once`);
      this.holding.add(key);
      const free = (): void => void this.holding.delete(key);
      lease.signal.addEventListener('abort', free);
      await this.finish(lease, pushed, free);
    } else await this.finish(lease, pushed, () => undefined);
  }

  private async finish(lease: Lease<Job>, pushed: Pushed, free: () => void): Promise<void> {
    const { sim: { random }, sim, life } = this;
    if (random.chance(0.5)) await sim.sleep(random.int(60));
    if (life.dead || lease.signal.aborted) return;
    const act = this.calm ? 'ack' : random.pick(['ack', 'ack', 'ack', 'nack', 'reject', 'forget'] as const);
    if (act === 'forget') return;
    if (act !== 'nack') pushed.ending = true;
    free();
    try {
      await (act === 'nack' ? lease.nack({ delayMs: random.int(10) }) : lease[act]());
      if (life.dead) return;
      if (act !== 'nack') pushed.told = act === 'ack' ? 'acked' : 'rejected';
    } catch (error) {
      const { code } = error as { code?: string };
      if (!life.dead) sim.always(code === 'UNKNOWN' || code === 'LEASE_LOST', `an end that fails: ${String(error)}`);
    }
  }

  /**
   * In its lane an item that nobody has had is handed out after those that were pushed before. Tokens tell in which
   * order; takers may hear in another one, when the turn in which one of them began to wait was used up.
   */
  private checkOrder({ id, token, attempt }: Lease<Job>, { key, lane }: Pushed): void {
    if (attempt > 1 || key !== undefined || lane === null) return;
    const before = this.handed.get(lane) ?? [];
    for (const other of before) {
      const inOrder = (other.token < token) === (other.id < id);
      this.sim.always(inOrder, `P24: ${id} and ${other.id} change places in their lane`);
    }
    this.handed.set(lane, [...before, { id, token }]);
  }

  private async pull(): Promise<void> {
    const { sim, ledger, life, plain } = this;
    this.pulls++;
    const waiting = plain.pull({ timeoutMs: 50 });
    // What it takes is gone before anybody is told.
    for (const one of ledger.all) if (one.queue === 'plain') one.ending = true;
    try {
      const { n } = await waiting;
      if (life.dead) return;
      const pushed = ledger.at(n);
      sim.always(pushed.told === null, `P21: item ${n} is pulled twice`);
      pushed.told = 'pulled';
    } catch {
      // nothing came, or nobody knows
    } finally {
      this.pulls--;
    }
  }

  /** The agent's part: its effect, its acknowledgement and what it pushes are one commit. */
  private async add(self: AgentSelf, lease: Lease<Job>): Promise<void> {
    const { sim: { random }, sim, ledger, life, calm } = this;
    if (life.dead) return new Promise(() => undefined);
    self.state.items.push(lease.item.n);
    if (!calm && random.chance(0.4)) {
      const kid = ledger.add((n) => new Pushed({ n, deadly: false }, 'sums', undefined, true));
      self.state.kids.push(kid.job.n);
      void self.queue('sums').push(kid.job).catch(() => undefined);
    }
    if (random.chance(0.5)) await sim.sleep(random.int(6));
    if (life.dead) return new Promise(() => undefined);
    await lease.ack();
    if (random.chance(0.3)) await sim.sleep(random.int(6));
    const fails = !calm && random.chance(0.15);
    if (sim.sometimes(fails, 'a turn fails after its acknowledgement')) throw new Error('thrown');
  }

  /** Somebody takes all of it. */
  async drains(): Promise<void> {
    const { sim, life: { system } } = this;
    for (let waited = 0; waited < REST_MS; waited += 100) {
      for (let n = 0; n < 5; n++) void this.consume();
      for (let n = 0; n < 5; n++) void this.pull();
      await sim.sleep(100);
      const left = this.queues().map((queue) => queue.stats());
      if (left.every(({ ready, delayed, leased, ending }) => ready + delayed + leased + ending === 0)) return;
    }
    sim.always(false, `P19: something still waits in the end: ${JSON.stringify(system.queues())}`);
  }

  async stops(): Promise<void> {
    const { sim, life, ledger } = this;
    const { opened } = this;
    await life.stop();
    for (const queue of this.queues()) {
      const stats = queue.stats();
      ledger.check(stats, 'after the stop');
      sim.equal(stats.ready + stats.delayed + stats.leased + stats.ending, 0, `${stats.name}: nothing is left`);
      if (stats.unknown > 0 || !opened) continue;
      sim.equal(ledger.rowsOf(stats.name), stats.stored, `${stats.name}: what is stored is there`);
    }
  }
}

/** Lives of one program after another, on one disk. */
async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const level = random.pick(['disk', 'process'] as const);
  const disk = new Disk(new Random(random.u32()), { level, latencyMsMax: random.pick([0, 1, 5]) });
  const ledger = new Ledger(sim, disk);
  const ordered = random.chance(0.5);
  const count = 1 + random.int(4);
  for (let number = 0; number <= count; number++) {
    const calm = number === count;
    const life = new Life(sim, disk, number, { payloads: random.pick(['frozen', 'shared']) });
    const run = new Run(sim, disk, ledger, life, ordered, calm);
    run.start();
    if (calm || random.chance(0.5)) await run.recovers();
    if (calm) await run.drains();
    else await run.acts(4 + random.int(30));
    if (!life.dead && (calm || random.chance(0.4))) await Promise.race([run.stops(), deathOf(sim, life)]);
    life.die(level === 'disk' && random.chance(0.4));
    ledger.judge();
  }
  ledger.end();
}

/** A program may die in its stop. */
async function deathOf(sim: Simulation, life: Life): Promise<void> {
  while (!life.dead) await sim.sleep(1);
}

export const durableQueueSuite: Suite = suite(
  'durable-queue', 'P19 P21 P22 P24: programs with durable queues die on a disk; no item is lost, none doubled',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2, 2]) }),
);
