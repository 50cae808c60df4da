import { defineAgent, Timeout, type MailboxLane } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const LANES: readonly MailboxLane[] = ['critical', 'high', 'normal', 'low'];

function sinkOf(sim: Simulation) {
  const seen: string[] = [];
  const Sink = defineAgent({
    name: 'sink',
    init: () => ({}),
    calls: {
      hold: (_self, ms: number) => sim.sleep(ms),
      seen: () => seen.join(),
    },
    casts: {
      put(self, text: string) {
        seen.push(text);
        if (text.endsWith('!')) self.continue(text);
      },
      idle(self, ms: number) { self.timeout(ms); },
    },
    continue(_self, what) { seen.push(`continue ${String(what)}`); },
    info(_self, message) { seen.push(message instanceof Timeout ? 'TIMEOUT' : String(message)); },
  });
  return { Sink, seen };
}

/**
 * Strict between lanes, first in first out in each; `continue` before everything; expired ones are
 * not handled.
 */
async function lanes(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const { Sink, seen } = sinkOf(sim);
  const sink = system.start(Sink);
  void sink.tryCall('hold', 10);
  await sim.settle();
  const sent: { readonly text: string; readonly lane: number }[] = [];
  let expired = 0;
  for (let i = 0; i < 3 + random.int(12); i++) {
    const lane = random.int(4);
    const text = `${i}${random.chance(0.2) ? '!' : ''}`;
    const fresh = random.chance(0.8);
    if (fresh) sent.push({ text, lane });
    else expired++;
    sink.cast('put', text, fresh ? (lane === 2 && random.chance(0.5) ? {} : {
      lane: LANES[lane], expiresInMs: random.chance(0.5) ? 1_000 : undefined,
    }) : { lane: LANES[lane], expiresInMs: random.int(10) });
  }
  await sim.sleep(20);
  const wanted = [0, 1, 2, 3].flatMap((lane) => sent.filter((one) => one.lane === lane)).flatMap(
    ({ text }) => (text.endsWith('!') ? [text, `continue ${text}`] : [text]),
  );
  sim.equal(seen.join(), wanted.join(), 'critical, high, normal, low; in order of sending within each');
  sim.equal(sink.stats().mailbox.expired, expired, 'expired messages are counted, not handled');
  system.exit(sink, 'kill');
}

/** A bounded mailbox: full is full, what it holds is safe, signals pass. */
async function bound(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const { Sink, seen } = sinkOf(sim);
  const capacity = 1 + random.int(4);
  const sink = system.start(Sink, { mailbox: { capacity } });
  const held = sink.tryCall('hold', 5);
  await sim.settle();
  const results = Array.from({ length: capacity + 3 }, (_, i) => sink.tryCast('put', String(i)));
  sim.equal(
    results.join(), [...Array.from({ length: capacity }, () => 'ok'), 'full', 'full', 'full'].join(),
    'as many as its capacity',
  );
  const call = await sink.tryCall('seen');
  sim.always(
    !call.ok && (call.error as { code?: string }).code === 'MAILBOX_FULL',
    'a call to a full mailbox fails at once',
  );
  await held;
  await sim.settle();
  sim.equal(seen.length, capacity, 'what it held is handled');
  sim.equal(sink.stats().mailbox.rejected, 4, 'refusals are counted');
  sim.equal(sink.stats().mailbox.peak, capacity, 'never more than its capacity');
  system.exit(sink, 'kill');
}

/** The idle timeout: any message cancels it, none lets it fire, once. */
async function idle(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const { Sink, seen } = sinkOf(sim);
  const sink = system.start(Sink);
  const ms = 2 + random.int(20);
  sink.cast('idle', ms);
  const at = 1 + random.int(ms * 2);
  await sim.sleep(at);
  sink.cast('put', 'x');
  await sim.sleep(100);
  const fired = at > ms || (at === ms && seen[0] === 'TIMEOUT');
  sim.equal(seen.join(), fired ? 'TIMEOUT,x' : 'x', `idle for ${ms} ms, a message after ${at} ms (GS-27)`);
  sim.sometimes(fired, 'the idle timeout fires');
  sim.sometimes(!fired, 'a message cancels the idle timeout');
  seen.length = 0;
  sink.cast('put', 'first');
  sink.cast('idle', 0);
  sink.cast('put', 'second');
  await sim.settle();
  sim.equal(
    seen.join(), 'first,second',
    'a timeout of 0 lets what is queued go first, which cancels it (GS-28)',
  );
  system.exit(sink, 'kill');
}

/** Selective receive: the oldest that fits; what was passed over stays, in order; timeouts. */
async function selective(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const took: string[] = [];
  const ref = system.spawn(async (self) => {
    await self.receive((message) => message === 'go');
    for (let i = 0; i < 3; i++) {
      const got = await self.receive((message) => String(message).startsWith('b'), { timeoutMs: 5 });
      took.push(String(got));
    }
    for (;;) took.push(String(await self.receive(undefined, { timeoutMs: 50 })));
  });
  const sent = Array.from({ length: 6 }, (_, i) => `${random.pick(['a', 'b'])}${i}`);
  for (const text of sent) ref.send(text);
  ref.send('go');
  await sim.sleep(40);
  const matching = sent.filter((text) => text.startsWith('b')).slice(0, 3);
  const rest = sent.filter((text) => !matching.includes(text));
  while (matching.length < 3) matching.push('undefined');
  sim.equal(
    took.slice(0, sent.length + 3 - sent.filter((text) => text.startsWith('b')).slice(0, 3).length).join(),
    [...matching, ...rest].join(), `selective receive of ${sent.join()}`,
  );
  system.exit(ref.pid, 'kill');
}

export const mailboxSuite: Suite = suite(
  'mailbox', 'lanes, expiry, bounds, continue, idle timeout, selective receive', async (
    sim,
  ) => {
    await lanes(sim);
    await bound(sim);
    await idle(sim);
    await selective(sim);
  },
);
