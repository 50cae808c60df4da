import type { Case } from '../lib/case.js';
import { nowMs, perSecond } from '../lib/clock.js';
import { expectCount, withSystem } from '../lib/system.js';
import { defineCounter } from './counter.js';

const CALLERS = 1_000;

/** One caller, each call awaited before the next. */
export const callSequential: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    for (let made = 0; made < size; made++) await counter.call('increment');
    const rate = perSecond(size, started);
    expectCount('calls handled', await counter.call('count'), size);
    return rate;
  });
};

/** 1,000 callers at once, each awaiting its own calls. */
export const callConcurrent: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const each = size / CALLERS;
    const caller = async (): Promise<void> => {
      for (let made = 0; made < each; made++) await counter.call('increment');
    };
    const started = nowMs();
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const rate = perSecond(size, started);
    expectCount('calls handled', await counter.call('count'), size);
    return rate;
  });
};
