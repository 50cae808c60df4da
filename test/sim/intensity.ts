import {
  child, createSystem, defineAgent, GiveUpError, supervisor, type SupervisorRef,
} from '../../src/index.js';
import type { OnGiveUp } from '../../src/supervisor/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { kernelOf } from '../../src/system/create.js';
import { suite, type Suite } from './suite.js';

function workerOf(stops: string[]) {
  return defineAgent({
    name: 'worker',
    trapExit: true,
    init: (id: string) => ({ id }),
    calls: { id: (self) => self.state.id },
    casts: { crash() { throw new Error('boom'); } },
    terminate(
      self, reason,
    ) { stops.push(`${self.state.id} ${reason instanceof Error ? reason.message : String(reason)}`); },
  });
}

/** C7: intensity counts restarts in a window; one too many ends the supervisor with `shutdown`. */
async function exceeds(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const stops: string[] = [];
  const Worker = workerOf(stops);
  const intensity = random.int(4);
  const periodMs = 100 * (1 + random.int(10));
  const top: SupervisorRef = await system.supervise(
    { intensity, periodMs, children: ['a', 'b', 'c'].map((id) => child(id, Worker, id)) },
    { onGiveUp: 'ignore' },
  );
  const probe = sim.probe();
  probe.self.monitor(String(top.pid));
  // exactly as many as are allowed, within the window, its end included
  for (let n = 0; n < intensity; n++) {
    await sim.sleep(Math.floor(periodMs / (intensity + 1)));
    system.ref(Worker, 'b').cast('crash');
    await sim.settle();
    sim.always(top.pid !== undefined, `${n + 1} restarts of ${intensity} within ${periodMs} ms are allowed`);
  }
  sim.equal((await top.countChildren()).active, 3, 'all children run');
  stops.length = 0;
  const kept = random.chance(0.5);
  if (kept) {
    await sim.sleep(periodMs + 1);
    for (let n = 0; n < intensity; n++) {
      system.ref(Worker, 'a').cast('crash');
      await sim.settle();
    }
    sim.always(top.pid !== undefined, 'restarts older than the period do not count');
    stops.length = 0;
  }
  sim.sometimes(kept && intensity > 0, 'a second window');
  system.ref(Worker, 'b').cast('crash');
  await sim.settle();
  sim.equal(top.pid, undefined, 'one restart too many ends the supervisor');
  sim.equal(await top.down, 'shutdown', 'with shutdown');
  sim.equal(stops.join(), 'b boom,c shutdown,a shutdown', 'its children are stopped in reverse order');
  sim.equal((await probe.expectDown(undefined)).reason, 'shutdown', 'its watchers hear shutdown');
}

/**
 * The period includes its ends: a restart exactly `periodMs` after another still counts with it,
 * one ms later it does not.
 */
async function edges(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const Worker = workerOf([]);
  const periodMs = 10 + random.int(50);
  const late = random.chance(0.5);
  const top = await system.supervise(
    { intensity: 1, periodMs, children: [child('e', Worker, 'e')] }, { onGiveUp: 'ignore' },
  );
  system.ref(Worker, 'e').cast('crash');
  await sim.settle();
  await sim.sleep(periodMs + (late ? 1 : 0));
  system.ref(Worker, 'e').cast('crash');
  await sim.settle();
  sim.equal(top.pid !== undefined, late, `a second restart ${late ? 'after' : 'at'} the end of the period`);
  if (late) await top.stop();
}

/**
 * A nested supervisor that gives up: a permanent one is restarted, a transient one is not; neither
 * takes its parent down.
 */
async function nested(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const stops: string[] = [];
  const Worker = workerOf(stops);
  const restart = random.pick(['permanent', 'transient', 'temporary'] as const);
  const top = await system.supervise({
    intensity: 1,
    children: [
      supervisor('inner', { intensity: 0, children: [child('x', Worker, 'x')] }, { restart }),
      child('y', Worker, 'y'),
    ],
  });
  const y = system.whereis('y');
  const [x] = [system.whereis('x')];
  system.ref(Worker, 'x').cast('crash');
  await sim.settle();
  sim.equal(system.whereis('y'), y, 'a sibling is not touched by one_for_one');
  sim.equal(
    system.whereis('x') !== undefined, restart === 'permanent',
    `a ${restart} supervisor that gives up is ${restart === 'permanent' ? '' : 'not '}restarted`,
  );
  sim.always(system.whereis('x') !== x, 'by a new one');
  sim.equal((await top.whichChildren()).find(({ id }) => id === 'inner')?.status, restart === 'permanent'
    ? 'running'
    : restart === 'transient' ? 'stopped' : undefined, 'and its parent knows');
  await top.stop();
}

