// What the table of docs/guides/castcall-for-erlang.md names, against what the doors export.
import { publicSymbols } from './doors.js';

/** Where the verbs of a name in the table are declared. */
const RECEIVERS: Readonly<Record<string, readonly string[]>> = {
  self: ['KernelVerbs', 'ProcessVerbs', 'ProcessSelf', 'Self', 'StatemSelf', 'HandlerSelf'],
  this: ['KernelVerbs', 'ProcessVerbs', 'InitSelf'],
  system: ['System', 'SystemTrees', 'SystemBus', 'SystemGuards'],
  ref: ['Sends', 'AgentRef'],
  sys: ['Sys'],
  sup: ['AnySupervisorRef', 'SupervisorRef'],
  dynamic: ['AnySupervisorRef', 'DynamicSupervisorRef'],
  partitions: ['AnySupervisorRef', 'PartitionSupervisorRef'],
  tasks: ['TaskSupervisorRef'],
  events: ['EventManagerRef'],
  registry: ['RegistryRef'],
  scope: ['ScopeRef'],
  transition: ['Transition'],
  collection: ['RequestCollection'],
  'self.requests': ['RequestVerbs'],
  'self.task': ['TaskVerbs'],
  'system.task': ['TaskVerbs'],
  'self.timers': ['Timers'],
  'system.timers': ['Timers'],
  'system.applications': ['Applications'],
};

/** The code in the middle column of every table row below `## The table`. */
export function namedIn(page: string): string[] {
  const table = /^## The table$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
  return [...table.matchAll(/^\| .*? \| (.*?) \| .* \|$/gm)].flatMap(
    (row) => [...(row[1] ?? '').replaceAll('\\|', '').matchAll(/`([^`]+)`/g)].map((span) => span[1] ?? ''),
  );
}

const symbols = publicSymbols();

/** What of it does not exist: verbs, exported names, and option keys, each as it is written. */
export function missingIn(spans: readonly string[]): string[] {
  const names = new Set(symbols.map((symbol) => symbol.name));
  const members = new Set(symbols.filter((symbol) => symbol.kind === 'member').map(
    (symbol) => symbol.name.slice(symbol.name.indexOf('.') + 1),
  ));
  return spans.flatMap((span) => [
    ...verbs(span).filter((verb) => !exists(verb, names)),
    ...keys(span).filter((key) => !members.has(key)).map((key) => `{ ${key} }`),
  ]);
}

/**
 * The head of a span, and what is called on its result: `self.stop(r).reply(v)`. An object alone
 * has options only.
 */
function verbs(span: string): string[] {
  const head = /^[A-Za-z]+(?:\.[A-Za-z]+)*/.exec(span)?.[0];
  if (head === undefined && !span.startsWith('{')) return [span];
  const chained = [...span.matchAll(/\)\.([A-Za-z]+)/g)].map((match) => `transition.${match[1] ?? ''}`);
  return head === undefined ? chained : [head, ...chained];
}

function exists(verb: string, names: ReadonlySet<string>): boolean {
  const dot = verb.lastIndexOf('.');
  if (dot < 0) return names.has(verb);
  return (RECEIVERS[verb.slice(0, dot)] ?? []).some((owner) => names.has(`${owner}.${verb.slice(dot + 1)}`));
}

function keys(span: string): string[] {
  return [...span.matchAll(/\{([^{}]*)\}/g)].flatMap(
    (object) => (object[1] ?? '').replaceAll(/\[[^\]]*\]|'[^']*'/g, '').split(','),
  ).map((entry) => entry.split(':')[0]?.trim() ?? '').filter((key) => key !== '');
}
