import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodeTasks } from './decode.js';
import { runTasks } from './run.js';
import { taskShape } from './shape.js';

type Tuple = readonly [string, ...Term[]];

export const tasks: Family = {
  name: 'tasks',
  about: 'tasks and their links: await, yield, shutdown, ignore, and what is left of those that were let go',
  weight: 2, timed: false, stepsMax: 18, width: 9,
  decode: decodeTasks, problem: taskShape, run: runTasks, arrange: settleDeaths, program: programOf,
};

/**
 * The Exit and Down of one death have no order; who ends may or may not have received what was sent
 * to it before.
 */
function settleDeaths(events: readonly string[], died: boolean): string[] {
  const kept = died ? events.filter((one) => !/^(exit|down|result)\(/.test(one)) : events;
  const out: string[] = [];
  let run: string[] = [];
  for (const one of [...kept, '']) {
    if (/^(exit|down)\(/.test(one)) run.push(one);
    else {
      out.push(...run.sort());
      run = [];
      if (one !== '') out.push(one);
    }
  }
  return out;
}

function programOf(scenario: Term): string[] {
  const [, count, steps] = scenario as readonly [string, number, readonly Tuple[]];
  return [
    `o1 … o${count} = system.spawn(async (self) => { for (;;) log(await self.receive()); })`,
    ...steps.map((step, at) => `${at + 1}. ${stepText(step)}`),
  ];
}

function stepText([word, who, what]: Tuple): string {
  switch (word) {
    case 'at': return `${String(who)}: ${opText(what as Tuple)}`;
    case 'finish': return `${String(who)} returns ${String(what)}`;
    case 'exits': return `${String(who)}: self.exit(${printTerm(what as Term)})`;
    case 'crashes': return `${String(who)} throws`;
    default: return `system.exit(${String(who)}, ${printTerm(what as Term)})`;
  }
}

function opText([word, a, b, c]: Tuple): string {
  switch (word) {
    case 'trap': return `self.trapExit(${String(a)})`;
    case 'async': return `${String(a)} = self.task.${b === 'link'
      ? 'async'
      : 'asyncNolink'}(${c === 'true' ? 'trapping exits' : 'fn'})`;
    case 'await_many': case 'yield_many': return `self.task.${word === 'await_many'
      ? 'awaitMany'
      : 'yieldMany'}([${(a as readonly Tuple[]).join(', ')}], ${String(b)})`;
    case 'demonitor': return `self.demonitor(${String(a)}.ref)`;
    case 'await_out': return `self.task.await(${String(a)}, ${String(b)}), and lets its failure out`;
    default: return `self.task.${word}(${String(a)}${b === undefined ? '' : `, ${String(b)}`})`;
  }
}
