import { type AgentRef, child, defineAgent } from '../../src/index.js';
import { TopicGap } from '../../src/bus/public.js';
import type { StoredTopicStats, Subscription, Topic, TopicMessage } from '../../src/bus/public.js';
import { cursorKey } from '../../src/bus/topic/cursor.js';
import { decodeItem, decodeState } from '../../src/delivery/durable/index.js';
import { decode } from '../../src/journal/index.js';
import { unframe } from '../../src/journal/frame.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const TOPIC = 't';
const NAMED = ['n1', 'n2'] as const;

/** What was published under an offset, as far as somebody knows. */
interface Known {
  /** the publisher was told, or somebody has seen it */
  readonly sure: Map<number, number>;
}

/** What a durable agent has got, in its state. */
const Clerk = defineAgent({
  name: 'clerk',
  durable: true,
  init: () => ({ got: [] as number[], said: 0 }),
  casts: {
    take(self, serial: number) { self.state.got.push(serial); },
    say(self, to: { readonly serial: number; readonly fails: boolean }) {
      self.state.said = to.serial;
      void self.topic<number>(TOPIC).publish(to.serial);
      if (to.fails) throw new Error('in its turn');
    },
  },
});

/** The witness: it outlives every program. */
class Book {
  serials = 0;
  readonly known: Known = { sure: new Map() };
  /** serials whose turn has failed, or that were refused: nobody may ever see them */
  readonly never = new Set<number>();
  /** acknowledged, and told as committed: by name, the next offset */
  readonly acked = new Map<string, number>();
  /** the last offset that a reader of that name was given, once its place is safe */
  readonly handed = new Map<string, number>();
  constructor(readonly sim: Simulation, readonly disk: Disk, private readonly trims: boolean) {}

  /** Somebody has seen it: from now on it is there for ever, and the same. */
  seen(offset: number, serial: number): void {
    const { sim, known: { sure } } = this;
    const before = sure.get(offset);
    sim.always(before === undefined || before === serial, `offset ${offset} is ${serial}, and was ${String(before)}`);
    sim.always(!this.never.has(serial), `${serial} was never published`);
    sure.set(offset, serial);
  }

  /** A program is dead: what is on the disk. */
  judge(max: number): void {
    const { sim, disk: { image } } = this;
    let last = -1;
    const there = new Map<number, number>();
    for (const { seq, stream, body } of image.rows('topic', TOPIC, 0, 100_000, true)) {
      const { offset, message } = decodeItem(unframe('topic', stream, seq, body));
      sim.always(last < 0 || offset === last + 1, `offset ${offset} comes after ${last}`);
      last = offset;
      there.set(offset, message as number);
      this.seen(offset, message as number);
    }
    sim.always(there.size <= max, `${there.size} rows are kept, at most ${max}`);
    const newest = Math.max(-1, ...this.known.sure.keys());
    sim.always(last >= newest, `P28: offset ${newest} was seen, and the last one on the disk is ${last}`);
    for (const [offset, serial] of this.known.sure) {
      if (offset > last - there.size) sim.equal(there.get(offset), serial, `P28: offset ${offset}`);
    }
    for (const [name, next] of this.acked) {
      const body = image.get('cursor', cursorKey(TOPIC, name));
      sim.always(body !== undefined, `the place of ${name} is lost`);
      if (body === undefined) continue;
      const [, at] = decode(unframe('cursor', cursorKey(TOPIC, name), 0, body)) as [number, number];
      sim.always(at >= next, `${name} is at ${at}, and has acknowledged up to ${next}`);
      sim.always(at <= last + 1, `${name} is at ${at}, beyond the end ${last + 1}`);
    }
    for (const name of NAMED) this.judgePlace(name);
    this.judgeClerk();
  }

  private judgePlace(name: string): void {
    const { sim, handed, disk: { image } } = this;
    const key = cursorKey(TOPIC, name);
    const body = image.get('cursor', key);
    const last = handed.get(name);
    // It died before the place of its first reader was safe: the next one is the first.
    if (body === undefined) handed.delete(name);
    else if (last !== undefined) {
      const [, at] = decode(unframe('cursor', key, 0, body)) as [number, number];
      sim.always(at <= last + 1, `P21: '${name}' is at ${at}, and was given ${last} last`);
    }
  }

  /** Its effects: in the order of the topic, each once, none that is not there. */
  private judgeClerk(): void {
    const { sim, disk: { image } } = this;
    const body = image.get('state', 'clerk');
    if (body === undefined) return;
    const { got } = decodeState(unframe('state', 'clerk', 0, body)).state as { got: number[] };
    const place = new Map([...this.known.sure].map(([offset, serial]) => [serial, offset]));
    sim.equal(new Set(got).size, got.length, `P21: the clerk has got something twice: ${got.join()}`);
    let last = -1;
    for (const serial of got) {
      const offset = place.get(serial);
      sim.always(!this.never.has(serial), `P21: the clerk has got ${serial}, which nobody published`);
      if (offset === undefined) {
        sim.always(this.trims, `P21: the clerk has got ${serial}, which is not there`);
        continue;
      }
      sim.always(offset > last, `P21: the clerk has got ${serial} twice, or out of order: ${got.join()}`);
      last = offset;
    }
  }
}

