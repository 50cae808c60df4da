import { child, defineAgent, type CallError } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const slowSink = (sim: Simulation, seen: string[]) => defineAgent({
  name: 'sink',
  calls: {
    hold: (_self, ms: number) => sim.sleep(ms), ask: (_self, text: string) => { seen.push(text); return text; },
  },
  casts: { async take(_self, text: string) { seen.push(text); await sim.sleep(1); } },
});

const codeOf = (error: unknown): string => String((error as CallError).code);

/**
 * Puts of many processes: in order of asking, never above the bound, one for each place; some give
 * up, some die.
 */
async function waiting(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const capacity = 1 + random.int(3);
  const sink = system.start(slowSink(sim, seen), { mailbox: { capacity, overflow: 'suspend' } });
  void sink.tryCall('hold', 20);
  await sim.settle();
  const outcomes: string[] = [];
  const wanted: string[] = [];
  const senders: string[] = [];
  for (let n = 0; n < capacity + 6; n++) {
    const gives = n >= capacity && random.chance(0.3);
    const text = `${n}`;
    const sender = system.spawn((self) => self.put(sink, 'take', text, gives ? { timeoutMs: 5 } : {}).then(
      () => { outcomes.push('ok'); }, (error: unknown) => { outcomes.push(codeOf(error)); },
    ));
    await sim.settle();
    const dies = !gives && n >= capacity && random.chance(0.3);
    if (dies) senders.push(sender.pid);
    if (!gives && !dies) wanted.push(text);
  }
  sim.equal(sink.tryCast('take', 'cast'), 'full', 'a cast is refused while others wait');
  sim.equal(sink.stats().mailbox.waiting, 6, 'all behind the bound wait');
  for (const pid of senders) system.exit(pid, 'kill');
  await sim.sleep(10);
  const left = wanted.length - capacity;
  sim.equal(sink.stats().mailbox.waiting, left, 'who gave up or died is out of the line');
  await sim.sleep(60);
  sim.equal(seen.join(), wanted.join(), 'first come, first served');
  sim.equal(outcomes.filter((one) => one === 'ok').length, wanted.length, 'each told once, when it was queued');
  sim.equal(sink.stats().mailbox.peak, capacity, 'never above its bound');
  sim.sometimes(outcomes.includes('TIMEOUT'), 'a put gives up');
  sim.sometimes(senders.length > 0, 'a sender dies while it waits');
  system.exit(sink, 'kill');
}

/** The receiver dies while others wait for room in it. */
async function death(sim: Simulation): Promise<void> {
  const { system } = sim;
  const sink = system.start(slowSink(sim, []), { mailbox: { capacity: 1, overflow: 'suspend' } });
  void sink.tryCall('hold', 1_000);
  await sim.settle();
  const told: string[] = [];
  for (let n = 0; n < 3; n++) {
    void sink.put('take', `${n}`).then(
      () => told.push('ok'),
      (error: unknown) => told.push(`${codeOf(error)} ${String((error as CallError).reason)}`),
    );
  }
  await sim.settle();
  system.exit(sink, 'boom');
  await sim.settle();
  sim.equal(told.join(), 'ok,EXIT boom,EXIT boom', 'those who wait hear its reason at once');
  sim.equal(system.stats().held, 0, 'nobody is left in line');
}

/** The oldest of the lowest lane goes; what has expired goes first; callers hear it. */
async function oldest(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const sink = system.start(slowSink(sim, seen), { mailbox: { capacity: 3, overflow: 'drop-oldest' } });
  void sink.tryCall('hold', 10);
  await sim.settle();
  const evicted = sink.tryCall('ask', 'call', { lane: 'low' });
  const late = random.chance(0.5);
  sink.cast('take', 'ttl', { lane: 'high', ...(late ? { expiresInMs: 2 } : {}) });
  sink.cast('take', 'n1');
  await sim.sleep(4);
  sink.cast('take', 'n2');
  sink.cast('take', 'n3');
  const call = await Promise.race([evicted, sim.sleep(1).then(() => undefined)]);
  // with a place from the expired one, the first of the two needs nobody's
  sim.equal(
    call?.ok === false ? codeOf(call.error) : 'waits', 'EVICTED',
    'the lowest lane goes first, and its caller hears it',
  );
  await sim.sleep(40);
  sim.equal(seen.join(), late
    ? 'n1,n2,n3'
    : 'ttl,n2,n3', 'what has expired gives its place first, then the oldest of the lowest lane');
  const { dropped, expired } = sink.stats().mailbox;
  sim.equal(`${dropped} ${expired}`, late ? '1 1' : '2 0', 'each is counted once');
  system.exit(sink, 'kill');
}

/** A message meets a queued one of its key; bytes and lanes that age. */
async function others(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const sink = system.start(
    slowSink(sim, seen),
    { mailbox: { capacityBytes: 20, overflow: 'suspend', sizeOf: () => 1, lanes: { ageEvery: 2 } } },
  );
  void sink.tryCall('hold', 10);
  await sim.settle();
  const first = random.chance(0.5);
  sink.cast('take', 'k1', { coalesce: 'k', lane: 'low' });
  for (const text of ['h1', 'h2', 'h3', 'h4']) sink.cast('take', text, { lane: 'high' });
  sink.cast('take', 'k2', { coalesce: { key: 'k', keep: first ? 'first' : 'last' }, lane: 'low' });
  const large = sink.tryCast('take', 'x'.repeat(11));
  const puts = Promise.allSettled([sink.put('take', 'y'.repeat(12)), sink.put('take', 'z')]);
  sim.equal(
    `${large} ${sink.stats().mailbox.waiting} ${String(sink.stats().mailbox.bytes?.now)}`, 'full 2 10',
    'bytes are counted, and nobody overtakes who waits',
  );
  await puts;
  await sim.sleep(40);
  sim.equal(
    seen.join(), ['h1', 'h2', first ? 'k1' : 'k2', 'y'.repeat(12), 'h3', 'h4', 'z'].join(),
    'each lower lane has its turn after two takes past it',
  );
  sim.equal(sink.stats().mailbox.superseded, 1, 'the one that goes is superseded');
  sim.equal(sink.stats().mailbox.bytes?.now ?? -1, 0, 'all bytes are free');
  sink.close();
  sim.equal(sink.tryCast('take', 'late'), 'dead', 'closed is closed');
  system.exit(sink, 'kill');
}

