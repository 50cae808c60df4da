import { CallError, defineAgent, type ProcessRef, type ProcessSelf } from '../../src/index.js';
import { type SlowReaderPolicy, TopicGap } from '../../src/bus/public.js';
import type { SharedStream, SharedStreamStats, StreamReader } from '../../src/bus/stream/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const POLICIES: readonly SlowReaderPolicy[] = ['suspend', 'suspend', 'drop-oldest', 'drop-newest', 'disconnect'];
const BOOM = new Error('boom');

/** What the source does after its items. */
type Last = 'ends' | 'throws' | 'hangs';

/** One shared stream, and all that read it. */
class World {
  readonly readers: Expected[] = [];
  shared: SharedStream<number> | undefined;
  reading = 0;
  /** items that the source has given */
  made = 0;
  /** the source was finished, however */
  closed = false;
  begun = false;
  readonly count: number;
  readonly last: Last;
  readonly replay: number;
  constructor(readonly sim: Simulation) {
    const { random } = sim;
    this.count = random.int(30);
    this.last = random.pick(['ends', 'throws', 'hangs', 'hangs'] as const);
    this.replay = random.pick([0, 0, 1, 5, 100]);
  }

  /** A source of the outside, which nobody can trust to be quick. */
  async *source(): AsyncGenerator<number> {
    const { sim } = this;
    this.begun = true;
    try {
      for (let n = 0; n < this.count; n++) {
        if (sim.random.chance(0.3)) await sim.sleep(sim.random.int(20));
        this.made = n + 1;
        yield n;
      }
      if (this.last === 'throws') throw BOOM;
      if (this.last === 'hangs') await sim.sleep(sim.random.int(4_000));
    } finally { this.closed = true; }
  }

  *plain(): Generator<number> {
    this.begun = true;
    try {
      for (let n = 0; n < this.count; n++) {
        this.made = n + 1;
        yield n;
      }
      if (this.last === 'throws') throw BOOM;
    } finally { this.closed = true; }
  }

  items(): Iterable<number> | AsyncIterable<number> {
    const { random, system } = this.sim;
    const draw = random.int(4);
    if (draw === 0) return this.plain();
    if (draw === 1) return this.source();
    const world = this;
    const Producer = defineAgent({ calls: {
      async *items() { yield* world.source(); },
      beside: { concurrent: true, async *handle() { yield* world.source(); } },
    } });
    const ref = system.start(Producer);
    return ref.stream(random.pick(['items', 'beside'] as const), undefined, {
      credit: random.pick([1, 2, 64]), timeoutMs: 'infinity',
    });
  }

  subscribe(shared: SharedStream<number>, self: ProcessSelf | null): void {
    const { random } = this.sim;
    this.shared = shared;
    const slow = random.pick(POLICIES);
    const stallMs = slow === 'suspend' ? { stallMs: random.pick([20, 200, 'infinity'] as const) } : {};
    const over = shared.stats().ended; // by its last reader, perhaps, long before the end of its source
    const bound = self === null ? shared : self.bind(shared);
    const buffer = 1 + random.int(5);
    const { kept } = shared.stats();
    const reader: StreamReader<unknown> = bound.subscribe({ buffer, slow, ...stallMs });
    this.sim.equal(reader.stats().sent, Math.min(kept, buffer), 'who comes late gets what is kept');
    this.sim.sometimes(kept > 0, 'items are kept for who comes late');
    const made = new Expected(this, slow, reader, self, over, buffer);
    this.readers.push(made);
    void made.read();
  }

  check(): void {
    for (const one of this.readers) one.check();
    const { readers, sim } = this;
    const left = readers.length > 0 && readers.every(({ reader }) => reader.end !== undefined);
    if (left) sim.equal(this.shared?.stats().ended, true, 'the last reader takes its source with it');
  }
}

/** One reader: what it must get is a run of numbers without holes, but for its gaps. */
class Expected {
  done = false;
  private last = -1;
  private taken = 0;
  private missed = 0;
  private error: unknown;
  constructor(
    private readonly world: World,
    private readonly slow: SlowReaderPolicy,
    readonly reader: StreamReader<unknown>,
    private readonly owner: ProcessSelf | null,
    private readonly late: boolean,
    private readonly buffer: number,
  ) {}

  async read(): Promise<void> {
    const { sim } = this.world;
    const { random } = sim;
    this.world.reading++;
    const leavesAfter = random.chance(0.3) ? random.int(10) : Infinity;
    try {
      for (;;) {
        if (random.chance(0.3)) await sim.sleep(random.int(40));
        if (this.taken >= leavesAfter) this.reader.unsubscribe();
        const items = random.chance(0.5) ? [await this.reader.next()] : await this.reader.nextBatch(1 + random.int(5));
        if (items.length === 0 || items[0] === undefined) break;
        for (const item of items) this.got(item);
      }
    } catch (error) {
      this.failed(error);
    } finally {
      this.done = true;
      this.world.reading--;
    }
  }

