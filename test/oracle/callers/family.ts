import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodeCallers } from './decode.js';
import { runCallers } from './run.js';
import { callerShape } from './shape.js';

type Tuple = readonly [string, ...Term[]];

export const callers: Family = {
  name: 'callers',
  about: 'servers of a supervisor that let out the failure of a call, a stop or a task: which ends are orderly',
  weight: 2, timed: false, stepsMax: 10, width: 14,
  decode: decodeCallers, problem: callerShape, run: runCallers, arrange: (events) => events, program: programOf,
};

function programOf(scenario: Term): string[] {
  const [, intensity, workers, steps] =
    scenario as readonly [string, number, readonly Tuple[], readonly Tuple[]];
  return [
    `await system.supervise({ intensity: ${intensity}, children: [`,
    ...workers.map((
      [, id, restart, trap, ending],
    ) => `  child('${String(id)}', ${String(restart)}${trap === 'true'
      ? ', trapExit'
      : ''}, terminate: ${printTerm(ending as Term)})`),
    '] })',
    ...steps.map(([word, who, plan], at) => `${at + 1}. ${word === 'tell'
      ? `${String(who)}: ${planText(plan as Tuple)}`
      : word === 'kill' ? `system.exit(${String(who)}, 'kill')` : 'whichChildren()'}`),
  ];
}

function planText([word, what]: Tuple): string {
  switch (word) {
    case 'fine': return 'returns';
    case 'crashes': return 'throws';
    case 'stop': return `self.stop(${printTerm(what as Term)})`;
    case 'exits': return `self.exit(${printTerm(what as Term)})`;
    case 'again': return `catches, and exits with it: ${requestText(what as unknown as Tuple)}`;
    case 'stops': return `catches, and stops with it: ${requestText(what as unknown as Tuple)}`;
    default: return requestText(what as unknown as Tuple);
  }
}

function requestText([word, to, what]: Tuple): string {
  if (word === 'call') return `call ${String(to)} (${planText(what as Tuple)})`;
  return word === 'task'
    ? `await a task that ${printTerm(to as Term)}`
    : `${String(to)}.stop(${printTerm(what as Term)})`;
}
