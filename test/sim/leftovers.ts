import { child, defineAgent, Down } from '../../src/index.js';
import { kernelOf } from '../../src/system/create.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** C12: what dies with a process, and what does not; zombies have no effects. */
async function leftovers(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const watcher = sim.probe({ name: 'watcher' });
  const seen: unknown[] = [];
  const Victim = defineAgent({
    name: 'victim',
    init: () => ({ n: 0 }),
    calls: {
      async work(self) {
        const { signal } = self;
        self.sendAfter(5, 'to my pid');
        self.sendAfter(5, 'to my name', 'victim');
        self.sendAfter(3_600_000, 'in an hour');
        self.timeout(7_200_000);
        self.monitor('watcher');
        await sim.sleep(3);
        sim.equal(signal.aborted, true, 'the signal of a dead incarnation has fired');
        self.send('watcher', 'zombie send');
        self.cast(system.ref(Victim, 'victim'), 'add');
        self.state.n = 99;
        let threw = 0;
        for (const verb of [
          () => self.sendAfter(1, 'x'), () => self.spawn(() => undefined), () => self.monitor('watcher'),
        ]) {
          try { verb(); } catch { threw++; }
        }
        sim.equal(threw, 3, 'verbs that make something refuse a dead incarnation');
        self.link('watcher');
        self.exitOther('watcher', 'zombie exit');
        self.continue('zombie');
        const late = await self.call(system.ref(Victim, 'victim'), 'count').then(
          () => 'answered', () => 'refused',
        );
        sim.equal(late, 'refused', 'a dead incarnation cannot call');
        seen.push('zombie woke');
        return 'zombie reply';
      },
      count: (self) => self.state.n,
    },
    casts: { add(self) { self.state.n++; } },
    info(_self, message) { seen.push(message); },
    continue() { seen.push('continue of a zombie'); },
  });
  const top = await system.supervise({ children: [child('victim', Victim)] });
  const victim = system.ref(Victim, 'victim');
  const pid = String(victim.pid);
  const work = victim.tryCall('work');
  if (random.chance(0.5)) system.spawn((self) => self.send('watcher', 'before'));
  await sim.settle();
  watcher.self.monitor(pid);
  watcher.self.link(pid);
  system.exit(pid, random.pick(['kill', 'shutdown']));
  sim.equal(system.inspect('watcher')?.monitoredBy.length, 0, 'its monitors are gone (MO-10)');
  sim.equal(kernelOf(system).byPid(watcher.pid)?.watchers ?? null, null, 'and nothing of them is kept');
  const result = await work;
  sim.always(!result.ok, 'its caller hears of the end');
  await sim.sleep(10);
  sim.equal(
    seen.filter((one) => one !== 'zombie woke').join(), 'to my name',
    'a timer to its name reaches the successor, those to its pid are gone (TI-07, TI-08)',
  );
  sim.always(seen.includes('zombie woke'), 'the pending await did go on');
  sim.equal(await victim.call('count'), 0, 'the successor knows nothing of it');
  sim.equal(watcher.messages.filter(({ message }) => message instanceof Down).length, 1, 'one DOWN');
  sim.equal(watcher.messages.filter(({ message }) => String(message).startsWith('zombie'))
    .length, 0, 'no send of a zombie arrives');
  sim.equal(watcher.messages.filter(({ kind }) => kind === 'exit').length, 1, 'one EXIT, of the link');
  sim.always(watcher.alive, 'an exit signal of a zombie hurts nobody');
  sim.always(system.stats().zombies >= 6, 'zombies are counted');
  await top.stop();
}

/**
 * Messages sent by it before survive; unstarted ones sent to it become dead letters, and calls
 * among them fail.
 */
async function inFlight(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const Slow = defineAgent({
    name: 'slow',
    init: () => ({}),
    calls: { wait: () => sim.sleep(10), now: () => 'now' },
    casts: { note() {} },
  });
  const slow = system.start(Slow);
  const probe = sim.probe();
  const waiting = slow.tryCall('wait');
  const casts = random.int(4);
  const before = system.deadLetters.total;
  for (let i = 0; i < casts; i++) slow.cast('note');
  const queued = slow.tryCall('now');
  system.spawn((self) => { self.send(probe.pid, 'last words'); self.exit('gone'); });
  await sim.sleep(2);
  system.exit(slow, 'kill');
  sim.always(!(await waiting).ok && !(await queued).ok, 'running and queued calls fail');
  sim.equal(system.deadLetters.total - before, casts + 1, 'what was not started is a dead letter, one each');
  slow.cast('note');
  slow.send('plain');
  sim.equal(system.deadLetters.total - before, casts + 3, 'and so is what comes later');
  sim.equal(probe.messages.length, 1, 'what it had sent arrives');
  probe.stop();
}

/** A deep chain of links ends together; one that traps stops it. */
async function chain(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const length = 2 + random.int(12);
  const trapAt = random.chance(0.5) ? random.int(length) : -1;
  let before: string | undefined;
  const pids: string[] = [];
  for (let i = 0; i < length; i++) {
    const previous = before;
    const one = system.spawn(async (self) => {
      if (i === trapAt) self.trapExit(true);
      if (previous !== undefined) self.link(previous);
      for (;;) await self.receive();
    });
    pids.push(one.pid);
    before = one.pid;
  }
  await sim.settle();
  system.exit(String(pids[0]), 'chain');
  await sim.settle();
  const dead = trapAt > 0 ? trapAt : trapAt === 0 ? 0 : length;
  sim.equal(pids.filter((pid) => !system.alive(pid)).length, dead, 'the chain ends up to whom traps');
  for (const pid of pids) system.exit(pid, 'kill');
}

export const leftoversSuite: Suite = suite(
  'leftovers', 'C12: what dies with a process; zombies have no effects; dead letters', async (
    sim,
  ) => {
    await leftovers(sim);
    await inFlight(sim);
    await chain(sim);
  },
);
