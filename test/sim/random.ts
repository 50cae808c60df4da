import { POLICIES, type Simulation } from '../../src/testing/index.js';
import { Program } from './program.js';
import { suite, type Suite } from './suite.js';

/** A random program, under faults of the clock and of the scheduler: what must hold of any program. */
async function random(sim: Simulation): Promise<void> {
  const program = new Program(sim);
  for (let i = 2 + sim.random.int(4); i > 0; i--) program.start(null);
  const steps = 10 + sim.random.int(60);
  for (let i = 0; i < steps; i++) {
    const actor = program.any();
    actor.ref.cast('act');
    if (sim.random.chance(0.1)) await sim.sleep(sim.random.int(5));
  }
  await sim.sleep(200);
  program.check();
  const stats = sim.system.stats();
  sim.sometimes(stats.crashes > 0, 'somebody crashes');
  sim.sometimes(stats.zombies > 0, 'a dead incarnation acts');
  sim.sometimes(stats.lateReplies > 0, 'a reply comes late');
  sim.sometimes(program.replies > 0 && stats.callsFailed === 0, 'all calls succeed');
  sim.sometimes(stats.deadLettersTotal > 0, 'a dead letter');
}

export const randomSuite: Suite = suite(
  'random', 'random programs: pair order, one DOWN a monitor, names, timers, links, calls, account',
  random, (
    from,
  ) => ({
    policy: from.pick(POLICIES),
    stepMs: from.pick([0, 0, 0.2, 2]),
  }),
);
