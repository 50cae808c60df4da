import { defineAgent, type AgentRef, type MailboxLane } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const LANES: readonly MailboxLane[] = ['critical', 'high', 'normal', 'low'];
/** handled by all floods together before each of them must have had a turn: so many batches of 256 */
const TURNS_MAX = 60;

/** Floods itself, and others, until told to stop. */
function flooder(sim: Simulation, seen: (name: string) => void) {
  const Flood = defineAgent({
    name: 'flood',
    init: (name: string) => ({ name, handled: 0, left: 0 }),
    calls: { handled: (self) => self.state.handled },
    casts: {
      begin(self, many: number) {
        self.state.left = many;
        self.ref.cast('again');
      },
      again(self) {
        self.state.handled++;
        seen(self.state.name);
        if (self.state.left-- <= 0) return;
        self.ref.cast('again');
        if (sim.random.chance(0.1)) self.ref.cast('side');
      },
      side(self) { self.state.handled++; },
    },
  });
  return Flood;
}

/** K agents flood themselves; everybody gets turns, a timer fires in the middle, and each cast is handled. */
async function selves(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const last = new Map<string, number>();
  let at = 0;
  let longest = 0;
  const Flood = flooder(sim, (name) => {
    at++;
    longest = Math.max(longest, at - (last.get(name) ?? 0));
    last.set(name, at);
  });
  const many = 50 + random.int(150);
  const refs = Array.from({ length: 2 + random.int(4) }, (_, n) => system.start(Flood, `flood ${n}`));
  let ticked = -1;
  const ticker = system.spawn(async (self) => {
    self.sendAfter(1, 'tick');
    await self.receive();
    ticked = at;
  });
  for (const ref of refs) ref.cast('begin', many);
  await sim.sleep(50);
  sim.always(last.size === refs.length, 'every flood has had turns');
  sim.always(longest <= TURNS_MAX * 256, `no runnable agent waits for ever: ${longest} messages`);
  sim.always(ticked >= 0 && !ticker.alive, 'a timer fires beside the floods');
  for (const ref of refs) {
    const { mailbox } = ref.stats();
    sim.equal(await ref.call('handled'), mailbox.handled - 1, 'each cast is handled, once');
    sim.always(mailbox.handled >= many, 'and none is lost');
    system.exit(ref, 'kill');
  }
}

const FILLED = 100;

/**
 * One that sends many messages for each that it handles: its turn ends once mailboxes have grown,
 * whatever waits for it (P8).
 */
async function fills(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  let inStep = 0;
  let longest = 0;
  let handled = 0;
  const Sink = defineAgent({ name: 'sink', casts: { take() { handled++; } } });
  const sink = system.start(Sink);
  const Filler = defineAgent({
    name: 'filler',
    casts: {
      fill() {
        // between two steps all microtasks run
        if (inStep === 0) void Promise.resolve().then(() => { inStep = 0; });
        for (let n = 0; n < FILLED; n++) sink.cast('take');
        inStep += FILLED;
        longest = Math.max(longest, inStep);
      },
    },
  });
  const filler = system.start(Filler);
  const many = 20 + random.int(20);
  for (let n = 0; n < many; n++) filler.cast('fill');
  await sim.settle();
  sim.equal(handled, many * FILLED, 'each cast is handled, once');
  sim.always(longest <= 256 + FILLED, `a turn ends once a mailbox has grown by 256: ${longest} sends`);
  sim.sometimes(longest > FILLED, 'several messages in a turn');
  for (const ref of [filler, sink]) system.exit(ref, 'kill');
}

interface Sent {
  readonly from: number;
  readonly n: number;
}

function sinkOf(taken: (one: Sent) => void) {
  return defineAgent({ name: 'sink', casts: { take(_self, one: Sent) { taken(one); } } });
}

/**
 * Many send to one whose mailbox is bounded: whatever its policy, each send has one outcome, and
 * its bound holds.
 */
