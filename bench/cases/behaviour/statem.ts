import type { Case } from '../../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const BURST = 1_000;

/**
 * One sender, one state machine, two states with one handler each: every event is a cast that
 * changes the state.
 */
export const statemEvent: Case = (library) => {
  const Switch = library.defineStatem({
    init: () => ({ state: 'off', data: { count: 0 } }),
    states: {
      off: { casts: { flip(self) { self.data.count++; return self.next('on'); } } },
      on: { casts: { flip(self) { self.data.count++; return self.next('off'); } } },
    },
    common: { calls: { count: (self) => self.data.count } },
  });
  return (size) => withSystem(library, async (system) => {
    const machine = system.start(Switch);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      machine.cast('flip');
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('events handled', await machine.call('count', undefined, { timeoutMs: 'infinity' }), size);
    return perSecond(size, started);
  });
};
