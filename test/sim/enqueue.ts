import { defineAgent, type DeliverCoalesce, type Receipt } from '../../src/index.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const REST_MS = 30_000;
const ADDRESS = 'chats/one';

/** What the senders and the agent know of one message. */
class Sent {
  accepted = false;
  /** its receipt, or its cancel, said so; in a life that went on */
  superseded = false;
  cancelled = false;
  handled = false;
  /** who knows: the program died, or the store failed, before its sender was told */
  unclear = false;
  begun = 0;
  interrupted = false;
  constructor(
    readonly id: number,
    readonly key: string | undefined,
    public merges: boolean,
  ) {}
}

/** All messages of all lives. */
class Book {
  readonly all: Sent[] = [];
  /** no turn fails any more: what waits has its end */
  calm = false;
  constructor(readonly sim: Simulation) {}

  add(key: string | undefined, merges: boolean): Sent {
    const made = new Sent(this.all.length, key, merges);
    this.all.push(made);
    return made;
  }

  begins(ids: readonly number[]): void {
    for (const id of ids) {
      const sent = this.all[id] as Sent;
      sent.begun++;
      this.sim.always(!sent.cancelled, `O weakness 1: ${id} was taken back, and is handled`);
      this.sim.always(!sent.superseded || sent.merges, `O weakness 2: ${id} was superseded, and is handled`);
    }
  }

  /** The state of the agent has each effect once, and no other. */
  judge(effects: readonly number[]): void {
    const { sim, all } = this;
    sim.always(new Set(effects).size === effects.length, `an effect is there twice: ${effects.join()}`);
    for (const sent of all) {
      const there = effects.includes(sent.id);
      sim.always(!sent.handled || there, `${sent.id} was handled, and its effect is not there`);
      sim.always(!there || !sent.cancelled, `${sent.id} was taken back, and its effect is there`);
      if (sent.accepted && !sent.unclear && !sent.interrupted && !there) {
        sim.always(sent.superseded || sent.cancelled, `accepted, and nobody knows of it: ${JSON.stringify(sent)}`);
      }
    }
  }
}

type Ids = readonly number[];

function chatOf(book: Book, life: Life) {
  const { sim } = book;
  return defineAgent({
    name: 'chat', durable: { crashesMax: 'infinity' }, init: () => ({ effects: [] as number[] }),
    delivery: {
      attemptsMax: 1_000_000, expiresInMs: 10_000_000, backoff: { baseMs: 1, maxMs: 5 },
      onError: () => {
        const verdict = sim.random.pick(['restart', 'retry'] as const);
        sim.sometimes(verdict === 'retry', 'a turn fails, and its agent lives on');
        return verdict;
      },
    },
    calls: {
      effects: (self) => self.state.effects,
      turn: {
        collect: 3,
        async handle(self, several: readonly Ids[]) {
          const own = several.flat();
          if (!life.dead) book.begins(own);
          sim.sometimes(several.length > 1, 'a turn of several messages');
          self.state.effects.push(...own);
          if (sim.random.chance(0.5)) {
            await new Promise<void>((resolve, reject) => {
              const { signal } = self;
              signal.addEventListener('abort', () => {
                // ends as refused, which its sender may not hear before the program dies
                for (const id of own) (book.all[id] as Sent).interrupted = true;
                reject(signal.reason as Error);
              });
              sim.sleep(sim.random.int(8)).then(resolve, resolve);
            });
          }
          const steers = self.steer<Ids>().flat();
          if (!life.dead) book.begins(steers);
          sim.sometimes(steers.length > 0, 'a turn is steered');
          self.state.effects.push(...steers);
          if (!book.calm && sim.random.chance(0.1)) throw new Error('crash');
          return own.length;
        },
      },
    },
  });
}

/** One program: senders by ref and by tag, an agent that starts on their messages, and what hurts it. */
class Run {
  private readonly chat;
  constructor(
    private readonly sim: Simulation,
    private readonly book: Book,
    private readonly life: Life,
  ) {
    this.chat = chatOf(book, life);
    life.system.tags.group(['a', 'b'], this.chat, ADDRESS).catch(() => undefined);
  }

  async acts(): Promise<void> {
    const { sim: { random }, life } = this;
    for (let left = 5 + random.int(25); left > 0 && !life.dead; left--) {
      const draw = random.float();
      if (draw < 0.6) void this.send();
      else if (draw < 0.66 && life.system.whereis(ADDRESS) !== undefined) life.system.exit(ADDRESS, 'kill');
      else await this.sim.sleep(random.int(6));
    }
  }

