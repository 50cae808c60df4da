import { CallError, defineAgent, StartError, type CallResult } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const WAYS = ['throw', 'stop', 'ignore', 'reject', 'killed'] as const;

/** C6: a failed start leaves no ghosts. */
async function starting(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const inits: string[] = [];
  const Fickle = defineAgent({
    name: 'fickle',
    init(way: string) {
      inits.push(way);
      if (way === 'throw') throw new Error('no');
      if (way === 'stop') return this.stop('no');
      if (way === 'ignore') return this.ignore();
      if (way === 'reject') return sim.sleep(5).then(() => { throw new Error('no'); }) as never;
      if (way === 'killed') return sim.sleep(5).then(() => { inits.push('went on'); return { way }; }) as never;
      return { way };
    },
    calls: { way: (self) => self.state.way },
  });
  const trap = random.chance(0.5);
  const results: string[] = [];
  const way = random.pick(WAYS);
  const starter = system.spawn(async (self) => {
    self.trapExit(trap);
    try {
      const started: unknown = self.start(Fickle, way, { name: 'f' });
      if (way === 'killed') {
        sim.equal(typeof system.whereis('f'), 'string', 'the name is taken while init runs (GS-06)');
        system.exit(String(system.whereis('f')), 'kill');
      }
      await started;
      results.push('started');
    } catch (error) {
      sim.equal(system.whereis('f'), undefined, 'the name is free before the starter hears of it (PL-03)');
      const reason: unknown = error instanceof StartError ? error.reason : error;
      results.push(reason instanceof Error ? reason.message : String(reason));
      results.push(String(await self.start(Fickle, 'good', { name: 'f' }).call('way')));
    }
    const left = await self.receive(undefined, { timeoutMs: 20 });
    results.push(left === undefined ? 'no message' : JSON.stringify(left));
    await self.receive((message) => message === 'end');
  });
  await sim.sleep(50);
  const expected = way === 'ignore' ? 'ignore' : way === 'killed' ? 'killed' : 'no';
  // A starter that does not trap dies with an asynchronous start that is killed: it is linked (PR-08).
  if (way === 'killed' && !trap && !starter.alive) sim.always(
    results.length <= 1 && system.whereis('f') === undefined,
    'the link took the starter with it, and what it still runs has no effect',
  );
  else {
    sim.equal(
      results.slice(0, 2).join(), `${expected},good`,
      `a start that fails by ${way}, then a good one under the same name`,
    );
    sim.equal(results[2], 'no message', 'no Exit follows a failed start (PL-04)');
    sim.equal(inits.filter((one) => one === 'good').length, 1, 'one init');
    await taken(sim, Fickle, inits);
  }
}

interface Startable {
  readonly name: string;
}

/** A taken name: init does not run, the owner is named. */
async function taken(sim: Simulation, Fickle: Startable, inits: string[]): Promise<void> {
  const { system } = sim;
  const owner = system.whereis('f');
  let reason: unknown;
  try {
    (system.start as (definition: unknown, ...args: unknown[]) => unknown)(Fickle, 'second', { name: 'f' });
  } catch (error) {
    reason = error instanceof StartError ? error.reason : error;
  }
  sim.equal(
    (reason as { alreadyStarted?: string } | undefined)?.alreadyStarted, owner,
    'a taken name says who has it (GS-06)',
  );
  sim.always(!inits.includes('second'), 'and init does not run');
  sim.equal(system.whereis('f'), owner, 'the owner keeps it');
  await sim.settle();
}

/** Messages to an agent whose init is still running wait, in order; a call to one that fails to start fails. */
async function early(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const fails = random.chance(0.5);
  const seen: number[] = [];
  const Late = defineAgent({
    name: 'late',
    async init() {
      await sim.sleep(5);
      if (fails) throw new Error('no');
      return {};
    },
    casts: { add(_self, n: number) { seen.push(n); } },
    calls: { all: () => seen.join() },
  });
  const started = Promise.resolve(system.start(Late, { name: 'late' })).then(() => 'started', () => 'failed');
  const late = system.ref(Late, 'late');
  for (const n of [1, 2, 3]) late.cast('add', n);
  const all: CallResult<unknown> = await late.tryCall('all');
  sim.equal(await started, fails ? 'failed' : 'started', 'the start tells');
  if (fails) sim.always(
    !all.ok && all.error instanceof CallError && all.error.code === 'EXIT',
    'a call to what never started fails with its end',
  );
  else sim.equal(all.ok ? all.value : all.error, '1,2,3', 'what came early is handled, in order');
  sim.equal(seen.join(), fails ? '' : '1,2,3', 'a failed init handles nothing');
}

export const startingSuite: Suite = suite(
  'starting', 'C6: a start that fails leaves no process, name, link or message', async (
    sim,
  ) => {
    await starting(sim);
    await early(sim);
  },
);
