import type { Castcall } from '../lib/case.js';

/** The agent that the BEAM half has as bench_counter: it counts what it handles. */
export const defineCounter = (library: Castcall) => library.defineAgent({
  init: () => ({ count: 0 }),
  calls: {
    increment: (self) => (self.state.count += 1),
    count: (self) => self.state.count,
  },
  casts: { add(self) { self.state.count += 1; } },
});
