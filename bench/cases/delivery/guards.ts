import type { Case, Castcall, System } from '../../lib/case.js';
import { nextTurn, ownMs } from '../../lib/clock.js';
import { limitOptions, poolNamed } from '../../lib/older.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BLOCK = 5_000;
type Runner = (fn: () => Promise<void>) => Promise<void>;

/** How many times a run of an async function takes as long as a call; blocks of both alternate. */
const besideCall = (runnerOf: (system: System, library: Castcall) => Runner): Case => (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const run = runnerOf(system, library);
    let runs = 0;
    const fn = async (): Promise<void> => {
      runs++;
    };
    const times = [0, 0];
    for (let made = 0; made < size; made += BLOCK * 2) {
      for (const which of (made / BLOCK) % 4 === 0 ? [0, 1] : [1, 0]) {
        const began = ownMs();
        for (let n = 0; n < BLOCK; n++) await (which === 0 ? counter.call('increment') : run(fn));
        times[which]! += ownMs() - began;
      }
    }
    expectCount('calls handled', await counter.call('count'), size / 2);
    expectCount('runs', runs, size / 2);
    return times[1]! / times[0]!;
  });
};

export const limitRun: Case = besideCall((system, library) => {
  const limit = system.limit('bench', limitOptions(library, 2));
  return (fn) => limit.run(fn);
});

export const breakerRun: Case = besideCall((system) => {
  const breaker = system.breaker('bench');
  return (fn) => breaker.run(fn);
});

const FEW = 10_000;
const ROUNDS = 10;
type Turns = (fn: () => unknown) => Promise<unknown>;

/** Own time, µs, for one turn of a queue while so many wait at first, until all of them have had theirs. */
async function turnOf(take: Turns, waiting: number): Promise<number> {
  let open: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const holding = new Promise<void>((resolve) => (begun = resolve));
  const first = take(() => new Promise<void>((resolve) => {
    open = resolve;
    begun();
  }));
  await holding;
  let done = 0;
  const fn = (): void => {
    done++;
  };
  const all = Promise.all(Array.from({ length: waiting }, () => take(fn)));
  await nextTurn();
  const began = ownMs();
  open();
  await all;
  const took = ownMs() - began;
  await first;
  expectCount('turns', done, waiting);
  return (1_000 * took) / waiting;
}

/** How many times a turn takes as long when `many` wait as when 10,000 do. */
async function growth(take: Turns, many: number): Promise<number> {
  let few = 0;
  for (let round = 0; round < ROUNDS; round++) few += (await turnOf(take, FEW)) / ROUNDS;
  return (await turnOf(take, many)) / few;
}

export const limitQueue: Case = (library) => (size) => withSystem(library, (system) => {
  const limit = system.limit('bench', limitOptions(library, 1));
  return growth((fn) => limit.run(fn, { timeoutMs: 'infinity' }), size);
});

export const poolQueue: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const name = `workers${++pools}`;
    await system.supervise({ children: [library.pool(name, Counter, { min: 1, max: 1 })] });
    const workers = poolNamed(library, system, Counter, name);
    return growth((fn) => workers.run(fn, { timeoutMs: 'infinity' }), size);
  });
};
let pools = 0;
