import { child, defineAgent, type Shutdown } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** C9: shutdown is a protocol: sequential, newest first, each by its own rule. */
async function shutdown(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const events: string[] = [];
  const needs = 10 + random.int(100);
  const limitC = 1 + random.int(80);
  const Worker = defineAgent({
    name: 'worker',
    trapExit: true,
    init: (id: string, takesMs: number) => ({ id, takesMs }),
    casts: { unlink(self, from: string) { self.unlink(from); } },
    async terminate(self, reason) {
      events.push(`${self.state.id} ${String(reason)}`);
      await sim.sleep(self.state.takesMs);
      events.push(`${self.state.id} done`);
    },
  });
  const of = (id: string, takesMs: number, rule: Shutdown) =>
    child(id, Worker, id, takesMs, { shutdown: rule });
  const top = await system.supervise({
    name: 'top',
    children: [
      of('A', 0, 5_000), of('B', needs, needs + 100), of('C', 1_000_000, limitC), of('D', 0, 'infinity'),
      of('E', 0, 'brutal_kill'),
    ],
  });
  system.ref(Worker, 'D').cast('unlink', 'top');
  await sim.settle();
  const probe = sim.probe();
  for (const id of ['A', 'B', 'C', 'D', 'E']) probe.self.monitor(id);
  const began = sim.nowMs;
  const one = random.chance(0.3);
  if (one) await top.stop();
  else await system.stop();
  sim.equal(sim.nowMs - began, needs + limitC, 'as long as the slow ones need, C up to its limit');
  sim.equal(
    events.join(), 'D shutdown,D done,C shutdown,B shutdown,B done,A shutdown,A done',
    'newest first, one after the other; E gets no terminate, C is cut off',
  );
  if (one) await sim.settle();
  const downs = probe.messages.map(({ message }) => message as { name: string; reason: unknown }).map(
    ({ name, reason }) => `${name} ${String(reason)}`,
  );
  if (one) sim.equal(downs.join(), 'E killed,D shutdown,C killed,B shutdown,A shutdown', 'their ends');
}

/** A child that does not trap gets no terminate, and needs no time. */
async function plain(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  let terminates = 0;
  const Plain = defineAgent({
    name: 'plain',
    init: () => ({}),
    calls: { async busy() { await sim.sleep(10_000); return 'late'; } },
    terminate() { terminates++; },
  });
  const top = await system.supervise(
    { children: [child('p', Plain, { shutdown: random.pick<Shutdown>([100, 'infinity', 'brutal_kill']) })] },
  );
  const busy = system.ref(Plain, 'p').tryCall('busy');
  await sim.sleep(1);
  const began = sim.nowMs;
  await top.terminateChild('p');
  sim.equal(sim.nowMs - began, 0, 'at once');
  sim.equal(terminates, 0, 'without terminate (GS-37)');
  sim.always(!(await busy).ok, 'its caller hears of it');
  await top.stop();
}

export const shutdownSuite: Suite = suite(
  'shutdown', 'C9: stopped newest first, one after the other, each by its own rule', async (
    sim,
  ) => {
    await plain(sim);
    await shutdown(sim);
  },
);
