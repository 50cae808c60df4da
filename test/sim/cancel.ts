import { defineAgent, Down, Exit, type ProcessVerbs } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { Echo } from './echo.js';
import { suite, type Suite } from './suite.js';

type Race = (sim: Simulation) => Promise<void>;

/** A process that keeps what it gets, and runs what it is sent. */
function holder(
  sim: Simulation, name: string,
): { seen: unknown[]; run: (what: (self: ProcessVerbs) => void) => void } {
  const seen: unknown[] = [];
  const Holder = defineAgent({
    name: 'holder',
    trapExit: true,
    info(self, message) {
      if (typeof message === 'function') (message as (self: ProcessVerbs) => void)(self);
      else seen.push(message);
    },
  });
  const ref = sim.system.start(Holder, { name });
  return { seen, run: (what) => ref.send(what) };
}

const is = (what: new (...args: never[]) => object) => (message: unknown): boolean => message instanceof what;

/** unlink against the end of the peer: after it returns no new EXIT comes; one that is queued stays (EX-04). */
const unlinking: Race = async (sim) => {
  const { system } = sim;
  const peer = system.spawn(async (self) => { await self.receive(); self.exit('bye'); });
  const one = holder(sim, 'one');
  let before = -1;
  one.run((self) => self.link(peer));
  await sim.settle();
  peer.send('go');
  one.run((self) => {
    self.unlink(peer);
    before = system.inspect('one')?.mailbox.depth.normal ?? -1;
  });
  await sim.sleep(2);
  const exits = one.seen.filter(is(Exit)).length;
  sim.always(exits <= 1, 'at most one EXIT a link');
  sim.always(exits <= before, 'nothing new after unlink has returned');
  sim.sometimes(exits === 0, 'unlink wins');
  sim.sometimes(exits === 1, 'unlink comes too late');
  // both ends: what dies later is no longer linked to it
  const twin = system.spawn(async (
    self,
  ) => {
    self.link('one');
    await self.receive();
    self.unlink('one');
    await self.receive();
    self.exit('late');
  });
  twin.send('unlink');
  await sim.settle();
  one.seen.length = 0;
  twin.send('die');
  await sim.sleep(1);
  sim.always(!twin.alive && one.seen.length === 0, 'an unlinked peer dies without a signal');
};

/** demonitor with and without flush against the DOWN. */
const demonitoring: Race = async (sim) => {
  const { random, system } = sim;
  const flush = random.chance(0.5);
  const peer = system.spawn(async (self) => { await self.receive(); });
  const one = holder(sim, 'one');
  let ref: ReturnType<ProcessVerbs['monitor']> | undefined;
  let other: typeof ref;
  let first = true;
  let before = -1;
  one.run((self) => { ref = self.monitor(peer); other = self.monitor(peer); });
  await sim.settle();
  peer.send('go');
  const takesBack = (self: ProcessVerbs): void => {
    if (ref === undefined) return;
    first = self.demonitor(ref, { flush, info: true });
    sim.always(!self.demonitor(ref, { flush, info: true }) || first, 'a second demonitor finds nothing');
    before = system.inspect('one')?.mailbox.depth.normal ?? -1;
  };
  one.run(takesBack);
  await sim.sleep(2);
  const downs = one.seen.filter(is(Down)) as Down[];
  const own = downs.filter((down) => down.ref === ref).length;
  sim.equal(downs.length - own, 1, 'the other monitor of the same process fires once');
  sim.always(downs.some((down) => down.ref === other), 'and it is that one');
  sim.always(own <= 1, 'at most one DOWN a monitor');
  if (own === 1) sim.always(downs[0]?.ref === ref, 'the older monitor fires first');
  if (first) sim.equal(own, 0, 'true: no DOWN was or will be delivered (MO-08)');
  if (own > 0 && flush) sim.always(!first, 'flush takes away what is queued, not what was taken');
  sim.sometimes(first, 'demonitor wins');
  sim.sometimes(!first && own === 1, 'the DOWN was delivered before');
  sim.sometimes(!first && own === 0 && flush, 'flush removed a queued DOWN');
  sim.always(before >= 0, 'it ran');
};

