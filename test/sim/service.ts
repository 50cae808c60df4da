import { z } from 'zod';
import { type AgentRef, defineAgent } from '../../src/index.js';
import {
  defineService, type Service, type ServiceOptions, type ServiceSpec, type ServiceStats,
} from '../../src/bus/service/public.js';
import type { Random, Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const OPERATIONS = {
  work: { request: z.number(), response: z.number() },
  items: { request: z.number(), item: z.number() },
};
type Operations = typeof OPERATIONS;

/** Weights in half of them: of odd requests more than of even ones, and all turn out to be something else. */
function limits(random: Random): Pick<ServiceSpec<Operations>, 'limit' | 'weight' | 'weigh'> {
  const limit = { perMinute: 60_000, burst: 1 + random.int(4), concurrency: 3 };
  if (random.chance(0.5)) return { limit };
  return {
    limit: { ...limit, weightPerMinute: 60_000, weightBurst: 6 },
    weight: { work: (n) => (n === 0 ? 0 : 1 + 5 * (n % 2)) }, weigh: { work: (answer) => answer % 3 },
  };
}

class Late extends Error {
  readonly code = 'late';
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code ?? error);
}

/** One service, its workers and those who ask, and what must hold of all of them. */
class World {
  readonly service: Service<Operations>;
  /** requests that each worker handles now */
  private readonly busy = new Map<string, number>();
  private readonly attempts = new Map<number, number>();
  private asked = 0;
  private readonly outcomes = new Map<string, number>();
  readonly Worker;
  readonly workers: AgentRef<ReturnType<World['define']>>[] = [];
  readonly definition;
  readonly attemptsMax: number;
  private readonly capacity: number;
  /** what waits does so for a worker, and for nothing else */
  private readonly simple: boolean;
  /** the same, and nobody who has ended comes back */
  private readonly plain: boolean;
  private kills = 0;
  /** workers that have left, and may still have something to do */
  private left = 0;
  private closed = false;
  /** requests of the process that may be killed */
  mortalOpen = 0;
  constructor(
    private readonly sim: Simulation,
    private readonly concurrency: number,
  ) {
    const { random } = sim;
    this.attemptsMax = random.chance(0.6) ? 1 + random.int(3) : 1;
    this.capacity = 3 + random.int(20);
    const backoff = this.attemptsMax > 1 && random.chance(0.5) ? { baseMs: 2 } : undefined;
    const guarded = random.chance(0.5);
    this.simple = backoff === undefined && !guarded;
    this.Worker = this.define();
    this.definition = defineService({
      name: 'work', operations: OPERATIONS, timeoutMs: 500, capacity: this.capacity,
      ...(this.attemptsMax > 1 ? {
        guarantee: 'at-least-once', retry: { attemptsMax: this.attemptsMax, backoff },
      } : {}),
      ...(guarded ? limits(random) : {}),
      ...(guarded && random.chance(0.5) ? { breaker: { failures: 3, openMs: 20 } } : {}),
    });
    const common = { concurrency, graceMs: random.pick([0, 10, 50]) };
    const hires = random.chance(0.4);
    this.plain = this.simple && !hires && random.chance(0.5);
    this.service = hires ? this.hire(common) : this.gather(common);
  }

  private hire(common: ServiceOptions<Operations, never>): Service<Operations> {
    const { random, system } = this.sim;
    const scales = random.chance(0.6);
    return system.service(this.definition, {
      ...common, workers: { start: this.Worker, count: scales ? random.int(3) : 1 + random.int(3) }, workersMax: 4,
      ...(scales ? { scaleEveryMs: 1 + random.int(10), scale: ({ depth }) => Math.ceil(depth / 2) } : {}),
    });
  }

  private gather(common: ServiceOptions<Operations, never>): Service<Operations> {
    const { random, system } = this.sim;
    for (let n = 0; n < 1 + random.int(3); n++) {
      this.workers.push(this.plain || random.chance(0.5) ? system.start(this.Worker) : this.named(n));
    }
    return system.service(this.definition, { ...common, workers: this.workers });
  }

