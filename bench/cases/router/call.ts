import type { Case } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

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

const BLOCK = 500;

/** How many times a call with a limit and a signal takes as long as a plain one; blocks of both alternate. */
const withSignal = (signalOf: () => AbortSignal): Case => (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const times = [0, 0];
    for (let made = 0; made < size; made += BLOCK * 2) {
      for (const which of (made / BLOCK) % 4 === 0 ? [0, 1] : [1, 0]) {
        const began = nowMs();
        for (let n = 0; n < BLOCK; n++) {
          await (which === 0
            ? counter.call('increment')
            : counter.call('increment', undefined, { timeoutMs: 5_000, signal: signalOf() }));
        }
        times[which]! += nowMs() - began;
      }
    }
    expectCount('calls handled', await counter.call('count'), size);
    return times[1]! / times[0]!;
  });
};

const LONG_BLOCK = 25_000;

/**
 * How many times a call in development takes as long as one in production, to an agent each; long
 * blocks of both alternate.
 */
export const callDevelopment: Case = (library) => {
  const [plain, development] = [defineCounter(library), defineCounter(library)];
  return (size) => withSystem(library, (system) => withSystem(library, async (slow) => {
    const counters = [system.start(plain), slow.start(development)] as const;
    const times = [0, 0];
    for (let made = 0; made < size; made += LONG_BLOCK * 2) {
      for (const which of (made / LONG_BLOCK) % 4 === 0 ? [0, 1] as const : [1, 0] as const) {
        const began = nowMs();
        for (let n = 0; n < LONG_BLOCK; n++) await counters[which].call('increment');
        times[which]! += nowMs() - began;
      }
    }
    for (const counter of counters) expectCount('calls handled', await counter.call('count'), size / 2);
    return times[1]! / times[0]!;
  }, { development: true }));
};

const { signal } = new AbortController();

/** One signal for all calls. */
export const callDeadlineSignal: Case = withSignal(() => signal);

/** A new one for each. */
export const callFreshSignal: Case = withSignal(() => new AbortController().signal);