  private got(item: unknown): void {
    const { sim } = this.world;
    if (item instanceof TopicGap) {
      sim.always(this.slow.startsWith('drop'), 'who loses nothing gets no gap');
      this.missed += item.missed;
      if (this.last >= 0) this.last += item.missed;
      else this.last = -2; // it began somewhere, and has missed the first
      sim.sometimes(true, 'a gap');
      return;
    }
    const n = item as number;
    this.taken++;
    if (this.last >= 0) sim.equal(n, this.last + 1, `in order, none twice, none missing (${this.slow})`);
    else sim.sometimes(n > 0, 'a reader comes late');
    this.last = n;
  }

  private failed(error: unknown): void {
    const { sim, last } = this.world;
    const code = (error as { code?: string } | undefined)?.code;
    this.error = error;
    if (error === BOOM || (error instanceof CallError && code === 'EXIT' && error.reason === BOOM)) {
      sim.equal(last, 'throws', 'the source has thrown');
      sim.equal(this.reader.end, 'failed', 'a reader that is told of an error has failed');
      return;
    }
    if (code === 'ZOMBIE') {
      sim.always(this.owner !== null && !sim.system.alive(this.owner.pid), 'ZOMBIE is for the dead');
    } else if (code === 'SLOW_READER') sim.equal(this.reader.end, 'slow', 'who is slow is told so');
    else sim.always(code === 'EXIT' || code === 'SYSTEM_STOPPED', `an end has a reason: ${String(error)}`);
    sim.sometimes(code === 'EXIT', 'an owner, or a producer, dies');
  }

  check(): void {
    const { sim, count } = this.world;
    const { sent, taken, dropped, deadLettered, buffered } = this.reader.stats();
    sim.equal(sent, taken + dropped + deadLettered + buffered, 'a reader is conserved');
    if (this.done) sim.equal(taken, this.taken, 'it counts what was read');
    sim.always(buffered <= this.buffer + 1, 'the source waits for one item of a slow reader');
    sim.equal(deadLettered, 0, 'items are no letters');
    sim.always(this.missed <= dropped, 'gaps tell of what was dropped');
    if (!this.done || this.error !== undefined || this.reader.end !== 'closed') return;
    sim.equal(buffered, 0, 'a reader that has read to the end leaves nothing');
    sim.equal(this.missed, dropped, 'gaps tell of all that was dropped');
    if (this.last >= 0 && !this.late) sim.equal(this.last, count - 1, 'the end comes after the last item');
  }
}

async function sharedStream(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(sim);
  const processes: ProcessRef[] = [];
  const started = (run: (self: ProcessSelf) => void): ProcessRef => {
    const p = system.spawn(async (self) => {
      run(self);
      await self.receive(() => false);
    });
    processes.push(p);
    return p;
  };
  const owned = random.chance(0.5);
  let shared: SharedStream<number> | undefined;
  const make = (self: ProcessSelf | null): void => {
    shared = (self ?? system).share(world.items(), { replay: world.replay });
  };
  const owner = owned ? started(make) : null;
  if (!owned) make(null);
  await sim.settle();
  for (let n = 1 + random.int(5); n > 0; n--) {
    const from = shared as unknown as SharedStream<number>;
    if (random.chance(0.6)) world.subscribe(from, null);
    else started((self) => { if (shared !== undefined) world.subscribe(shared, self); });
    if (random.chance(0.5)) await sim.sleep(random.int(60));
    world.check();
    if (random.chance(0.15) && world.readers.length > 0) random.pick(world.readers).reader.unsubscribe();
    if (random.chance(0.15) && processes.length > 0) system.exit(random.pick(processes), random.pick(['kill', 'odd']));
  }
  await sim.sleep(random.int(100));
  world.check();
  const stops = random.chance(0.2);
  if (stops) await system.stop();
  else if (owner !== null && random.chance(0.5)) system.exit(owner, 'odd');
  await sim.settle();
  const stats = (): SharedStreamStats => (shared as unknown as SharedStream<number>).stats();
  const orphan = stops || (owner !== null && !system.alive(owner.pid));
  if (orphan && world.readers.length > 0) {
    sim.equal(stats().ended, true, 'the end of its owner is the end of a shared stream');
  }
  sim.always(stats().kept <= world.replay, 'no more is kept than asked for');
  await sim.sleep(20_000);
  for (const { reader } of world.readers) reader.unsubscribe();
  await sim.sleep(20_000);
  world.check();
  sim.equal(world.reading, 0, 'no reader waits');
  sim.equal(world.closed, world.begun, 'a source that was begun is finished');
  const { readers, waiting, ended } = stats();
  sim.equal(readers, 0, 'nobody reads any more');
  sim.equal(waiting, false, 'the source waits for nobody');
  sim.always(ended || world.readers.length === 0, 'a stream without readers has ended');
}

export const sharedStreamSuite: Suite = suite(
  'shared-stream',
  'P topics: one stream, many readers that stall, leave and die; sources that stall, throw and outlive them',
  sharedStream,
);
