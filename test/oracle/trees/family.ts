import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { either } from '../shape.js';
import { decodeRestarts, decodeShutdowns, decodeTrees } from './decode.js';
import { decodePool } from './pools.js';
import { runTree } from './run.js';
import { isDynamic, isPool, poolShape, readSup, readWorker, treeShape } from './shape.js';

const common = { run: runTree, arrange: orphansLast, program: programOf };

export const supervisors: Family = {
  ...common, name: 'supervisors',
  about: 'supervision trees: strategies, restart types, intensity, nesting, the API', weight: 3,
  timed: false, stepsMax: 12, width: 10,
  decode: decodeTrees('supervisors', { timed: false }), problem: treeShape('supervisors'),
};
export const pools: Family = {
  ...common, name: 'pools',
  about:
    'instances of one template: restart types, intensity, the API by pid, stops beside each other',
  weight: 1, timed: false, stepsMax: 14, width: 8,
  decode: decodePool('pools', { timed: false }), problem: poolShape('pools'),
};
export const dynamics: Family = {
  ...common, name: 'dynamics', about: 'pools that are dynamic supervisors on castcall', weight: 0.5,
  timed: false, stepsMax: 14, width: 8,
  decode: decodePool('dynamics', { timed: false }, 'd1'), problem: poolShape('dynamics'),
};
export const shutdowns: Family = {
  ...common, name: 'shutdowns',
  about: 'children that do not end when asked, and the time they are given', weight: 0.08,
  timed: true, stepsMax: 6, width: 8,
  decode: decodeShutdowns, problem: either(treeShape('shutdowns'), poolShape('shutdowns')),
};
export const restarts: Family = {
  ...common, name: 'restarts', about: 'the restart intensity within its period', weight: 0.04,
  timed: true, stepsMax: 8, width: 8,
  decode: decodeRestarts, problem: either(treeShape('restarts'), poolShape('restarts')),
};

/** Whom a killed supervisor leaves behind ends beside everything else. */
function orphansLast(events: readonly string[]): string[] {
  const orphans = events.filter((one) => /^terminate\(.*,killed\)$/.test(one));
  return [...events.filter((one) => !orphans.includes(one)), ...orphans.sort()];
}

function programOf(scenario: Term): string[] {
  const [, top, steps] = scenario as readonly [string, Term, readonly (readonly [string, ...Term[]])[]];
  const kind = isDynamic(top) ? 'dynamicSupervisor ' : isPool(top) ? 'simpleSupervisor ' : '';
  return [
    `${readSup(top).id} = await system.supervise(${kind}`, ...supText(top, 1), ')',
    ...steps.map((step, at) => `${at + 1}. ${stepText(step)}`),
  ];
}

function supText(term: Term, depth: number): string[] {
  const { id, strategy, intensity, periodSeconds, restart, shutdown, significant, auto, children } =
    readSup(term);
  const indent = '  '.repeat(depth);
  const own = `${significant ? ', significant' : ''}${auto === 'never' ? '' : `, autoShutdown: ${auto}`}`;
  return [
    `${indent}${id}: ${strategy}, intensity ${intensity} in ${periodSeconds} s, ${restart}, shutdown ${shutdown}${own}`,
    ...children.flatMap(
      (one) => ((one as readonly Term[])[0] === 'sup'
        ? supText(one, depth + 1)
        : [`${indent}  ${workerText(one)}`]),
    ),
  ];
}

function workerText(term: Term): string {
  const { id, restart, shutdown, trap, end, significant, starts } = readWorker(term);
  const how = [
    restart, `shutdown ${shutdown}`, ...(trap ? ['trapExit'] : []), ...(significant ? ['significant'] : []),
    ...(end === 'ok' ? [] : [`end: ${end}`]),
  ];
  return `child('${id}', ${how.join(', ')}${starts.length === 0 ? '' : `, starts: ${starts.join(', ')}, ok …`})`;
}

function stepText([word, a, b]: readonly [string, ...Term[]]): string {
  switch (word) {
    case 'advance': return `clock + ${String(a)} ms`;
    case 'crash': return `${String(a)} throws in a handler`;
    case 'stop': return `${String(a)}: self.stop(${printTerm(b as Term)})`;
    case 'kill': case 'kill_sup': return `system.exit(${String(a)}, 'kill')`;
    case 'signal': case 'signal_sup': return `system.exit(${String(a)}, ${printTerm(b as Term)})`;
    case 'release': return `the init of ${String(a)} that hangs goes on`;
    case 'stop_top': return 'the topmost supervisor is stopped';
    case 'start_child': return `${String(a)}.startChild(${(b as readonly Term[])[0] === 'sup'
      ? supText(b as Term, 0).join('; ')
      : workerText(b as Term)})`;
    case 'start_instance': return `${String(a)}.startChild(${workerText(b as Term)})`;
    case 'terminate_pid': return `${String(a)}.terminateChild(the pid of ${b === 'foreign'
      ? 'a stranger'
      : Array.isArray(b) ? `the first ${String(b[1])}` : String(b)})`;
    case 'which': case 'who': return `${String(a)}.whichChildren()`;
    case 'count': return `${String(a)}.countChildren()`;
    default: return `${String(a)}.${word.replace(/_c/, 'C')}('${String(b)}')`;
  }
}
