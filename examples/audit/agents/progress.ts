import { defineAgent, type System } from '../../../src/index.js';
import type { Books } from '../books.js';
import type { Hazard } from '../hazard.js';
import type { Display } from '../output/display.js';

export interface ProgressSetup {
  readonly system: System;
  readonly books: Books;
  readonly display: Display;
  readonly hazard: Hazard;
}

const TICK = Symbol('tick');

/**
 * Shows how far the audit is. What must be right it asks the ledgers for at every tick; what it is
 * told by cast (who reads what) is only decoration, and may be lost when it dies.
 */
export const Progress = defineAgent({
  name: 'progress',
  init(setup: ProgressSetup) {
    this.sendAfter(setup.display.dueInMs(), TICK);
    return { ...setup, reading: new Map<string, string>() };
  },
  casts: {
    reading({ state }, { parser, path }: { parser: string; path: string }): void {
      state.hazard.pass();
      state.reading.set(parser, path);
    },
  },
  async info(self, message) {
    if (message !== TICK) return;
    const { system, books, display, hazard, reading } = self.state;
    hazard.pass();
    const totals = await books.totals((ledger) => self.call(ledger, 'totals'));
    display.show({ totals, reading, tree: system.tree(), stats: system.stats() });
    self.sendAfter(display.dueInMs(), TICK);
  },
});
