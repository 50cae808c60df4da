import type { Case } from '../../lib/case.js';
import { nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const AGENTS = 1_000;

/** How many times a gather over 1,000 agents takes as long as 1,000 plain calls at once; both alternate. */
export const gather1000: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counters = Array.from({ length: AGENTS }, () => system.start(Counter));
    const times = [0, 0];
    const rounds = Math.max(2, Math.round(size / AGENTS / 2));
    for (let round = 0; round < rounds; round++) {
      for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const began = nowMs();
        if (which === 0) await Promise.all(counters.map((counter) => counter.call('increment')));
        else await system.gather(counters, 'increment');
        times[which]! += nowMs() - began;
      }
    }
    let handled = 0;
    for (const counter of counters) handled += await counter.call('count');
    expectCount('calls handled', handled, rounds * 2 * AGENTS);
    return times[1]! / times[0]!;
  });
};
