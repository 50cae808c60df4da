import type { Verdict } from './compare.js';
import type { Family } from './family.js';
import { printTerm, type Term } from './term.js';
import type { Trace } from './trace.js';

export interface Difference {
  readonly family: Family;
  readonly origin: string;
  readonly scenario: Term;
  readonly verdict: Verdict;
  /** candidates tried by shrinking, 0 when it was not shrunk */
  readonly tries: number;
  readonly release: number;
}

/** A difference for people: the pair of programs and the pair of traces. */
export function printDifference({ family, origin, scenario, verdict, tries, release }: Difference): string {
  const marked =
    (trace: Trace, other: Trace): string[] =>
      trace.map((line) => `${other.includes(line) ? '   ' : ' ! '}${line}`);
  return [
    `unexplained: ${family.name}, ${origin}${tries > 0 ? ` (shrunk in ${tries} tries)` : ''}`,
    'Erlang term (a line of a file for --file):',
    `   ${printTerm(scenario)}`,
    'castcall program:',
    ...family.program(scenario).map((line) => `   ${line}`),
    `OTP ${release} saw (! where the other did not):`,
    ...marked(verdict.otp, verdict.castcall),
    'castcall saw:',
    ...marked(verdict.castcall, verdict.otp),
    '',
  ].join('\n');
}
