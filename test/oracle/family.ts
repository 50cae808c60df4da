import type { Tape } from './tape.js';
import type { Term } from './term.js';
import type { Trace } from './trace.js';

/**
 * One kind of scenario: how it is made, what is well-formed, how castcall runs it, and how a person
 * reads it.
 */
export interface Family {
  /** first atom of its scenarios, and what `--family` takes */
  readonly name: string;
  readonly about: string;
  /** its share of all scenarios, relative to the other families */
  readonly weight: number;
  /** whether its scenarios take real time in Erlang; those are few, and run beside each other */
  readonly timed: boolean;
  readonly stepsMax: number;
  /** how many choices a step takes, about */
  readonly width: number;
  decode(tape: Tape): Term;
  /** what is wrong with a scenario read from a file, or null */
  problem(scenario: Term): string | null;
  run(scenario: Term): Promise<Trace>;
  /**
   * brings what one actor saw in one step into one order where OTP promises none; `died`: it ended
   * in that step
   */
  arrange(events: readonly string[], died: boolean): readonly string[];
  /** the steps in castcall's words */
  program(scenario: Term): readonly string[];
}