/** A child whose start fails again and again burns one unit an attempt. */
async function burning(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const failures = 1 + random.int(4);
  const intensity = random.int(5);
  let starts = 0;
  const Flaky = defineAgent({
    name: 'flaky',
    init() {
      starts++;
      if (starts > 1 && starts <= 1 + failures) throw new Error('not yet');
      return {};
    },
    casts: { crash() { throw new Error('boom'); } },
  });
  const top = await system.supervise({ intensity, children: [child('flaky', Flaky)] }, { onGiveUp: 'ignore' });
  system.ref(Flaky, 'flaky').cast('crash');
  await sim.settle();
  const survives = intensity >= failures + 1;
  sim.equal(top.pid !== undefined, survives, `${failures} failed restarts with intensity ${intensity}`);
  sim.equal(starts, survives ? failures + 2 : Math.min(failures + 1, intensity) + 1, 'one start an attempt');
  sim.sometimes(survives, 'a flaky child comes back');
  sim.sometimes(!survives, 'a flaky child is given up');
  if (survives) await top.stop();
}

/**
 * A top gives up: the system stops and `done` says why, a function hears of it, or nobody does; a
 * stop that is asked for first is the end.
 */
async function tops(sim: Simulation): Promise<void> {
  const { random } = sim;
  const system = createSystem({ env: kernelOf(sim.system).env, logger: false, development: false });
  const heard: unknown[] = [];
  const policy = random.pick(['stop', 'ignore', 'function', 'throws'] as const);
  const listener = (error: GiveUpError): void => {
    heard.push(error);
    if (policy === 'throws') throw new Error('listener');
  };
  const onGiveUp: OnGiveUp = policy === 'stop' || policy === 'ignore' ? policy : listener;
  const endMs = random.int(4);
  const Slow = defineAgent({
    trapExit: true,
    casts: { crash() { throw new Error('boom'); } },
    async terminate() { if (endMs > 0) await sim.sleep(endMs); },
  });
  const top = await system.supervise({
    intensity: 0, children: ['p', 'q'].map((id) => child(id, Slow)),
  }, { onGiveUp });
  const done = system.done.then(() => 'stopped', (error: unknown) => error);
  system.ref(Slow, 'p').cast('crash');
  const early = random.chance(0.4);
  if (early) {
    await sim.sleep(random.int(3));
    await system.stop();
  } else {
    await sim.sleep(20);
    sim.equal(top.pid, undefined, 'it has ended');
    if (policy === 'ignore' || policy === 'function') {
      sim.equal(system.start(Slow).tryCast('crash'), 'ok', 'the system goes on');
    }
    await system.stop();
  }
  const end = await done;
  const failed = policy === 'stop'
    ? end instanceof GiveUpError && end.restarts === 1
    : policy === 'throws' && end instanceof Error && end.message === 'listener';
  sim.sometimes(
    early && end === 'stopped' && policy === 'stop',
    'a stop that is asked for before the top has ended',
  );
  if (early) sim.always(failed || end === 'stopped', 'the stop that was asked for, or the failure before it');
  else sim.equal(
    failed ? 'failed' : end, policy === 'stop' || policy === 'throws' ? 'failed' : 'stopped',
    `done after ${policy}`,
  );
  sim.always(
    heard.length <= 1 && (early || heard.length === (onGiveUp === listener ? 1 : 0)),
    'the function hears of it once',
  );
  sim.equal(system.stats().processes, 0, 'nothing is left');
}

export const intensitySuite: Suite = suite(
  'intensity', 'C7: restarts in a window, one too many ends the supervisor with shutdown', async (
    sim,
  ) => {
    await exceeds(sim);
    await edges(sim);
    await nested(sim);
    await burning(sim);
    await tops(sim);
  },
);
