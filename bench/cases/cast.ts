import type { Case } from '../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../lib/clock.js';
import { expectCount, withSystem } from '../lib/system.js';
import { defineCounter } from './counter.js';

const BURST = 1_000;

/** One sender, one agent: bursts of 1,000, then the sender yields. */
export const castStream: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      counter.cast('add');
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('casts handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    return perSecond(size, started);
  });
};

/** All are queued before the first is handled. */
export const castBacklog: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    for (let sent = 0; sent < size; sent++) counter.cast('add');
    expectCount('casts handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    return perSecond(size, started);
  });
};

/** The stream of `castStream` to an agent whose handler is async. */
export const asyncCast: Case = (library) => {
  const Counter = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: { async add(self) { self.state.count += 1; } },
  });
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      counter.cast('add');
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('casts handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    return perSecond(size, started);
  });
};
