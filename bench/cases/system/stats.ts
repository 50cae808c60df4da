import type { Case } from '../../lib/case.js';
import { nextTurn, nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;
const BUSY = 4_000;
const LOOKS = 25;

const median = (times: readonly number[]): number => [...times]
  .sort((a, b) => a - b)[times.length >> 1] as number;

/**
 * What `system.stats()` takes, in ms, beside agents that are idle after one message each and 4,000
 * others with a message queued at every look.
 */
export const systemStats: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const idle = Array.from({ length: size }, () => system.start(Counter));
    for (let count = 1; count <= size; count++) {
      idle[count - 1]?.cast('add');
      if (count % BURST === 0) await nextTurn();
    }
    const busy = Array.from({ length: BUSY }, () => system.start(Counter));
    while (system.stats().handled < size) await nextTurn();
    const times: number[] = [];
    for (let look = 1; look <= LOOKS; look++) {
      for (const agent of busy) agent.cast('add');
      const began = nowMs();
      const { queued } = system.stats();
      times.push(nowMs() - began);
      expectCount('messages queued', queued, BUSY);
      while (system.stats().queued > 0) await nextTurn();
    }
    expectCount('messages sent', system.stats().sent, size + LOOKS * BUSY);
    return median(times);
  });
};