  private async send(): Promise<void> {
    const { sim, book, life } = this;
    const { random } = sim;
    const key = random.chance(0.5) ? random.pick(['k', 'l']) : undefined;
    const merges = key !== undefined && random.chance(0.3);
    const keep = key !== undefined && !merges && random.chance(0.3) ? 'first' : undefined;
    const sent = book.add(key, merges);
    const merge = (waiting: Ids, coming: Ids): Ids => {
      for (const id of waiting) (book.all[id] as Sent).merges = true;
      return [...waiting, ...coming];
    };
    const mode = key === undefined && random.chance(0.4) ? random.pick(['steer', 'interrupt'] as const) : undefined;
    const enqueue: boolean | DeliverCoalesce = key === undefined
      ? random.chance(0.5)
      : { key, ...(merges ? { merge } : {}), ...(keep === undefined ? {} : { keep }) };
    const target = random.chance(0.3) ? { tag: random.pick(['a', 'b']) } : life.system.address(this.chat, ADDRESS);
    try {
      const answer = await life.system.message(target, [sent.id], { enqueue, ...(mode === undefined ? {} : { mode }) });
      if (life.dead) return void (sent.unclear = true);
      sent.accepted = true;
      sim.sometimes(answer.kind === 'started', 'a message starts its agent');
      if (answer.receipt !== undefined) await this.follow(sent, answer.receipt);
      else sent.unclear = true; // it waits for its tag, in memory
    } catch {
      sent.unclear = true;
    }
  }

  private async follow(sent: Sent, receipt: Receipt): Promise<void> {
    const { sim, life } = this;
    if (sim.random.chance(0.2)) {
      await sim.sleep(sim.random.int(6));
      if (life.dead) return;
      const { begun } = sent;
      const runs = receipt.state === 'delivered';
      const back = receipt.cancel();
      sent.cancelled ||= back;
      sim.always(!back || !runs, 'begun is never withdrawn');
      sim.sometimes(back && begun === 0, 'a message is taken back');
    }
    const { kind } = await receipt.settled;
    if (life.dead) return;
    if (kind === 'superseded') sent.superseded = true;
    else if (kind === 'handled') sent.handled = true;
    else if (kind === 'refused' || kind === 'unknown' || kind === 'stored') sent.unclear ||= kind !== 'stored';
    sim.sometimes(kind === 'superseded', 'a message is superseded');
    sim.sometimes(kind === 'refused', 'a turn is interrupted');
    sim.always(kind !== 'handled' || !sent.cancelled, 'what was taken back is never handled');
  }

  async rests(): Promise<readonly number[]> {
    const { sim, life: { system } } = this;
    this.book.calm = true;
    const chat = system.address(this.chat, ADDRESS);
    // its start may have to wait for a back-off
    while (!await chat.call('effects').then(() => true, () => false)) await sim.sleep(100);
    for (let waited = 0; waited < REST_MS; waited += 100) {
      const { pending, inTransit, running } = system.stats().delivery;
      if (pending + inTransit + running === 0) return chat.call('effects', undefined, { timeoutMs: 'infinity' });
      await sim.sleep(100);
    }
    sim.always(false, `P19: something still waits in the end: ${JSON.stringify(system.stats().delivery)}`);
    return [];
  }
}

async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const disk = new Disk(new Random(random.u32()), { level: 'disk', latencyMsMax: random.pick([0, 1, 5]) });
  const book = new Book(sim);
  const count = random.int(3);
  for (let number = 0; number < count; number++) {
    const life = new Life(sim, disk, number, { payloads: random.pick(['frozen', 'shared']) });
    await new Run(sim, book, life).acts();
    life.die(false);
    // nobody was told of what ended with the program
    for (const sent of book.all) {
      if (sent.handled || sent.superseded) continue;
      sent.unclear ||= !sent.accepted || sent.cancelled || sent.interrupted || sent.key !== undefined;
      sent.cancelled = false;
    }
  }
  const life = new Life(sim, disk, count, {});
  const run = new Run(sim, book, life);
  await run.acts();
  const effects = await run.rests();
  await sim.sleep(500); // what was committed last is told
  await life.stop();
  book.judge(effects);
}

export const enqueueSuite: Suite = suite(
  'enqueue', 'O 1-6: keyed replacement, withdrawal, tags, turns of several; nothing is lost, doubled or told wrongly',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2, 2]) }),
);
