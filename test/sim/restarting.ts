import { CallError, child, defineAgent, type Restart, type Strategy } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const IDS = ['a', 'b', 'c', 'd'];
const ENDS = ['normal', 'shutdown', 'crash', 'killed'] as const;

/** Restart types and strategies against what the tables say (SU-11 to SU-17). */
async function strategies(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const events: string[] = [];
  const Worker = defineAgent({
    name: 'worker',
    trapExit: true,
    init: (id: string) => { events.push(`+${id}`); return { id }; },
    casts: {
      end(self, how: string): unknown {
        if (how === 'crash') throw new Error('boom');
        return self.stop(how);
      },
    },
    terminate(self) { events.push(`-${self.state.id}`); },
  });
  const strategy = random.pick<Strategy>(['one_for_one', 'one_for_all', 'rest_for_one']);
  const restarts = IDS.map(() => random.pick<Restart>(['permanent', 'transient', 'temporary', 'permanent']));
  const top = await system.supervise(
    { strategy, intensity: 1, children: IDS.map((id, i) => child(id, Worker, id, { restart: restarts[i] })) },
  );
  sim.equal(events.splice(0).join(), IDS.map((id) => `+${id}`).join(), 'started left to right');
  const before = IDS.map((id) => system.whereis(id));
  const victim = random.int(IDS.length);
  const how = random.pick(ENDS);
  const id = String(IDS[victim]);
  if (how === 'killed') system.exit(id, 'kill');
  else system.ref(Worker, id).cast('end', how);
  await sim.settle();
  const again = restarts[victim] === 'permanent'
    || (restarts[victim] === 'transient' && (how === 'crash' || how === 'killed'));
  const inGroup = (i: number): boolean =>
    again && (i === victim || strategy === 'one_for_all' || (strategy === 'rest_for_one' && i > victim));
  const others = IDS.map((_, i) => i).filter((i) => i !== victim && inGroup(i));
  const stopped = others.reverse().map((i) => `-${String(IDS[i])}`);
  const started = IDS.map((_, i) => i)
    .filter((i) => inGroup(i) && (i === victim || restarts[i] !== 'temporary')).map(
      (i) => `+${String(IDS[i])}`,
    );
  const own = how === 'killed' ? [] : [`-${id}`];
  sim.equal(
    events.splice(0).join(), [...own, ...stopped, ...started].join(),
    `${strategy}, ${restarts.join()}: ${id} ends by ${how}`,
  );
  const rows = await top.whichChildren();
  for (const [i, one] of IDS.entries()) {
    const lives = inGroup(i) ? i === victim || restarts[i] !== 'temporary' : i !== victim;
    sim.equal(system.whereis(one) !== undefined, lives, `${one} lives`);
    if (lives) {
      sim.equal(
        system.whereis(one) === before[i], !inGroup(i),
        `${one} is ${inGroup(i) ? 'a new' : 'the same'} process`,
      );
    }
    sim.equal(
      rows.some((row) => row.id === one), lives || restarts[i] !== 'temporary',
      'temporary children are forgotten with their end',
    );
  }
  events.length = 0;
  await top.stop();
  sim.equal(
    events.join(), rows.filter(({ status }) => status === 'running').map((row) => `-${row.id}`).join(),
    'stopped newest first',
  );
}

/** C8: restarting is a state, and requests are served in it. */
async function state(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const events: string[] = [];
  let fails = 2;
  let armed = false;
  const Part = defineAgent({
    name: 'part',
    trapExit: true,
    async init(id: string) {
      if (id === 'C' && armed) {
        await sim.sleep(5);
        if (fails-- > 0) { events.push('!C'); throw new Error('not yet'); }
      }
      events.push(`+${id}`);
      return { id };
    },
    casts: { crash() { throw new Error('boom'); } },
    terminate(self) { events.push(`-${self.state.id}`); },
  });
  const top = await system.supervise(
    { strategy: 'one_for_all', intensity: 5, children: ['A', 'B', 'C'].map((id) => child(id, Part, id)) },
  );
  events.length = 0;
  armed = true;
  system.ref(Part, 'B').cast('crash');
  await sim.sleep(1);
  const what = random.pick(['wait', 'which', 'terminate', 'stop'] as const);
  sim.sometimes(what === 'terminate', 'terminateChild while restarting');
  if (what === 'wait') await sim.sleep(100);
  else if (what === 'which') {
    const rows = await top.whichChildren();
    sim.always(
      rows.some(({ status }) => status === 'restarting') || rows.every(({ status }) => status === 'running'),
      'a row says restarting, or all is done',
    );
    await sim.sleep(100);
  } else if (what === 'terminate') {
    await top.terminateChild('C');
    await sim.sleep(100);
    sim.always(!events.includes('+C'), 'terminateChild breaks the loop');
    sim.equal(system.whereis('C'), undefined, 'and C stays away');
    sim.equal(
      (await top.whichChildren()).find(({ id }) => id === 'C')?.status, 'stopped',
      'stopped, not forgotten',
    );
  } else {
    await top.stop();
    sim.equal(system.registered().join(), '', 'a stop in the middle of a restart leaves nobody');
  }
  const group = '-B,-C,-A,+A,+B,!C,-B,-A,+A,+B,!C,-B,-A,+A,+B,+C';
  if (what === 'wait' || what === 'which') {
    sim.equal(events.join(), group, 'each failed restart takes the set down and tries again');
  }
  if (what !== 'stop') await top.stop();
}

/** Refusals of the child API are OTP's words. */
async function refusals(sim: Simulation): Promise<void> {
  const { system } = sim;
  const Worker = defineAgent({ name: 'worker', init: () => ({}) });
  const top =
    await system.supervise({
      children: [child('one', Worker), child('gone', Worker, { restart: 'temporary' })],
    });
  const word = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(() => 'ok', (error: unknown) => (error instanceof CallError ? error.refusal : error));
  sim.equal(await word(top.startChild(child('one', Worker))), 'already_started', 'start of a running child');
  sim.equal(await word(top.restartChild('one')), 'running', 'restart of a running child');
  sim.equal(await word(top.deleteChild('one')), 'running', 'delete of a running child');
  await top.terminateChild('one');
  sim.equal(await word(top.startChild(child('one', Worker))), 'already_present', 'start of a stopped child');
  sim.equal(await word(top.restartChild('one')), 'ok', 'restart of a stopped child');
  await top.terminateChild('gone');
  sim.equal(await word(top.restartChild('gone')), 'not_found', 'a temporary child is forgotten');
  await top.terminateChild('one');
  sim.equal(await word(top.deleteChild('one')), 'ok', 'delete of a stopped child');
  sim.equal(
    JSON.stringify(await top.countChildren()),
    JSON.stringify({ specs: 0, active: 0, supervisors: 0, workers: 0 }),
    'nothing is left',
  );
  await top.stop();
}

export const restartingSuite: Suite = suite(
  'restarting',
  'C8 and SU-11 to SU-17: who is restarted, in which order; requests while restarting', async (
    sim,
  ) => {
    await strategies(sim);
    await state(sim);
    await refusals(sim);
  },
);
