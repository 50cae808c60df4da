import type { ProcessRef, ProcessSelf } from '../../src/index.js';
import { TopicGap } from '../../src/bus/public.js';
import type { SlowReaderPolicy, Subscription, Topic , TopicMessage } from '../../src/bus/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'b', 'b.x', 'b.y', 'b.x.z'] as const;
const PATTERNS = [...NAMES, '*', '**', 'b.*', 'b.**', 'b.*.z', 'b.x.*'] as const;
const POLICIES: readonly SlowReaderPolicy[] = ['suspend', 'suspend', 'drop-oldest', 'drop-newest', 'disconnect'];

/** What a pattern means, said once more. */
function fits(pattern: string, name: string): boolean {
  const [parts, segments] = [pattern.split('.'), name.split('.')];
  const rest = parts.at(-1) === '**';
  if (rest) parts.pop();
  return (rest ? segments.length >= parts.length : segments.length === parts.length)
    && parts.every((part, at) => part === '*' || part === segments[at]);
}

interface Message {
  readonly topic: string;
  /** of all messages of the run */
  readonly serial: number;
}

/** One reader, and what it must get. */
class Expected {
  /** published to it and not accounted for, in order */
  readonly due: Message[] = [];
  sent = 0;
  taken = 0;
  missed = 0;
  done = false;
  constructor(
    readonly pattern: string,
    readonly slow: SlowReaderPolicy,
    readonly reader: Subscription<unknown>,
    readonly owner: ProcessRef | null,
  ) {}
}

/** Topics, those who publish and those who read, and what each of them must see. */
class World {
  private serial = 0;
  private readonly readers: Expected[] = [];
  private publishing = 0;
  private reading = 0;
  private readonly agents: ProcessRef[] = [];
  private readonly handles = new Map<string, Topic<Message>>();
  constructor(private readonly sim: Simulation) {}

  /* ---- who publishes ---- */

  /** A handle that is used again and again. */
  handle(name: string): Topic<Message> {
    const known = this.handles.get(name) ?? this.sim.system.topic<Message>(name);
    this.handles.set(name, known);
    return known;
  }

  async publish(topicOf: (name: string) => Topic<Message>, alive: () => boolean): Promise<void> {
    const { sim } = this;
    const name = sim.random.pick(NAMES);
    const message: Message = { topic: name, serial: ++this.serial };
    const meant = this.readers.filter(({ reader, pattern }) => reader.end === undefined && fits(pattern, name));
    if (!alive()) meant.length = 0; // nobody gets what the dead publish
    const topic = topicOf(name);
    if (sim.random.chance(0.2)) {
      if (!alive()) return;
      if (sim.sometimes(topic.tryPublish(message) === 'full', 'a publish that never waits was full')) return;
      for (const one of meant) this.sent(one, message);
      return;
    }
    const waits = topic.publish(message);
    for (const one of meant) this.sent(one, message);
    this.publishing++;
    const reached = await waits.catch((error: unknown) => error);
    this.publishing--;
    if (typeof reached === 'number') {
      sim.always(reached <= meant.length + this.agents.length * 2, 'no more are reached than there are');
    } else sim.always(!alive(), `a publish fails for the dead only: ${String(reached)}`);
  }

  private sent(one: Expected, message: Message): void {
    one.sent++;
    one.due.push(message);
  }

  /* ---- who reads ---- */

  subscribe(self: ProcessSelf | null, owner: ProcessRef | null): Expected {
    const { random, system } = this.sim;
    const pattern = random.pick(PATTERNS);
    const slow = random.pick(POLICIES);
    const topic = self === null ? system.topic<unknown>(pattern) : self.topic<unknown>(pattern);
    const replay = random.pick([undefined, 0, 1]);
    const reader = topic.subscribe({
      buffer: 1 + random.int(4), slow, replay, withTopic: true,
      ...(slow === 'suspend' ? { stallMs: random.pick([20, 50, 'infinity'] as const) } : {}),
    });
    const made = new Expected(pattern, slow, reader, owner);
    const replayed = reader.stats().buffered;
    made.sent = replayed;
    this.sim.sometimes(replayed > 0, 'a message was replayed');
    // What is replayed is told apart from what is due: it is older than anything published from now on.
    for (let n = 0; n < replayed; n++) made.due.push({ topic: '', serial: -1 });
    this.readers.push(made);
    return made;
  }