  private named(n: number): AgentRef<ReturnType<World['define']>> {
    const { system } = this.sim;
    const name = `w${n}`;
    system.start(this.Worker, { name });
    return system.ref(this.Worker, name);
  }

  private define() {
    const world = this;
    const { sim } = this;
    const { random } = sim;
    return defineAgent({
      name: 'worker',
      calls: {
        work: {
          concurrent: this.concurrency > 1,
          async handle(self, n: number) {
            const { pid } = self;
            if (n === 0) return 0;
            if (world.concurrency === 1) world.enter(pid, n);
            world.attempts.set(n, (world.attempts.get(n) ?? 0) + 1);
            try {
              if (random.chance(0.5)) await sim.sleep(random.int(20));
              if (random.chance(0.08)) await sim.sleep(200);
              if (random.chance(0.1)) throw new Error('odd');
              if (random.chance(0.1)) return self.refuse('NO');
              if (random.chance(0.2)) self.signal.throwIfAborted();
              return random.chance(0.05) ? ('none' as unknown as number) : n * 2;
            } finally {
              if (world.concurrency === 1) world.leave(pid);
            }
          },
        },
        async *items(_self, n: number) {
          for (let k = 0; k < 3; k++) {
            if (random.chance(0.3)) await sim.sleep(random.int(10));
            if (random.chance(0.05)) throw new Error('odd');
            yield n + k;
          }
        },
      },
    });
  }

  private enter(pid: string, n: number): void {
    const now = (this.busy.get(pid) ?? 0) + 1;
    this.busy.set(pid, now);
    this.sim.equal(now, 1, `a worker has one request at a time (${n})`);
  }

  private leave(pid: string): void {
    this.busy.set(pid, (this.busy.get(pid) ?? 0) - 1);
  }

  /* ---- those who ask ---- */

