import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodeServers } from './decode.js';
import { runServers } from './run.js';
import { serverShape } from './shape.js';

const common =
  { run: runServers, arrange: (events: readonly string[]): readonly string[] => events, program: programOf };

export const servers: Family = {
  ...common, name: 'servers',
  about:
    'gen_server: calls, casts, infos, continue, stop, deferred replies, crashes in every callback',
  weight: 3, timed: false, stepsMax: 14, width: 20,
  decode: decodeServers('servers', false), problem: serverShape('servers'),
};
export const waits: Family = {
  ...common, name: 'waits', about: 'gen_server: call timeouts, late replies, idle timeouts',
  weight: 0.1, timed: true, stepsMax: 10, width: 20,
  decode: decodeServers('waits', true), problem: serverShape('waits'),
};

type Tuple = readonly [string, ...Term[]];

function programOf(scenario: Term): string[] {
  const [, list, clients, steps] = scenario as readonly [string, readonly Tuple[], number, readonly Tuple[]];
  return [
    ...list.map(([, id, trap, ending, start]) => `${String(id)} = system.start(Server, { ${trap === 'true'
      ? 'trapExit, '
      : ''}${ending === 'ok' ? '' : `terminate: ${String(ending)}, `}init: ${printTerm(start as Term)} })`),
    `clients c1 … c${clients}`,
    ...steps.map(([word, who, ops], at) => `${at + 1}. ${word === 'advance'
      ? `clock + ${String(who)} ms`
      : `${String(who)}: ${(ops as readonly Tuple[]).map(opText).join('; ')}`}`),
  ];
}

function opText([word, to, what, ms]: Tuple): string {
  if (word === 'stop') return `${String(to)}.stop(${printTerm(what as Term)})`;
  if (word === 'signal') return `self.exitOther(${String(to)}, ${printTerm(what as Term)})`;
  const limit = ms === undefined || ms === 'infinity' ? '' : `, { timeoutMs: ${String(ms)} }`;
  return `${String(to)}.${word === 'info' ? 'send' : word}(${scriptText(what as unknown as Script)}${limit})`;
}

type Script = readonly ['do', number, readonly Tuple[], Tuple];

function scriptText([, tag, actions, returned]: Script): string {
  const acts = actions.map((
    [word, a, b],
  ) => (word === 'tell' ? `send self ${scriptText(a as unknown as Script)}` : word === 'call'
    ? `call ${String(a)} ${scriptText(b as unknown as Script)}`
    : [word, a].filter((one) => one !== undefined).map((one) => printTerm(one)).join(' ')));
  return `#${tag}: ${[...acts, printTerm(returned)].join(', ')}`;
}
