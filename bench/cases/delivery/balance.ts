import type { BalanceStrategy } from '../../../src/delivery/group/public.js';
import type { Case } from '../../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;
const BLOCKS = 100;
const MEMBERS = 8;

const median = (times: readonly number[]): number => [...times]
  .sort((a, b) => a - b)[times.length >> 1] as number;

/**
 * How much longer casts take through a round-robin ref of 8 agents than to the 8 directly, in
 * percent; blocks of both alternate.
 */
export const balanceCast: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const members = Array.from({ length: MEMBERS }, () => system.start(Counter));
    const balancer = system.balance(Counter, { members });
    const block = Math.floor(size / BLOCKS / BURST) * BURST;
    const times: [number[], number[]] = [[], []];
    for (let turn = 0; turn < BLOCKS * 2; turn++) {
      const which = ((turn + (turn >> 1)) & 1) as 0 | 1; // who begins changes
      const began = nowMs();
      for (let sent = 1; sent <= block; sent++) {
        if (which === 0) members[sent % MEMBERS]?.cast('add');
        else balancer.cast('add');
        if (sent % BURST === 0) await nextTurn();
      }
      times[which].push(nowMs() - began);
    }
    const counts =
      await Promise.all(members.map((member) => member.call('count', undefined, { timeoutMs: 'infinity' })));
    expectCount('casts handled', counts.reduce((sum, count) => sum + count, 0), 2 * block * BLOCKS);
    return 100 * (median(times[1]) / median(times[0]) - 1);
  });
};

/** What a strategy does for each message; its keys are 1,000 different ones. */
export const balanceStrategy = (strategy: BalanceStrategy, count: number): Case => (library) => {
  const Counter = defineCounter(library);
  const key = strategy === 'consistent-hash' ? { key: (): number => (turn = (turn + 1) % BURST) } : {};
  let turn = 0;
  return (size) => withSystem(library, async (system) => {
    const members = Array.from({ length: count }, () => system.start(Counter));
    const balancer = system.balance(Counter, { strategy, members, ...key });
    const burst = Math.max(BURST, 2 * count); // all members get busy
    const began = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      balancer.cast('add');
      if (sent % burst === 0) await nextTurn();
    }
    const rate = perSecond(size, began);
    while (system.stats().queued > 0) await nextTurn();
    expectCount('casts handled', system.stats().handled, size);
    return rate;
  });
};
