import { defineAgent, type System } from '../../../src/index.js';
import { agentsUnder } from '../census.js';
import type { Random } from '../random.js';

export interface ChaosSetup {
  readonly system: System;
  readonly random: Random;
  readonly everyMs: number;
  /** The supervisor whose agents, at any depth, are fair game. */
  readonly prey: string;
}

const STRIKE = Symbol('strike');

/** Kills a random agent now and then, with the one reason that nobody can trap. */
export const Chaos = defineAgent({
  name: 'chaos',
  init(setup: ChaosSetup) {
    this.sendAfter(setup.everyMs, STRIKE);
    return { ...setup, strikes: 0 };
  },
  calls: {
    /** Makes sure that a run, however short, has met at least one crash. Answers how many there were. */
    strikeOnce({ state }): number {
      if (state.strikes === 0) strike(state);
      return state.strikes;
    },
  },
  info(self, message) {
    if (message !== STRIKE) return;
    strike(self.state);
    self.sendAfter(self.state.everyMs, STRIKE);
  },
});

function strike(state: ChaosSetup & { strikes: number }): void {
  const victim = state.random.pick(agentsUnder(state.system.tree(), state.prey));
  if (victim === undefined) return;
  state.system.exit(victim.pid, 'kill');
  state.strikes += 1;
}
