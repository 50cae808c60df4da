import { type DeadLetter, defineAgent, type Self } from '../../src/index.js';
import { TopicGap } from '../../src/bus/public.js';
import { Undeliverable } from '../../src/process/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

interface Note {
  readonly n: number;
  /** its sender's name */
  readonly by: string;
}

const NAMES = ['a', 'b', 'c'] as const;
type Sender = 'asker' | 'quiet' | 'mortal';
/** What makes a sender send. */
const POST = 'post';
const WAYS = ['cast', 'send', 'publish', 'publish', 'push', 'push'] as const;

/**
 * Senders of which some asked to be told, and receivers that come and go, with what they were sent in their
 * mailboxes, in the buffers of their subscriptions and in leases: each dead letter is told once to who asked.
 */
class Post {
  /** letters of each that its sender is to be told of, and what it was told */
  private readonly due: string[][] = [];
  private readonly told: string[][] = [];
  private readonly taker = defineAgent({
    name: 'taker',
    casts: {
      take: (self) => this.sim.sleep(this.sim.random.int(3)).then(() => { self.signal.throwIfAborted(); }),
      watch: (self) => { this.watch(self); },
      work: async (self) => {
        const lease = await self.queue<Note>('jobs').lease();
        await this.sim.sleep(this.sim.random.int(4));
        await (this.sim.random.chance(0.3) ? lease.ack() : lease.nack({ reason: 'no' })).catch(() => undefined);
      },
    },
    info: () => undefined,
  });
  private readonly from: string[] = [];
  private readonly sender = (by: Sender) => defineAgent({
    name: by,
    undeliverable: by !== 'quiet',
    info: (self, message) => {
      if (message === POST) {
        this.post(self, by);
        return;
      }
      this.sim.always(message instanceof Undeliverable, 'nothing else comes');
      const { payload, verb, to, hops } = message as Undeliverable;
      const { n, by: whose } = payload as Note;
      this.sim.equal(whose, by, 'who has sent it is told, and nobody else');
      this.sim.equal(hops, 0, 'it was no answer to another');
      this.told[n]?.push(`${verb} ${to}`);
    },
  });
  constructor(private readonly sim: Simulation) {
    const { system } = sim;
    system.queue<Note>('jobs', { leaseMs: 20, attemptsMax: 2, capacity: 3, overflow: 'suspend', coalesce: 'last' });
    system.deadLetters.subscribe((letter) => this.buried(letter));
    for (const by of ['asker', 'quiet'] as const) system.start(this.sender(by), { name: by });
  }

  private watch(self: Self<undefined>): void {
    const { random } = this.sim;
    if (random.chance(0.5)) self.topic('news').subscribe(self);
    const slow = random.pick(['suspend', 'drop-oldest', 'drop-newest', 'disconnect'] as const);
    const reader = self.topic('news').subscribe({ buffer: 1 + random.int(3), slow });
    if (random.chance(0.5)) void this.sim.sleep(random.int(8)).then(() => reader.next()).then((item) => {
      this.sim.always(item === undefined || item instanceof TopicGap || 'n' in (item as Note), 'a note is read');
    }, () => undefined);
  }

  private buried({ payload, verb, to }: DeadLetter): void {
    const { n, by } = payload as Partial<Note>;
    if (n === undefined || by === undefined || !['cast', 'send', 'publish', 'push'].includes(verb)) return;
    this.sim.sometimes(true, `a ${verb} becomes a dead letter`);
    if (by !== 'quiet' && this.sim.system.whereis(by) !== undefined) this.due[n]?.push(`${verb} ${to}`);
  }

  private post(self: Self<undefined>, by: Sender): void {
    const { random, system } = this.sim;
    const note: Note = { n: this.due.push([]) - 1, by };
    this.told.push([]);
    this.from.push(by);
    const name = random.pick(NAMES);
    switch (random.pick(WAYS)) {
      case 'cast': self.cast(system.ref(this.taker, name), 'take', note as never); break;
      case 'send': self.send(name, note); break;
      case 'publish': void self.topic('news').publish(note).catch(() => undefined); break;
      case 'push': {
        const key = random.chance(0.3) ? { key: random.pick(['x', 'y']) } : {};
        void self.queue<Note>('jobs').push(note, key).catch(() => undefined);
      }
    }
  }

  step(): void {
    const { random, system } = this.sim;
    const name = random.pick(NAMES);
    const ref = system.ref(this.taker, name);
    const draw = random.int(10);
    if (draw < 5) this.postOne();
    else if (system.whereis(name) === undefined) {
      system.start(this.taker, { name });
      ref.cast('watch');
    } else if (draw < 7) ref.cast('work');
    else if (draw < 9) system.exit(name, random.pick(['kill', 'away']));
    else {
      const { retried } = system.deadLetters.retry({ limit: 2 });
      this.sim.sometimes(retried.length > 0, 'a letter is sent again');
    }
  }

  private postOne(): void {
    const { random, system } = this.sim;
    const by = random.pick(['asker', 'asker', 'quiet', 'mortal'] as const);
    if (by === 'mortal' && system.whereis(by) === undefined) system.start(this.sender(by), { name: by });
    else if (by === 'mortal' && random.chance(0.3)) system.exit(by, 'kill');
    else system.send(by, POST);
  }

  check(): void {
    for (const [n, due] of this.due.entries()) {
      const told = this.told[n] ?? [];
      if (this.from[n] === 'mortal') this.sim.always(told.length <= due.length, 'no more than has died');
      else this.sim.equal(told.sort().join(), due.sort().join(), 'each dead letter is told once to its sender');
      this.sim.sometimes(due.some((one) => one.startsWith('publish')), 'a publish is told');
      this.sim.sometimes(due.some((one) => one.startsWith('push')), 'a push is told');
    }
  }
}

async function scenario(sim: Simulation): Promise<void> {
  const post = new Post(sim);
  const steps = 20 + sim.random.int(60);
  for (let at = 0; at < steps; at++) {
    post.step();
    if (sim.random.chance(0.5)) await sim.sleep(sim.random.int(4));
  }
  for (const name of NAMES) sim.system.exit(name, 'kill');
  await sim.sleep(500);
  await sim.settle();
  post.check();
}

export const undeliverableSuite: Suite = suite(
  'undeliverable', 'who asked is told once of each of its casts, publishes and pushes that died', scenario,
);
