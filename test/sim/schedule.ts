import { defineAgent, settledAll, type AgentRef, type Receipt } from '../../src/index.js';
import { GatherError, type Quorum, type Schedule, type ScheduledRun } from '../../src/bus/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** Schedules whose runs take time, fail and outlive their owners; gathers; deliveries that wait for their time. */
async function scenario(sim: Simulation): Promise<void> {
  for (let rounds = 1 + sim.random.int(3); rounds > 0; rounds--) {
    await sim.random.pick([scheduled, gathered, delayed])(sim);
  }
}

/* ---- schedules ---- */

async function scheduled(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const everyMs = 1 + random.int(40);
  const overlap = random.pick(['skip', 'queue', 'allow'] as const);
  const waitingMax = overlap === 'queue' ? 1 + random.int(3) : undefined;
  const timesMax = random.chance(0.3) ? 1 + random.int(5) : undefined;
  const open = new Set<ScheduledRun>();
  let over = false;
  let latest = -Infinity;
  const job = async (run: ScheduledRun): Promise<void> => {
    sim.always(!over, 'no run begins after the end of its schedule');
    sim.always(overlap === 'allow' || open.size === 0, 'runs overlap only when they may');
    sim.always(run.at > latest, 'each time runs once, in order');
    latest = run.at;
    open.add(run);
    await sim.sleep(random.int(everyMs * 3));
    open.delete(run);
    if (random.chance(0.2)) throw new Error('a run failed');
  };
  let made: Schedule | null = null;
  const Owner = defineAgent({
    name: 'owner',
    casts: { begin(self) { made = self.schedule('own', { everyMs, overlap, waitingMax, timesMax }, job); } },
    calls: { ready: () => true },
  });
  const owner = random.chance(0.5) ? system.start(Owner) : null;
  const begun = system.monotonic();
  if (owner === null) made = system.schedule('own', { everyMs, overlap, waitingMax, timesMax }, job);
  else {
    owner.cast('begin');
    await owner.call('ready');
  }
  const schedule = made as unknown as Schedule;
  await sim.sleep(random.int(everyMs * 12));
  const stats = schedule.stats();
  const passed = stats.runs + stats.waiting + stats.skipped + stats.missed;
  const most = Math.floor((system.monotonic() - begun) / everyMs);
  sim.always(passed <= most, `no time is counted twice: ${passed} of ${most}`);
  sim.always(timesMax === undefined || stats.runs + stats.waiting <= timesMax, 'no more runs than asked for');
  sim.always(stats.running === open.size || !schedule.active, 'what runs is counted');
  sim.always(stats.waiting === 0 || stats.running > 0, 'who waits, waits for a run');
  sim.sometimes(stats.skipped > 0, 'a run that was left out');
  sim.sometimes(stats.waiting > 0, 'a run that waits');
  sim.sometimes(!schedule.active, 'a schedule that ended by itself');
  if (timesMax === undefined) {
    await sim.sleep(everyMs * 2 + 4); // a deadline is rounded up, and late by the slice in which it was made
    const later = schedule.stats();
    sim.always(later.runs + later.skipped + later.missed + later.waiting > passed, 'it goes on');
  }
  if (owner === null) schedule.cancel();
  else await owner.stop('kill').catch(() => undefined);
  over = true;
  sim.always(!schedule.active, 'it has ended');
  for (const run of open) sim.always(run.signal.aborted, 'the signals of its runs have fired');
  sim.sometimes(open.size > 0, 'a run that outlives its schedule');
  await sim.sleep(everyMs * 4);
  sim.equal(schedule.stats().waiting, 0, 'nobody waits any more');
  sim.equal(system.schedules().length, 0, 'nothing is left of it');
}

/* ---- gather ---- */

