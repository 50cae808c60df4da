import {
  child, defineAgent, type DeliverOptions, type DeliveryContext, type ErrorVerdict,
} from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { Attempted, Book } from './attempts-book.js';
import { charges } from './charges.js';
import { suite, type Suite } from './suite.js';
import { windows } from './windows.js';

const NAMES = ['a', 'b'] as const;
const BACKOFFS = [
  {
    baseMs: 5, jitter: 0,
  }, { baseMs: 7, factor: 3, maxMs: 50, jitter: 0 }, { baseMs: 4, factor: 1.5, jitter: 0 }, { baseMs: 0 },
  { baseMs: 10, jitter: 0.5 }, { baseMs: 3, factor: 2, maxMs: 3, jitter: 1 },
] as const;
const ACTS = ['reply', 'reply', 'throw', 'throw', 'nack', 'nack later', 'retry', 'end by onError'] as const;
/** All messages are over by then. */
const REST_MS = 20_000;

class Again extends Error {
  /** the agent that onError ends */
  constructor(readonly ends: string | null) {
    super('again');
  }
}

interface Self {
  readonly pid: string;
  readonly delivery: DeliveryContext | undefined;
}

function workerOf(world: World) {
  return defineAgent({
    name: 'worker',
    delivery: { onError: (error) => world.verdict(error) },
    // A concurrent handler is given a copy of the state: then the getter is asked.
    init: (name: string) => ({ name, get looked() { return world.copied(name); } }),
    calls: {
      here: (self, n: number) => world.handle(self, n),
      aside: { concurrent: true, handle: (self, n: number) => world.handleAside(self, n) },
    },
  });
}

/** Agents that are idle whenever a message is due, so that every attempt begins at its very ms. */
class World {
  readonly book: Book;
  /** copies of the state that failed */
  broken = 0;
  private fragile = false;
  private readonly worker: ReturnType<typeof workerOf>;
  constructor(private readonly sim: Simulation) {
    this.book = new Book(sim);
    this.worker = workerOf(this);
  }

  async start(): Promise<void> {
    await this.sim.system.supervise(
      { intensity: 100_000, children: NAMES.map((name) => child(name, this.worker, name)) },
    );
  }

  copied(name: string): string {
    if (!this.fragile || this.sim.random.chance(0.5)) return 'whole';
    this.broken++;
    this.book.died(name);
    throw new Error('broken');
  }

  verdict(error: unknown): ErrorVerdict {
    if (!(error instanceof Again)) return 'restart';
    if (error.ends !== null) this.sim.system.exit(error.ends, 'kill');
    return 'retry';
  }

  handle(self: Self, n: number): string {
    const message = this.begin(self, n);
    return this.act(self, message);
  }

  async handleAside(self: Self, n: number): Promise<string> {
    const { sim } = this;
    const message = this.begin(self, n);
    if (sim.random.chance(0.7)) await sim.sleep(1 + sim.random.int(20));
    return sim.system.alive(self.pid) ? this.act(self, message) : 'too late';
  }

  private begin({ delivery }: Self, n: number): Attempted {
    const message = this.book.all[n] as Attempted;
    message.begins(delivery?.attempt ?? 0);
    return message;
  }

  private act({ delivery }: Self, message: Attempted): string {
    const { random } = this.sim;
    switch (random.pick(ACTS)) {
      case 'reply': return message.succeeded();
      case 'retry': message.failed(); throw new Again(null);
      case 'end by onError': this.book.died(message.to); throw new Again(message.to);
      case 'throw':
        message.failed();
        this.book.died(message.to);
        throw new Error('boom');
      case 'nack':
        message.failed();
        delivery?.nack();
        return 'ignored';
      case 'nack later': {
        const ms = random.int(30);
        message.failed(ms);
        delivery?.nack(ms);
        return 'ignored';
      }
    }
  }

  send(): void {
    const { sim, book } = this;
    const { random, system } = sim;
    const to = random.pick(NAMES);
    const options = {
      guarantee: random.pick(['at-least-once', 'exactly-once'] as const), backoff: random.pick(BACKOFFS),
      attemptsMax: 1 + random.int(5), expiresInMs: random.pick([15, 60, 10_000]),
    } satisfies DeliverOptions;
    const message = new Attempted(sim, book, to, options);
    const n = book.all.push(message) - 1;
    message.sent(system.ref(this.worker, to).deliver(random.pick(['here', 'aside'] as const), n, options));
  }

  hurt(): void {
    const { book } = this;
    const { random, system } = this.sim;
    const name = random.pick(NAMES);
    const draw = random.float();
    if (draw < 0.4) {
      book.died(name);
      system.exit(name, 'kill');
    } else if (draw < 0.6) this.fragile = !this.fragile;
    else if (book.freeze(name)) system.suspend(name);
    else this.goOn(name);
  }

  private goOn(name: string): void {
    if (!this.book.frozen(name)) return;
    this.book.thaw(name);
    this.sim.system.resume(name);
  }

  async end(began: number): Promise<void> {
    const { sim, book } = this;
    for (const name of NAMES) this.goOn(name);
    this.fragile = false;
    await sim.sleep(REST_MS);
    let unbegun = 0;
    for (const message of book.all) unbegun += await message.judge(began);
    sim.equal(unbegun, this.broken, 'each attempt that could not begin has failed (P2)');
  }
}

/** Times are exact: this needs a clock that stands still while anything runs. */
async function times(sim: Simulation): Promise<void> {
  const { random } = sim;
  const began = Date.now() - sim.nowMs;
  const world = new World(sim);
  await world.start();
  for (let left = 10 + random.int(30); left > 0; left--) {
    const draw = random.float();
    if (draw < 0.5) world.send();
    else if (draw < 0.65) world.hurt();
    else await sim.sleep(1 + random.int(random.chance(0.2) ? 80 : 10));
    // Whoever can run now does, before the next step.
    await sim.settle();
  }
  await world.end(began);
}

export const attemptsSuite: Suite = suite('attempts', 'P12, P22, P25: attempts begin at their very ms, or cannot begin; crashes are charged to who causes them; full windows stop intake', async (
  sim,
) => {
  const draw = sim.random.float();
  await (draw < 0.7 ? times(sim) : draw < 0.95 ? charges(sim) : windows(sim));
});
