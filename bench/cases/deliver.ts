import type { Case } from '../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../lib/clock.js';
import { expectCount, withSystem } from '../lib/system.js';
import { defineCounter } from './counter.js';

const BURST = 1_000;

type Guarantee = 'at-most-once' | 'at-least-once' | 'exactly-once';

/** One sender, one agent: every message is accepted with a receipt, handled and acknowledged. */
const delivered = (guarantee: Guarantee): Case => (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter, { name: 'counter' });
    const ref = system.ref(Counter, 'counter');
    const options = guarantee === 'at-least-once' ? undefined : { guarantee };
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      void ref.deliver('add', undefined, options);
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('deliveries handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    const figure = perSecond(size, started);
    expectCount('deliveries acknowledged', ref.stats().delivery.acknowledged, size);
    return figure;
  });
};

export const deliverAtMostOnce: Case = delivered('at-most-once');
export const deliverAtLeastOnce: Case = delivered('at-least-once');
export const deliverExactlyOnce: Case = delivered('exactly-once');