  async ask(service: Service<Operations>, times: number, mortal: boolean = false): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const open: Promise<void>[] = [];
    for (let left = times; left > 0; left--) {
      if (random.chance(0.5)) await sim.sleep(random.int(10));
      if (mortal) this.mortalOpen++;
      const one = (random.chance(0.2) ? this.stream(service) : this.request(service)).finally(() => {
        if (mortal) this.mortalOpen--;
      });
      if (random.chance(0.5)) await one;
      else open.push(one);
    }
    await Promise.all(open);
  }

  private async request(service: Service<Operations>): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const n = ++this.asked;
    const timeoutMs = random.chance(0.3) ? 1 + random.int(30) : undefined;
    const began = sim.nowMs;
    const outcome = await service.request('work', n, {
      timeoutMs, signal: random.chance(0.2) ? this.signal(random.int(20)) : undefined,
    }).then((got) => {
      sim.equal(got, n * 2, 'a response is that of its request');
      return 'ok';
    }, codeOf);
    sim.always(sim.nowMs - began <= (timeoutMs ?? 500) + 60, 'who asks is answered in time');
    this.count(outcome);
  }

  private async stream(service: Service<Operations>): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const n = (++this.asked) * 1_000;
    let next = n;
    const outcome = await (async () => {
      for await (const item of service.stream('items', n, { timeoutMs: 1 + random.int(60) })) {
        sim.equal(item, next++, 'items come in their order, none twice');
        if (random.chance(0.1)) return 'left';
      }
      return 'ok';
    })().catch(codeOf);
    this.count(outcome);
  }

  private count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  private signal(ms: number): AbortSignal {
    const controller = new AbortController();
    void this.sim.sleep(ms).then(() => controller.abort(new Late()));
    return controller.signal;
  }

  /* ---- disorder ---- */

  disturb(): void {
    const { random, system } = this.sim;
    const worker = this.workers.length === 0 ? undefined : random.pick(this.workers);
    if (worker === undefined) return;
    const p = worker.pid;
    if (p !== undefined && random.chance(0.5)) {
      this.kills++;
      system.exit(p, random.chance(0.5) ? 'kill' : 'odd');
    }
    if (random.chance(0.3)) this.left += this.service.leave(worker) ? 1 : 0;
    else if (random.chance(0.5)) {
      const more = system.start(this.Worker);
      this.workers.push(more);
      this.service.join(more);
    }
    for (let n = 0; n < 4; n++) {
      if (!this.plain && random.chance(0.3) && system.ref(this.Worker, `w${n}`).pid === undefined) {
        system.start(this.Worker, { name: `w${n}` });
      }
    }
  }

  async close(): Promise<void> {
    const { sim } = this;
    this.closed = true;
    const closing = this.service.close();
    const { waiting, running, closed } = this.check('when it is closed');
    sim.equal(closed && waiting + running, 0, 'a service that is closed has nothing to do');
    await closing;
    sim.equal(
      sim.system.registered().filter((name) => name.startsWith('service/work/')).join(), '',
      'started workers end with it',
    );
  }

  check(when: string): ServiceStats {
    const { sim } = this;
    const s = this.service.stats();
    sim.equal(
      s.responded + s.failed + s.timedOut + s.cancelled + s.refused + s.waiting + s.running, s.requested,
      `conservation of requests ${when}`,
    );
    // What a worker had not begun with when it ended comes back, and has room.
    const back = this.concurrency * (this.kills + s.failed);
    if (this.attemptsMax === 1) {
      sim.always(s.waiting <= this.capacity + back, `no more than the capacity waits ${when}`);
    }
    if (this.plain) {
      const places = (s.workers + this.left) * this.concurrency;
      sim.always(s.running <= places, `no worker has more than it has places ${when}`);
    }
    if (this.plain && s.waiting > 0) {
      sim.always(s.workers > 0, `nobody waits when no worker lives ${when}`);
      sim.equal(s.utilisation, 1, `nobody waits while a worker has room ${when}`);
    }
    return s;
  }

  async end(): Promise<void> {
    const { sim } = this;
    await sim.sleep(1_500);
    const s = this.check('at the end');
    sim.equal(s.waiting + s.running, 0, 'no request is left when nobody waits for one');
    sim.equal(s.utilisation === 0 || s.workers === 0, true, 'no place is taken when nothing runs');
    sim.equal(s.responded, (this.outcomes.get('ok') ?? 0), 'what was responded is what those who asked were told');
    sim.equal(s.timedOut, this.outcomes.get('TIMEOUT') ?? 0, 'so is what has timed out');
    for (const [n, attempts] of this.attempts) sim.always(attempts <= this.attemptsMax, `attempts at ${n}`);
    this.service.join(sim.system.start(this.Worker));
    const probe = await this.service.request('work', 0, { timeoutMs: 400 }).catch(codeOf);
    sim.equal(probe, this.closed ? 'SERVICE_CLOSED' : 0, 'a service that is at rest answers');
    sim.sometimes(s.retried > 0, 'a request was tried again');
    sim.sometimes(s.refused > 0, 'a request was refused');
    sim.sometimes(s.timedOut > 0, 'a request timed out');
    sim.sometimes(s.late > 0, 'an answer came too late');
    sim.sometimes((this.outcomes.get('SERVICE_CLOSED') ?? 0) > 1, 'requests were open when it was closed');
  }
}

async function service(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(sim, random.chance(0.7) ? 1 : 2);
  const asking = Array.from({ length: 1 + random.int(3) }, () => world.ask(world.service, 4 + random.int(12)));
  const mortal = system.spawn(async (self) => {
    await world.ask(self.service(world.definition), 10, true);
  });
  const closesAt = random.chance(0.2) ? random.int(8) : -1;
  for (let n = 0; n < 8; n++) {
    if (n === closesAt) await world.close();
    await sim.sleep(random.int(15));
    world.check('on the way');
    if (random.chance(0.6)) world.disturb();
    if (random.chance(0.15)) {
      system.exit(mortal, 'kill');
      await sim.sleep(1);
      sim.equal(world.mortalOpen, 0, 'what a process has asked for ends with it');
    }
  }
  await Promise.all(asking);
  await world.end();
}

export const serviceSuite: Suite = suite(
  'service', 'V services: one answer in time, workers that die and come back, limits, scaling; conservation', service,
);
