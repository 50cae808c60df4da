import type { Random, Scenario, SimulateOptions } from '../../src/testing/index.js';

/** One group of scenarios; a seed runs it once. */
export interface Suite {
  readonly name: string;
  /** what it proves, in one line */
  readonly about: string;
  readonly scenario: Scenario;
  /** how this seed is run, beyond the policy that it draws */
  readonly options?: (random: Random) => SimulateOptions;
}

export function suite(name: string, about: string, scenario: Scenario, options?: Suite['options']): Suite {
  return options === undefined ? { name, about, scenario } : { name, about, scenario, options };
}
