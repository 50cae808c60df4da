import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodeStarters } from './decode.js';
import { runStarters } from './run.js';
import { isSup, readSup, readWorker, startersShape } from './shape.js';

export const starters: Family = {
  name: 'starters',
  about: 'trees that processes start: who ends with whom, nested, unlinked, given up', weight: 2,
  timed: false, stepsMax: 12, width: 12,
  decode: decodeStarters, problem: startersShape, run: runStarters, arrange, program: programOf,
};

/**
 * Whom a killed supervisor leaves behind ends beside everything else, and exits of several come in
 * any order.
 */
function arrange(events: readonly string[]): string[] {
  const loose = (one: string): boolean => /^terminate\(.*,killed\)$/.test(one) || one.startsWith('exit(');
  return [...events.filter((one) => !loose(one)), ...events.filter(loose).sort()];
}

function programOf(scenario: Term): string[] {
  const [, count, steps] = scenario as readonly [string, number, readonly (readonly [string, ...Term[]])[]];
  return [`${count} puppets: system.spawn(puppet)`, ...steps.map((step, at) => `${at + 1}. ${stepText(step)}`)];
}

function stepText([word, a, b]: readonly [string, ...Term[]]): string {
  switch (word) {
    case 'at':
      return `${String(a)}: ${(b as readonly (readonly [string, ...Term[]])[]).map(opText).join('; ')}`;
    case 'boss': return `${String(a)}, in a handler: ${supText(b as Term)}`;
    case 'stop': return `${String(a)}: self.stop(${printTerm(b as Term)})`;
    case 'crash': return `${String(a)} throws in a handler`;
    case 'kill': return `system.exit(${String(a)}, 'kill')`;
    case 'signal_sup': return `system.exit(${String(a)}, ${printTerm(b as Term)})`;
    default: return `${String(a)}.whichChildren()`;
  }
}

function opText([word, a, b]: readonly [string, ...Term[]]): string {
  switch (word) {
    case 'trap': return `self.trapExit(${String(a)})`;
    case 'tree': return supText(a as Term);
    case 'spawn': return `${String(a)} = self.spawn(puppet, { link: ${b === 'link'} })`;
    case 'signal': return `self.exitOther(${String(a)}, ${printTerm(b as Term)})`;
    case 'exit': return `self.exit(${printTerm(a as Term)})`;
    case 'error': return `throw new Error('${String(a)}')`;
    case 'return': return 'return';
    default: return `self.${word}(${String(a)})`;
  }
}

function supText(term: Term): string {
  const { id, strategy, intensity, children } = readSup(term);
  const texts = children.map((one) => (isSup(one) ? supText(one) : workerText(one)));
  return `${id} = self.supervise(${strategy}, intensity ${intensity}: ${texts.join(', ')})`;
}

function workerText(term: Term): string {
  const { id, restart, trap, starts } = readWorker(term);
  return `${id} ${restart}${trap ? ' trapExit' : ''}${starts.length === 0 ? '' : ` starts ${starts.join(' ')}`}`;
}