async function gathered(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  /** of the branches that were asked: whether their signals have fired */
  const asked: { readonly signal: AbortSignal; done: boolean }[] = [];
  const Node = defineAgent({
    name: 'node',
    calls: {
      ask: {
        concurrent: true,
        async handle(self, ms: number) {
          const one = { signal: self.signal, done: false };
          asked.push(one);
          await sim.sleep(ms * random.int(10));
          one.done = true;
          if (random.chance(0.2)) throw new Error('a branch failed');
          return ms;
        },
      },
    },
  });
  const refs: AgentRef<typeof Node>[] = Array.from({ length: 1 + random.int(6) }, () =>
    (random.chance(0.15) ? system.ref(Node, 'nobody') : system.start(Node)));
  const quorum = random.pick<Quorum>(['any', 'majority', 'all', 1 + random.int(refs.length)]);
  const need = quorum === 'any' ? 1
    : quorum === 'majority' ? Math.floor(refs.length / 2) + 1 : quorum === 'all' ? refs.length : quorum;
  const controller = new AbortController();
  const options = { quorum, timeoutMs: 20 + random.int(40), signal: controller.signal };
  const asking = system.gather(refs, 'ask', 5, options).then(
    ({ values, branches }) => {
      sim.equal(values.length, need, 'as many values as the quorum');
      sim.equal(branches.length, refs.length, 'one result for each branch');
      sim.sometimes(branches.some((one) => !one.ok), 'a quorum without some');
      return 'reached';
    },
    (error: unknown) => {
      if (controller.signal.aborted) return 'aborted';
      sim.always(error instanceof GatherError, `it fails with its branches: ${String(error)}`);
      const failed = (error as GatherError).branches.filter((one) => !one.ok && one.error.code !== 'ABORTED').length;
      sim.always(refs.length - failed < need, 'it fails when the quorum cannot be reached any more');
      return 'failed';
    },
  );
  if (random.chance(0.2)) void sim.sleep(random.int(30)).then(() => controller.abort(new Error('enough')));
  if (random.chance(0.2)) {
    void sim.sleep(random.int(30)).then(() => random.pick(refs).stop('kill').catch(() => undefined));
  }
  const began = system.monotonic();
  const outcome = await asking;
  sim.always(system.monotonic() - began <= 100, 'nothing hangs');
  for (const one of asked) {
    sim.always(one.done || one.signal.aborted, `what is open is taken back (${outcome})`);
  }
  sim.sometimes(outcome === 'failed', 'a quorum that was not reached');
  await sim.sleep(200);
}

/* ---- deliveries with a delay ---- */

async function delayed(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const handled = new Map<number, number>();
  const Clerk = defineAgent({
    name: 'clerk', casts: { file: (_self, n: number) => { handled.set(n, system.monotonic()); } },
  });
  const name = `clerk-${system.stats().spawned}`;
  const clerk = random.chance(0.8) ? system.start(Clerk, { name }) : null;
  const begun = system.monotonic();
  const receipts: Receipt[] = [];
  const delays: number[] = [];
  for (let n = 0; n < 5; n++) {
    const delayMs = random.int(100);
    delays.push(delayMs);
    const due = random.chance(0.5) ? { delayMs } : { at: Date.now() + delayMs };
    receipts.push(await system.ref(Clerk, name).deliver('file', n, { ...due, expiresInMs: 200 }));
  }
  await sim.sleep(random.int(60));
  const taken = receipts.filter((receipt) => random.chance(0.2) && receipt.cancel());
  const outcomes = await settledAll(receipts);
  outcomes.forEach(({ kind }, n) => {
    const at = handled.get(n);
    sim.always(kind === 'handled' ? at !== undefined && at - begun >= (delays[n] as number) : at === undefined,
      `not before its time: ${kind}`);
    sim.equal(kind === 'cancelled', taken.includes(receipts[n] as Receipt), 'what was taken back is over');
  });
  sim.sometimes(taken.length > 0, 'a delivery that was taken back');
  await clerk?.stop();
}

export const scheduleSuite: Suite = suite(
  'schedule',
  'schedules keep their overlap and end with their owners; a gather takes back what it does not need',
  scenario,
  (random) => ({ stepMs: random.chance(0.3) ? 0.2 : 0 }),
);