async function fanIn(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const capacity = 1 + random.int(6);
  const reserve = random.int(3);
  const overflow = random.pick(['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const);
  const got: Sent[] = [];
  const Sink = sinkOf((one) => got.push(one));
  const sink = system.start(Sink, {
    mailbox: {
      capacity, reserve, overflow,
      lanes: random.chance(0.3) ? { ageEvery: 1 + random.int(3) } : 'strict',
    },
  });
  const sends = 20 + random.int(40);
  const senders = 2 + random.int(4);
  await Promise.all(Array.from(
    { length: senders },
    (_, from) => oneOf(sim, sink, from, sends, overflow === 'suspend' && random.chance(0.7)),
  ));
  await sim.sleep(200);
  const { mailbox } = sink.stats();
  sim.always(
    mailbox.peak <= capacity + reserve,
    `a bound of ${capacity} + ${reserve} holds (P9): ${mailbox.peak}`,
  );
  sim.equal(mailbox.sent, senders * sends, 'every send is in the account');
  sim.equal(mailbox.handled + mailbox.rejected + mailbox.dropped, senders * sends, 'and has one outcome');
  sim.equal(got.length, mailbox.handled, 'what is counted as handled was');
  sim.equal(new Set(got.map((one) => one.from * 1_000 + one.n)).size, got.length, 'nothing comes twice');
  sim.sometimes(mailbox.handled < senders * sends, 'a full mailbox refuses');
  sim.sometimes(mailbox.handled === senders * sends, 'everything gets in');
  system.exit(sink, 'kill');
}

/** One sender: casts, or puts that wait for room, in any lane. */
function oneOf(
  sim: Simulation, sink: AgentRef<ReturnType<typeof sinkOf>>, from: number, sends: number, waits: boolean,
): Promise<unknown> {
  const { random, system } = sim;
  return new Promise((resolve) => {
    system.spawn(async (self) => {
      for (let n = 0; n < sends; n++) {
        const options = random.chance(0.3) ? { lane: random.pick(LANES) } : undefined;
        if (waits) await self.put(sink, 'take', { from, n }, { ...options, timeoutMs: 'infinity' });
        else self.cast(sink, 'take', { from, n }, options);
        if (random.chance(0.2)) await sim.sleep(random.int(2));
      }
      resolve(undefined);
    });
  });
}

/**
 * A flood in a high lane, and one of ages: the low lane has its turn when the lanes age, and at the
 * end in any case.
 */
async function lanes(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const ages = random.chance(0.5);
  const order: MailboxLane[] = [];
  const Sink = defineAgent({ name: 'sink', casts: { take(_self, lane: MailboxLane) { order.push(lane); } } });
  const sink = system.start(Sink, { mailbox: { lanes: ages ? { ageEvery: 4 } : 'strict' } });
  const many = 60;
  system.suspend(sink);
  for (let n = 0; n < many; n++) sink.cast('take', 'high', { lane: 'high' });
  for (let n = 0; n < 5; n++) sink.cast('take', 'low', { lane: 'low' });
  system.resume(sink);
  await sim.settle();
  sim.equal(order.length, many + 5, 'all are handled');
  sim.equal(order.indexOf('low') < many, ages, 'the low lane waits for all of the others, unless lanes age');
  system.exit(sink, 'kill');
}

/** Agents that flood each other and die in the middle: what they had queued is a dead letter, each once. */
async function deaths(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const before = system.stats();
  const Peer = defineAgent({
    name: 'peer',
    init: () => ({ peers: [] as { cast(op: 'ping', hops: number): void }[] }),
    casts: {
      meet(self, peers: { cast(op: 'ping', hops: number): void }[]) { self.state.peers = [...peers]; },
      ping(self, hops: number) {
        if (hops === 0) return;
        for (const peer of self.state.peers) if (random.chance(0.4)) peer.cast('ping', hops - 1);
      },
    },
  });
  const peers = Array.from({ length: 4 }, () => system.start(Peer));
  for (const peer of peers) peer.cast('meet', peers);
  for (const peer of peers) peer.cast('ping', 5);
  const victim = random.pick(peers);
  for (let steps = random.int(8); steps > 0; steps--) await sim.sleep(0);
  system.exit(victim, 'kill');
  await sim.settle();
  const after = system.stats();
  const of = (key: 'sent' | 'handled' | 'deadLettered'): number => after[key] - before[key];
  sim.equal(of('sent'), of('handled') + of('deadLettered'), 'every ping is handled or a dead letter (P2)');
  sim.sometimes(of('deadLettered') > 0, 'an agent dies with a flood in its mailbox');
  for (const peer of peers) system.exit(peer, 'kill');
}

export const floodSuite: Suite = suite(
  'flood',
  'floods of oneself and others: turns for everybody, bounds, lanes, deaths, nothing lost (P8)',
  async (
    sim,
  ) => {
    for (const part of sim.random.shuffle([selves, fills, fanIn, lanes, deaths])) {
      await part(sim);
      await sim.settle();
    }
  },
);