/** Critical messages get into a full mailbox, up to its reserve; all others find it full (P9). */
async function reserve(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const rules = {
    capacity: 1 + random.int(3), reserve: random.int(4),
    overflow: random.pick(['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const),
  };
  const sink = system.start(slowSink(sim, seen), { mailbox: rules });
  void sink.tryCall('hold', 20);
  await sim.settle();
  let below = 0;
  let critical = 0;
  for (let n = 0; n < 12; n++) {
    const urgent = random.chance(0.5);
    const room = below + critical < rules.capacity + (urgent ? rules.reserve : 0);
    const evicts = !room && rules.overflow === 'drop-oldest' && (urgent || below > 0);
    const takes = !room && evicts && urgent && below > 0;
    const told = sink.tryCast('take', `${n}`, { lane: urgent ? 'critical' : 'normal' });
    sim.equal(
      told, room || evicts ? 'ok' : 'full',
      `${urgent ? 'a critical' : 'another'} message at ${below} + ${critical}`,
    );
    if (room && urgent) critical++;
    else if (room) below++;
    else if (takes) {
      below--;
      critical++;
    }
    const { size, depth } = sink.stats().mailbox;
    sim.equal(`${size - depth.critical} ${depth.critical}`, `${below} ${critical}`, 'what is queued');
    sim.always(
      below <= rules.capacity && below + critical <= rules.capacity + rules.reserve,
      'a bound, and a reserve above it (P9)',
    );
    sim.sometimes(below + critical > rules.capacity, 'a critical message above the capacity');
  }
  await sim.sleep(60);
  sim.equal(seen.length, below + critical, 'what was queued is handled');
  system.exit(sink, 'kill');
}

/**
 * A `sizeOf` that lies, throws, or acts while it is asked: it sends to the same mailbox, ends its
 * owner, holds it up, or lets a signal fire. Whatever it does, every send has one outcome, the bound
 * holds and no byte stays.
 */
async function sizes(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const rules = {
    capacityBytes: 30,
    overflow: random.pick(['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const),
    sizeOf: (): number => acts(),
  };
  const Sink = defineAgent({
    name: 'sized',
    calls: { ask: (_self, part: object) => part },
    casts: { async take(_self, _part: object) { if (random.chance(0.5)) await sim.sleep(1); } },
  });
  const children = [child('sized', Sink, { mailbox: rules })];
  const top = await system.supervise({ intensity: 1_000, children });
  const sink = system.ref(Sink, 'sized');
  const controller = new AbortController();
  const open: Promise<unknown>[] = [];
  let asked = 0;
  let settled = 0;
  let deep = 0;
  const send = (): void => {
    const part = { n: asked++ };
    const made = random.pick<() => Promise<unknown>>([
      () => sink.tryCall('ask', part, { timeoutMs: 20 }),
      () => sink.put('take', part, { signal: controller.signal, timeoutMs: 20 }),
      () => sink.deliver('take', part, { expiresInMs: 20 }).then(({ settled: end }) => end),
      async () => sink.tryCast('take', part), async () => sink.cast('take', part),
    ])();
    open.push(made.then(() => { settled++; }, () => { settled++; }));
  };
  const acts = (): number => {
    if (deep < 2 && random.chance(0.2)) {
      deep++;
      random.pick([send, () => system.exit('sized', 'kill'), () => controller.abort('sized'), () => {
        system.suspend('sized');
        system.resume('sized');
      }])();
      deep--;
      sim.sometimes(true, 'a sizeOf acts');
    }
    if (random.chance(0.2)) return random.pick([Number.NaN, -1, 1.5, Infinity, 31]);
    if (random.chance(0.1)) throw new Error('unsizable');
    return random.int(20);
  };
  for (let n = 0; n < 30; n++) {
    send();
    const bytes = sink.pid === undefined ? undefined : sink.stats().mailbox.bytes;
    sim.always((bytes?.now ?? 0) <= 30 && (bytes?.now ?? 0) >= 0, 'the bound in bytes holds');
    if (random.chance(0.3)) await sim.settle();
    if (random.chance(0.2)) await sim.sleep(1);
  }
  await sim.sleep(200);
  sim.equal(settled, open.length, 'each of them has its outcome');
  const { bytes, size, waiting: line } = sink.stats().mailbox;
  sim.equal(`${bytes?.now} ${size} ${line}`, '0 0 0', 'no byte, message or wait stays');
  await top.stop();
}

export const pressureSuite: Suite = suite(
  'pressure', 'overflow policies, put, bytes, ageing, coalescing, close', async (
    sim,
  ) => {
    await waiting(sim);
    await death(sim);
    await oldest(sim);
    await others(sim);
    await reserve(sim);
    await sizes(sim);
  },
);
