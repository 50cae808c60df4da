import type { Case, System } from '../../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../../lib/clock.js';
import { liveHeapBytes } from '../../lib/heap.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;
const CYCLES = 3;

/** Trivial plain processes that run and exit, all counted; the spawner yields after each 1,000. */
export const spawnExit: Case = (library) => (size) => withSystem(library, async (system) => {
  let ran = 0;
  const body = (): void => { ran += 1; };
  const exitedBefore = system.stats().exited;
  const started = nowMs();
  for (let spawned = 1; spawned <= size; spawned++) {
    system.spawn(body);
    if (spawned % BURST === 0) await nextTurn();
  }
  while (system.stats().exited - exitedBefore < size) await nextTurn();
  const rate = perSecond(size, started);
  expectCount('processes that ran', ran, size);
  expectCount('processes that exited', system.stats().exited - exitedBefore, size);
  return rate;
});

/** Agents that start synchronously, without a supervisor; all are kept. */
export const agentStart: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const before = system.stats().processes;
    const refs = [];
    const started = nowMs();
    for (let count = 0; count < size; count++) refs.push(system.start(Counter));
    const rate = perSecond(size, started);
    expectCount('agents alive', system.stats().processes - before, size);
    expectCount('answer of the last', await refs.at(-1)!.call('count'), 0);
    return rate;
  });
};

/** Heap bytes of an idle agent with a small state, its ref included. */
export const bytesPerAgent: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const processesBefore = system.stats().processes;
    const refs = Array.from({ length: size }, () => null as ReturnType<typeof start> | null);
    const start = () => system.start(Counter);
    const before = await liveHeapBytes();
    for (let count = 0; count < size; count++) refs[count] = start();
    const after = await liveHeapBytes();
    expectCount('agents alive', system.stats().processes - processesBefore, size);
    expectCount('answer of the last', await refs.at(-1)!.call('count'), 0);
    return (after - before) / size;
  });
};

/** Three cycles of spawn, one message each, stop: what stays in the heap afterwards, in percent of the peak. */
export const millionAgents: Case = (library) => {
  interface Tally { handled: number }
  const Agent = library.defineAgent({
    init: (tally: Tally) => ({ tally }),
    casts: { once(self) { self.state.tally.handled += 1; } },
  });

  async function cycle(system: System, size: number): Promise<number> {
    const tally: Tally = { handled: 0 };
    const processesBefore = system.stats().processes;
    const refs = [];
    for (let count = 1; count <= size; count++) {
      refs.push(system.start(Agent, tally));
      if (count % BURST === 0) await nextTurn();
    }
    expectCount('agents alive', system.stats().processes - processesBefore, size);
    for (const ref of refs) ref.cast('once');
    while (tally.handled < size) await nextTurn();
    expectCount('messages handled', tally.handled, size);
    const peak = await liveHeapBytes();
    for (let from = 0; from < size; from += BURST) {
      await Promise.all(refs.slice(from, from + BURST).map((ref) => ref.stop()));
    }
    expectCount('agents left', system.stats().processes - processesBefore, 0);
    return peak;
  }

  return (size) => withSystem(library, async (system) => {
    const before = await liveHeapBytes();
    let peak = before;
    for (let count = 0; count < CYCLES; count++) peak = Math.max(peak, await cycle(system, size));
    const after = await liveHeapBytes();
    return ((after - before) / peak) * 100;
  });
};
