import type { Family } from '../family.js';
import { printTerm, type Term } from '../term.js';
import { decodePuppets, type Mix } from './decode.js';
import { runPuppets } from './run.js';
import { puppetShape } from './shape.js';

const LINKS: Mix = [
  ['link', 7], ['trap', 4], ['send', 3], ['monitor', 4], ['unlink', 2], ['demonitor', 3],
  ['signal', 3], ['end', 3], ['signal_self', 1], ['spawn', 2], ['pause', 2], ['alive', 1],
];
const NAMES: Mix = [
  ['register', 7], ['whereis', 5], ['monitor_name', 4], ['send_name', 3], ['unregister', 2],
  ['end', 3], ['signal', 2], ['demonitor', 1], ['trap', 1], ['link', 1], ['spawn', 1], ['pause', 1],
];
const GROUPS: Mix = [
  ['join', 9], ['monitor_group', 5], ['leave', 5], [
    'members', 4,
  ], ['join_both', 3], ['monitor_scope', 3], ['demonitor_group', 3], ['broadcast', 2], ['which_groups', 2],
  ['end', 3], ['signal', 2], ['pause', 3], ['spawn', 1], ['kill_scope', 1], ['start_scope', 1],
];
const TIMERS: Mix = [
  ['send_after', 4], ['start_timer', 5], ['cancel', 3], [
    'read', 3,
  ], ['send_after_name', 1], ['start_timer_name', 2], ['cancel_async', 1], ['read_async', 1], ['register', 2],
  ['send', 1], ['end', 1], ['signal', 1], ['pause', 1],
];

export const links: Family =
  puppets('links', 'links, monitors, exit signals, trap exit over 2-8 processes', 3, LINKS, false, 18);
export const names: Family = puppets('names', 'registered names', 1, NAMES, false, 14);
export const groups: Family = puppets(
  'groups',
  'process groups: membership, monitors of groups and scopes, broadcasts, scopes that end', 1.5,
  GROUPS, false, 16,
);
export const timers: Family = puppets('timers', 'timers by their due time', 0.12, TIMERS, true, 12);

function puppets(
  name: string, about: string, weight: number, mix: Mix, timed: boolean, stepsMax: number,
): Family {
  const shape = puppetShape(name);
  return {
    name, about, weight, timed, stepsMax, width: 8, decode: decodePuppets(name, mix, timed), problem: shape,
    run: runPuppets, arrange: bySender, program: programOf,
  };
}

