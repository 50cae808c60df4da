import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodeMachines } from './decode.js';
import { runMachine } from './run.js';
import { machineShape } from './shape.js';

const common = { run: runMachine, arrange: failuresSorted, program: programOf };

export const machines: Family = {
  ...common, name: 'machines',
  about: 'gen_statem: both callback modes, enter calls, postpone, inserted events, timeouts of 0 ms, stop, crashes in every callback',
  weight: 3, timed: false, stepsMax: 12, width: 32,
  decode: decodeMachines('machines', false), problem: machineShape('machines'),
};
export const delays: Family = {
  ...common, name: 'delays', about: 'gen_statem: event, state and generic timeouts', weight: 0.1,
  timed: true, stepsMax: 9, width: 32,
  decode: decodeMachines('delays', true), problem: machineShape('delays'),
};

/** The end of a machine fails what it had not answered, in no promised order. */
function failuresSorted(events: readonly string[]): string[] {
  const out: string[] = [];
  let run: string[] = [];
  for (const one of [...events, '']) {
    if (/^answer\(\d+,failed\(/.test(one)) {
      run.push(one);
      continue;
    }
    out.push(...run.sort(), one);
    run = [];
  }
  return out.slice(0, -1);
}

type Tuple = readonly [string, ...Term[]];

function programOf(scenario: Term): string[] {
  const [, [, mode, trap, ending, enters, start], clients, steps] =
    scenario as readonly [string, Tuple, number, readonly Tuple[]];
  const entering = (enters as readonly Tuple[]).map(([, acts, returned], at) =>
    `   enter ${'abc'.charAt(at)}: ${actsText(acts as readonly Tuple[], returned as Tuple)}`);
  return [
    `m = parent.start(${mode === 'handler' ? 'defineStatemHandler' : 'defineStatem'}({ ${trap === 'true'
      ? 'trapExit, '
      : ''}${ending === 'crash' ? 'terminate throws, ' : ''}init: ${startText(start as Tuple)} }))`,
    ...entering,
    `clients c1 … c${clients}`,
    ...steps.map((
      [word, a, ops], at,
    ) => `${at + 1}. ${word === 'advance' ? `clock + ${String(a)} ms` : word === 'end_parent'
      ? `parent: self.exit(${printTerm(a as Term)})`
      : `${String(a)}: ${(ops as readonly Tuple[]).map(opText).join('; ')}`}`),
  ];
}

function startText([how, a, b]: Tuple): string {
  if (how === 'ok') return `${String(a)}${(b as readonly Tuple[]).map(actText).join('')}`;
  return printTerm(a === undefined ? [how] : [how, a]);
}

function opText([word, a]: Tuple): string {
  switch (word) {
    case 'stop': return `m.stop(${printTerm(a as Term)})`;
    case 'signal': return `self.exitOther(m, ${printTerm(a as Term)})`;
    case 'get_state': return 'self.sys(m).getState()';
    default: return `m.${word === 'info' ? 'send' : word}(${scriptText(a as unknown as Script)})`;
  }
}

type Script = readonly ['do', number, readonly Tuple[], Tuple];

function scriptText([, tag, acts, returned]: Script): string {
  return `#${tag}: ${actsText(acts, returned)}`;
}

function actsText(acts: readonly Tuple[], [how, ...rest]: Tuple): string {
  return `${how}(${rest.map((one) => printTerm(one)).join(', ')})${acts.map(actText).join('')}`;
}

function actText([word, ...args]: Tuple): string {
  return `.${word}(${args.map(
    (one) => (Array.isArray(one) && one[0] === 'do' ? scriptText(one as unknown as Script) : printTerm(one)),
  ).join(', ')})`;
}