  async read(one: Expected): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    this.reading++;
    try {
      for (let turn = 0; turn < 40; turn++) {
        if (random.chance(0.4)) await sim.sleep(random.int(30));
        if (random.chance(0.03)) one.reader.unsubscribe();
        const items = random.chance(0.5) ? [await one.reader.next()] : await one.reader.nextBatch(1 + random.int(5));
        if (items.length === 0 || items[0] === undefined) break;
        for (const item of items) this.got(one, item);
      }
      if (random.chance(0.3)) for await (const item of one.reader) this.got(one, item);
      one.reader.unsubscribe();
      for await (const item of one.reader) this.got(one, item);
      one.done = true;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'SLOW_READER') {
        sim.equal(one.reader.end, 'slow', 'a reader that is told that it was slow is disconnected');
        sim.equal(await one.reader.next(), undefined, 'it is told once');
        one.done = true;
      } else {
        sim.equal(code, 'ZOMBIE', 'nothing else is thrown');
        sim.always(one.owner !== null && !sim.system.alive(one.owner.pid), 'a loop of the dead ends');
        sim.equal(one.reader.stats().buffered, 0, 'the dead leave nothing in a buffer');
      }
    } finally {
      this.reading--;
    }
  }

  private got(one: Expected, item: unknown): void {
    const { sim } = this;
    if (item instanceof TopicGap) {
      sim.always(one.slow === 'drop-oldest' || one.slow === 'drop-newest', 'who loses nothing gets no gap');
      sim.always(item.missed <= one.due.length, 'no more are missing than were published');
      one.due.splice(0, item.missed);
      one.missed += item.missed;
      sim.sometimes(true, `a gap with ${one.slow}`);
      return;
    }
    const due = one.due.shift();
    one.taken++;
    const { topic, message } = item as TopicMessage<Message>;
    sim.equal(topic, message.topic, 'it says where it was published');
    if (due?.serial !== -1) sim.equal(message.serial, due?.serial, `in order, none twice, none missing (${one.slow})`);
    else sim.always(fits(one.pattern, topic), 'what is replayed fits');
  }

  /* ---- the account ---- */

  check(): void {
    const { sim } = this;
    let letters = 0;
    for (const one of this.readers) {
      const { sent, taken, dropped, deadLettered, buffered } = one.reader.stats();
      sim.equal(sent, taken + dropped + deadLettered + buffered, 'a subscription is conserved');
      // The message that disconnects a reader was published to it; what came later was not.
      sim.equal(sent, one.sent, 'it counts what was published to it');
      sim.equal(taken, one.taken, 'it counts what was read');
      sim.always(one.missed <= dropped, 'gaps tell of what was dropped');
      if (one.done) {
        sim.equal(buffered, 0, 'a reader that has read to the end leaves nothing');
        if (one.slow.startsWith('drop')) sim.equal(one.missed, dropped, 'gaps tell of all that was dropped');
        if (one.reader.end !== 'slow') sim.equal(one.due.length, 0, 'nothing was lost in silence');
      }
      letters += deadLettered;
      sim.sometimes(one.reader.end === 'slow' && one.slow === 'suspend', 'a reader stalled');
      sim.sometimes(deadLettered > 0, 'an owner left messages behind');
    }
    const told = sim.system.deadLetters.list({}).filter(({ verb }) => verb === 'publish').length;
    sim.equal(told, letters, 'what an owner leaves behind is a dead letter each');
  }

  begin(): ProcessRef {
    const { random, system } = this.sim;
    const p: ProcessRef = system.spawn(async (self) => {
      const mine = random.chance(0.7) ? this.subscribe(self, p) : null;
      if (mine !== null) void this.read(mine);
      if (random.chance(0.3)) {
        self.topic(random.pick(PATTERNS)).subscribe(self);
        this.agents.push(p);
      }
      for (let n = random.int(12); n > 0; n--) {
        await this.publish((name) => self.topic(name), () => system.alive(self.pid));
        if (random.chance(0.5)) await this.sim.sleep(random.int(12));
      }
      while (random.chance(0.8)) await self.receive(undefined, { timeoutMs: 5 }).catch(() => undefined);
    });
    return p;
  }

  async end(): Promise<void> {
    const { sim } = this;
    for (const { reader } of this.readers) reader.unsubscribe();
    for (const name of NAMES) sim.system.topic(name).close();
    await sim.sleep(3_000); // readers that sleep between two reads
    sim.equal(this.publishing, 0, 'no publish waits');
    sim.equal(this.reading, 0, 'no reader waits');
    this.check();
  }
}

async function topic(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  if (random.chance(0.5)) system.topic('a', { retain: true });
  if (random.chance(0.5)) system.topic('b.x', { replay: 2 });
  const world = new World(sim);
  const owners: ProcessRef[] = [];
  for (let n = 0; n < 6; n++) {
    owners.push(world.begin());
    if (random.chance(0.5)) void world.read(world.subscribe(null, null));
    await sim.sleep(random.int(15));
    world.check();
    if (random.chance(0.3)) system.exit(random.pick(owners), random.pick(['kill', 'odd']));
    if (random.chance(0.1)) system.topic(random.pick(NAMES)).close();
    void world.publish((name) => world.handle(name), () => true);
  }
  await sim.sleep(random.int(200));
  if (random.chance(0.3)) {
    await system.stop();
    await sim.settle();
    world.check();
    return;
  }
  for (const owner of owners) system.exit(owner, 'kill');
  await world.end();
  sim.equal(system.topics().length, 0, 'no topic is left');
}

export const topicSuite: Suite = suite(
  'topic',
  'P broadcast topics: order, policies, gaps, stalls, deaths, patterns, and the account of every subscription',
  topic,
);