/** One reader, and what it must see: every offset from where it begins, or a gap of so many. */
class Follower {
  private next: number;
  private handed = -1;
  private reading = false;
  private gap = false;
  /** the last offset that one of its name had before it */
  private before: number | null = null;
  constructor(
    private readonly book: Book, private readonly life: Life, private readonly topic: Topic<number>,
    readonly reader: Subscription<unknown>, from: number, private readonly name: string | null,
    private readonly drops: boolean,
  ) {
    this.next = from;
  }

  /** Takes some; then it is slow. */
  async read(many: number): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    await this.readSome(many);
    this.reading = false;
  }

  private async readSome(many: number): Promise<void> {
    const { book: { sim }, life, reader } = this;
    for (let left = many; left > 0 && !life.dead; left--) {
      const item = await reader.next();
      if (item !== undefined) this.note(item);
      if (life.dead || item === undefined) return;
      if (sim.random.chance(0.2)) await sim.sleep(sim.random.int(6));
      this.take(item);
    }
  }

  /** It is out of the hands of the topic: it may be acknowledged from now on. */
  private note(item: unknown): void {
    const { book: { handed }, name } = this;
    if (name === null || item instanceof TopicGap) return;
    const { offset } = item as { readonly offset: number };
    this.before ??= handed.get(name) ?? offset - 1;
    handed.set(name, Math.max(offset, handed.get(name) ?? -1));
  }

  private take(item: unknown): void {
    const { book, book: { sim }, life } = this;
    if (life.dead) return;
    if (item instanceof TopicGap) {
      sim.sometimes(true, 'a reader has a gap');
      this.gap = true;
      this.next = this.next < 0 ? this.next : this.next + item.missed;
      return;
    }
    const { message, offset } = item as TopicMessage<number> & { readonly offset: number };
    if (this.next >= 0) sim.equal(offset, this.next, `P6: the offset of a reader (drops: ${String(this.drops)})`);
    else if (this.name !== null && !this.gap) {
      // The first one whose place is safe begins with the earliest that is kept.
      const before = this.before as number;
      sim.always(offset <= before + 1, `P21: '${this.name}' had ${before} last, and goes on with ${offset}`);
    }
    this.next = offset + 1;
    this.handed = offset;
    book.seen(offset, message);
    sim.always(offset < (this.topic.stats().stored as StoredTopicStats).nextOffset, 'an offset that is there');
  }

  async acknowledge(): Promise<void> {
    const { book, name, handed, reader, life } = this;
    if (name === null || handed < 0) return;
    const durable = reader as unknown as { acknowledge(): Promise<void>; readonly end: unknown };
    if (durable.end !== undefined) return;
    try {
      await durable.acknowledge();
      if (!life.dead) book.acked.set(name, Math.max(book.acked.get(name) ?? 0, handed + 1));
    } catch {
      // the store has failed
    }
  }
}

/** One program. */
class Run {
  readonly topic: Topic<number>;
  private readonly followers: Follower[] = [];
  private readonly clerk: AgentRef<typeof Clerk>;
  constructor(
    private readonly sim: Simulation, private readonly life: Life, private readonly book: Book,
    private readonly disk: Disk, max: number,
  ) {
    const { system } = life;
    this.topic = system.topic<number>(TOPIC, { durable: true, retention: { max } });
    this.clerk = system.ref(Clerk, 'clerk');
    // it is there from the first life on
    this.topic.subscribe(this.clerk, { cast: 'take', durable: 'clerk', from: 'earliest' });
    system.supervise({ intensity: 1_000, children: [child('clerk', Clerk)] }, { onGiveUp: 'ignore' })
      .catch(() => undefined);
  }

  async acts(): Promise<void> {
    const { sim, sim: { random }, life, disk } = this;
    for (let left = 4 + random.int(20); left > 0 && !life.dead; left--) {
      const draw = random.float();
      if (draw < 0.45) for (let n = random.int(6); n >= 0; n--) void this.publish();
      else if (draw < 0.55) this.say();
      else if (draw < 0.65) this.follow();
      else if (draw < 0.84 && this.followers.length > 0) void random.pick(this.followers).read(1 + random.int(12));
      else if (draw < 0.9 && this.followers.length > 0) void random.pick(this.followers).acknowledge();
      else if (draw < 0.92) disk.failNext();
      else await sim.sleep(random.int(random.chance(0.2) ? 60 : 8));
    }
  }

