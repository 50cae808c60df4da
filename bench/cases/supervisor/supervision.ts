import type { Case } from '../../lib/case.js';
import { nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const INTENSITY = 100_000_000;
const PERIOD_MS = 1_000;

/** Told by every `init`: counts starts and calls back at the awaited one. */
class Starts {
  count = 0;
  #awaited = 0;
  #resolve: () => void = () => {};
  noted(): void {
    this.count += 1;
    if (this.count === this.#awaited) this.#resolve();
  }
  reach(count: number): Promise<void> {
    this.#awaited = count;
    return new Promise((resolve) => { this.#resolve = resolve; });
  }
}

/**
 * One supervised child is killed, until the new one has started: the median of `size` restarts, in
 * microseconds.
 */
export const restartMedian: Case = (library) => {
  const Worker = library.defineAgent({
    init: (starts: Starts) => { starts.noted(); return { count: 0 }; },
    calls: { count: (self) => self.state.count },
  });
  return (size) => withSystem(library, async (system) => {
    const starts = new Starts();
    await system.supervise({
      intensity: INTENSITY, periodMs: PERIOD_MS,
      children: [library.child('worker', Worker, starts, { restart: 'permanent', shutdown: 'brutal_kill' })],
    });
    const delaysUs = new Float64Array(size);
    for (let round = 0; round < size; round++) {
      const restarted = starts.reach(round + 2);
      const started = nowMs();
      system.exit('worker', 'kill');
      await restarted;
      delaysUs[round] = (nowMs() - started) * 1_000;
    }
    expectCount('starts', starts.count, size + 1);
    expectCount('answer of the last', await system.ref(Worker, 'worker').call('count'), 0);
    return delaysUs.sort()[Math.floor((size - 1) / 2)]!;
  });
};

/** All children of one supervisor are killed at once: milliseconds until all are back. */
export const restartStorm: Case = (library) => {
  const Worker = library.defineAgent({
    init: (starts: Starts) => { starts.noted(); return { count: 0 }; },
    calls: { count: (self) => self.state.count },
  });
  return (size) => withSystem(library, async (system) => {
    const starts = new Starts();
    const options = { restart: 'permanent', shutdown: 'brutal_kill', name: false } as const;
    const children =
      Array.from({ length: size }, (_, index) => library.child(`worker-${index}`, Worker, starts, options));
    const supervisor = await system.supervise({ intensity: INTENSITY, periodMs: PERIOD_MS, children });
    expectCount('first starts', starts.count, size);
    const pids = (await supervisor.whichChildren()).map((entry) => entry.pid);
    const restarted = starts.reach(2 * size);
    const started = nowMs();
    for (const pid of pids) system.exit(pid!, 'kill');
    await restarted;
    const elapsedMs = nowMs() - started;
    expectCount('starts', starts.count, 2 * size);
    expectCount('children alive', (await supervisor.countChildren()).active, size);
    return elapsedMs;
  });
};