/** The flush proper: the DOWN is certainly queued when it comes. */
const flushing: Race = async (sim) => {
  const { random, system } = sim;
  const flush = random.chance(0.5);
  const seen: unknown[] = [];
  const peer = system.spawn(async (self) => { await self.receive(); });
  system.spawn(async (self) => {
    const ref = self.monitor(peer);
    await self.receive((message) => message === 'go');
    sim.equal(self.demonitor(ref, { flush, info: true }), false, 'the DOWN was queued');
    for (;;) seen.push(await self.receive());
  }, { name: 'flusher' });
  await sim.settle();
  peer.send('go');
  await sim.settle();
  system.send('flusher', 'go');
  system.send('flusher', 'after');
  await sim.sleep(1);
  sim.equal(seen.map((message) => (message instanceof Down ? 'DOWN' : String(message))).join(), flush
    ? 'after'
    : 'DOWN,after', `flush ${String(flush)} (MO-07)`);
};

/** cancelTimer against its message: a number means that none comes, false that one came. */
const timers: Race = async (sim) => {
  const { random } = sim;
  const ms = 1 + random.int(10);
  const one = holder(sim, 'one');
  let left: number | false | undefined;
  one.run((self) => {
    const timer = self.sendAfter(ms, 'tick');
    self.sendAfter(ms, 'tock');
    const late = (): void => {
      left = self.cancelTimer(timer);
      sim.equal(self.cancelTimer(timer), false, 'a cancelled timer is gone');
    };
    if (random.chance(0.3)) late();
    else self.sendAfter(ms - 1 + random.int(3), late);
  });
  await sim.sleep(30);
  const ticks = one.seen.filter((message) => message === 'tick').length;
  sim.equal(one.seen.filter((message) => message === 'tock').length, 1, 'its twin fires once');
  sim.equal(ticks, left === false ? 1 : 0, `cancelTimer said ${String(left)}`);
  sim.always(left === false || (typeof left === 'number' && left <= ms), 'what was left is at most the whole');
  sim.sometimes(left === false, 'the timer wins');
  sim.sometimes(typeof left === 'number', 'cancelTimer wins');
};

const RACES: readonly Race[] = [unlinking, demonitoring, flushing, timers];

/** A call's abort against its reply: exactly one of the two, and the callee is told. */
const aborting: Race = async (sim) => {
  const { random } = sim;
  const probe = sim.probe();
  const controller = new AbortController();
  const target = sim.probe({ as: Echo });
  const call = target.ref.tryCall('echo', 'x', { signal: controller.signal, timeoutMs: 50 });
  const asked = await target.expectOp('echo');
  const steps = [(): void => controller.abort('enough'), (): void => { asked.reply('y'); }];
  for (const step of random.shuffle(steps)) {
    step();
    if (random.chance(0.3)) await sim.sleep(random.int(60));
  }
  const result = await call;
  const aborted = !result.ok && result.error.code === 'ABORTED' && result.error.reason === 'enough';
  sim.always(
    result.ok ? result.value === 'y' : aborted || result.error.code === 'TIMEOUT',
    'a reply, the reason of the abort, or a timeout',
  );
  sim.sometimes(result.ok, 'the reply wins');
  sim.sometimes(aborted, 'the abort wins');
  probe.stop();
  target.stop();
};

export const cancelSuite: Suite = suite(
  'cancel', 'C10: unlink, demonitor, flush, cancelTimer, abort against what they cancel', async (
    sim,
  ) => {
    for (const race of sim.random.shuffle([...RACES, aborting])) {
      await race(sim);
      for (const name of ['one', 'flusher']) sim.system.exit(name, 'kill');
      await sim.settle();
    }
  },
);