  private async publish(): Promise<void> {
    const { sim, life, book, topic } = this;
    const serial = ++book.serials;
    try {
      await topic.publish(serial);
    } catch (error) {
      if (life.dead) return;
      const code = (error as { code?: string }).code ?? String(error);
      sim.always(['UNKNOWN', 'STORE_FAILED', 'STORE_CLOSED', 'SYSTEM_STOPPED'].includes(code), `refused: ${code}`);
      if (sim.sometimes(code === 'UNKNOWN', 'nobody knows what became of a publish')) return;
      book.never.add(serial);
      return;
    }
    if (life.dead) return;
    // Told: it is on the disk.
    const there = this.disk.image.rows('topic', TOPIC, 0, 100_000, true)
      .some(({ seq, stream, body }) => decodeItem(unframe('topic', stream, seq, body)).message === serial);
    const { trimmed } = topic.stats().stored as StoredTopicStats;
    sim.always(there || trimmed > 0, `P28: ${serial} was told, and is not on the disk`);
  }

  private say(): void {
    const { sim: { random }, book, clerk } = this;
    const fails = random.chance(0.3);
    const serial = ++book.serials;
    if (fails) book.never.add(serial);
    clerk.cast('say', { serial, fails });
  }

  follow(): void {
    const { sim, sim: { random }, life, book, topic } = this;
    const { stored } = topic.stats() as { readonly stored: StoredTopicStats };
    const name = random.chance(0.4) ? random.pick(NAMED) : null;
    const buffer = 1 + random.int(6);
    try {
      if (name !== null) {
        const reader = topic.subscribe({ durable: name, from: 'earliest', buffer, withTopic: true });
        this.followers.push(new Follower(book, life, topic, reader, -1, name, false));
        return;
      }
      const slow = random.pick(['suspend', 'suspend', 'drop-oldest', 'drop-newest'] as const);
      const from = random.pick(['earliest', random.int(stored.nextOffset + 2)] as const);
      const reader = topic.subscribe({ from, slow, buffer, withTopic: true });
      this.followers.push(new Follower(
        book, life, topic, reader, typeof from === 'number' ? from : -1, null, slow !== 'suspend',
      ));
    } catch (error) {
      if ((error as { code?: string }).code !== 'ALREADY_STARTED') throw error;
      sim.sometimes(true, 'a name is taken');
    }
  }

  check(): void {
    const { published, stored } = this.topic.stats();
    const { recovered, storing, unknown, rows, trimmed } = stored as StoredTopicStats;
    this.sim.equal(recovered + published + storing + unknown, rows + trimmed, 'P3: the account of a durable topic');
  }
}

async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const disk = new Disk(new Random(random.u32()), { level: 'disk', latencyMsMax: random.pick([0, 1, 5]) });
  const max = random.pick([5, 20, 100_000]);
  const book = new Book(sim, disk, max < 1_000);
  for (let left = 1 + random.int(4); left > 0; left--) {
    const life = new Life(sim, disk, left, {});
    const run = new Run(sim, life, book, disk, max);
    await run.acts();
    run.check();
    if (!life.dead && random.chance(0.3)) await life.stop();
    life.die(random.chance(0.3));
    book.judge(max + 1_000); // what is being stored is beyond it
  }
  const life = new Life(sim, disk, 99, {});
  const run = new Run(sim, life, book, disk, max);
  await life.system.store.ready;
  const all = new Follower(
    book, life, run.topic, run.topic.subscribe({ from: 'earliest', withTopic: true }), -1, null, false,
  );
  const { rows } = run.topic.stats().stored as StoredTopicStats;
  await all.read(rows);
  for (let waited = 0; waited < 100; waited++) {
    const { pending, inTransit, running } = life.system.stats().delivery;
    if (waited > 5 && pending + inTransit + running === 0) break;
    await sim.sleep(50);
  }
  run.check();
  await life.stop();
  book.judge(max);
  sim.sometimes(book.known.sure.size > 30, 'many messages');
  settled(book, disk, max);
}

/** In the end the agent has got all that was not trimmed before it could. */
function settled(book: Book, disk: Disk, max: number): void {
  const body = disk.image.get('state', 'clerk');
  if (body === undefined || max < 1_000) return;
  const { got } = decodeState(unframe('state', 'clerk', 0, body)).state as { got: number[] };
  const all = [...book.known.sure].sort(([a], [b]) => a - b).map(([, serial]) => serial);
  book.sim.equal(got.join(), all.join(), 'P21: the clerk has got every message once');
}

export const durableTopicSuite: Suite = suite(
  'durable-topic', 'P3 P21 P28: durable topics, their readers, agents and turns, over programs that die',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2, 2]) }),
);