const RECEIVED = /^(got|exit|down|timer|group|answer)\(([^,]*),/;

/**
 * What one sender sent stays in its order; between senders there is none (SG-04). The Exit and Down
 * of one death come behind the messages of the dead, but in any order among themselves (SG-08). Who
 * ends may or may not have received what was sent to it before (SG-03).
 */
function bySender(events: readonly string[], died: boolean): string[] {
  const groups = new Map<string, string[]>();
  for (const one of events) {
    const [, word, sender] = RECEIVED.exec(one) ?? [undefined, '', ''];
    if (died && word !== '') continue;
    const key = word === 'timer' || word === 'answer' ? `!${word}` : sender;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.keys()].sort().flatMap((key) => settleDeaths(leavesSorted(groups.get(key) as string[])));
}

/** A death ends the memberships in several groups in any order. */
function leavesSorted(events: readonly string[]): string[] {
  const out = [...events];
  const leaver =
    (one: string | undefined): string | undefined => /^group\(\w+,leave,\w+,(\[\w+\])\)$/.exec(one ?? '')?.[1];
  for (let at = 0; at < out.length; at++) {
    const who = leaver(out[at]);
    let end = at + 1;
    while (who !== undefined && leaver(out[end]) === who) end++;
    out.splice(at, end - at, ...out.slice(at, end).sort());
    at = end - 1;
  }
  return out;
}

function settleDeaths(events: readonly string[]): string[] {
  const out: string[] = [];
  let run: string[] = [];
  const close = (): void => {
    out.push(
      ...run.filter((one) => one.startsWith('exit(')),
      ...run.filter((one) => one.startsWith('down(')).sort(),
    );
    run = [];
  };
  for (const one of events) {
    if (one.startsWith('exit(') || one.startsWith('down(')) run.push(one);
    else {
      close();
      out.push(one);
    }
  }
  close();
  return out;
}

function programOf(scenario: Term): string[] {
  const [, count, steps] = scenario as readonly [string, number, readonly (readonly [string, ...Term[]])[]];
  return [
    `p1 … p${count} = system.spawn(async (self) => { for (;;) log(await self.receive()); })`,
    ...steps.map((step, at) => `${at + 1}. ${stepText(step)}`),
  ];
}

function stepText([word, who, ops]: readonly [string, ...Term[]]): string {
  if (word === 'advance') return `clock + ${String(who)} ms`;
  if (word === 'resume') return `${String(who)}.send('resume')`;
  return `${String(who)}: ${(ops as readonly (readonly [string, ...Term[]])[]).map(opText).join('; ')}`;
}

function opText([word, ...args]: readonly [string, ...Term[]]): string {
  const [a, b, c, d] =
    args.map((one) => (Array.isArray(one) ? `{ ${String(one[0])}: '${String(one[1])}' }` : String(one)));
  switch (word) {
    case 'trap': return `self.trapExit(${a})`;
    case 'monitor': return `${b} = self.monitor(${a})`;
    case 'monitor_name': return `${b} = self.monitor('${a}')`;
    case 'demonitor': return `self.demonitor(${a}, { info: true })`;
    case 'demonitor_flush': return `self.demonitor(${a}, { flush: true, info: true })`;
    case 'error': return `throw new Error('${a}')`;
    case 'throw': return `throw '${a}'`;
    case 'return': return 'return';
    case 'signal': return `self.exitOther(${a}, ${quoted(b)})`;
    case 'exit': return `self.exit(${quoted(a)})`;
    case 'send': return `self.send(${a}, '${b}')`;
    case 'send_name': return `self.send('${a}', '${b}')`;
    case 'register': return `system.register('${a}', ${b})`;
    case 'unregister': case 'whereis': return `system.${word}('${a}')`;
    case 'alive': return `system.alive(${a})`;
    case 'spawn': return `${a} = self.spawn(puppet, { link: ${b === 'link'} })`;
    case 'pause': return `await self.receive(m => m === 'resume')`;
    case 'send_after': return `${a} = self.sendAfter(${b}, '${d}', ${c})`;
    case 'send_after_name': return `${a} = self.sendAfter(${b}, '${d}', '${c}')`;
    case 'join': return `${a}.join('${b}', ${c})`;
    case 'join_both': return `${a}.join('${b}', [${c}, ${d}])`;
    case 'leave': return `${a}.leave('${b}', ${c})`;
    case 'members': return `${a}.members('${b}')`;
    case 'which_groups': return `${a}.whichGroups()`;
    case 'broadcast': return `${a}.send('${b}', '${c}')`;
    case 'monitor_group': return `${c} = ${a}.monitor(self, '${b}')`;
    case 'monitor_scope': return `${b} = ${a}.monitorScope(self)`;
    case 'demonitor_group': return `${a}.demonitor(${b})`;
    case 'kill_scope': return `self.exitOther(${a}, 'kill')`;
    case 'start_scope': return `system.start(defineScope(), { name: ${a} })`;
    case 'start_timer': return `${a} = self.startTimer(${b}, '${d}', ${c})`;
    case 'start_timer_name': return `${a} = self.startTimer(${b}, '${d}', '${c}')`;
    case 'cancel': return `self.cancelTimer(${a})`;
    case 'cancel_async': return `self.cancelTimer(${a}, { async: true })`;
    case 'read': return `self.readTimer(${a})`;
    case 'read_async': return `self.readTimer(${a}, { async: true })`;
    default: return `self.${word}(${args.map(printTerm).join(', ')})`;
  }
}

function quoted(text: string | undefined): string {
  return text?.startsWith('{') === true ? text : `'${text}'`;
}
