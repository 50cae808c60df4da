import type { Case, Castcall, Run, System, SystemOptions } from '../../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../../lib/clock.js';
import { laneOptions } from '../../lib/older.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;

/** One sender, one agent: bursts of 1,000, then the sender yields. */
export const castStream: Case = (library) => {
  const Counter = defineCounter(library);
  return bursts(library, (system) => system.start(Counter));
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
  return bursts(library, (system) => system.start(Counter));
};

const LANES = ['critical', 'high', 'normal', 'low'] as const;

/** The stream of `castStream` in all four lanes in turn. */
export const priorityCast: Case = (library) => {
  const Counter = defineCounter(library);
  const lanes = LANES.map((lane) => laneOptions(library, lane));
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      counter.cast('add', undefined, lanes[sent & 3]);
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount(
      'casts handled', await counter.call('count', undefined, { timeoutMs: 'infinity', ...lanes[3] }), size,
    );
    return perSecond(size, started);
  });
};

const EARLIER_SYSTEMS = 14;

/**
 * The same in development, where the sender of an async handler is followed; other systems of the
 * program have run before.
 */
export const asyncCastDevelopment: Case = (library) => {
  const Counter = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: { async add(self) { self.state.count += 1; } },
  });
  const run = bursts(library, (system) => system.start(Counter), { development: true });
  let earlier = 0;
  return async (size) => {
    for (; earlier < EARLIER_SYSTEMS; earlier++) await run(BURST);
    return run(size);
  };
};

/** What both counters have, the sync one and the async one. */
interface CountingRef {
  cast(op: 'add'): void;
  call(op: 'count', payload: undefined, options: { readonly timeoutMs: 'infinity' }): Promise<number>;
}

/** Casts to one agent in bursts of 1,000; the sender yields after each. */
function bursts(library: Castcall, start: (system: System) => CountingRef, options: SystemOptions = {}): Run {
  return (size) => withSystem(library, async (system) => {
    const counter = start(system);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      counter.cast('add');
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('casts handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    return perSecond(size, started);
  }, options);
}
