import { either, int, label, list, one, tuples, type Shape } from '../shape.js';

export const PUPPETS_MAX = 8;
export const MESSAGES = ['hi', 'yo', 'hey'] as const;
export const NAMES = ['a', 'b', 'c'] as const;
export const SCOPES = ['s1', 's2'] as const;
export const GROUPS = ['x', 'y'] as const;

const puppet = label('p');
const watch = label('m');
const timer = label('t');
const name = one(...NAMES);
const scope = one(...SCOPES);
const group = one(...GROUPS);
const message = one(...MESSAGES);
export const reason: Shape =
  either(one('normal', 'shutdown', 'kill', 'boom', 'bang', 'noproc'), tuples({ shutdown: [one('done')] }));

const op = tuples({
  trap: [one('true', 'false')],
  link: [puppet], unlink: [puppet],
  monitor: [puppet, watch], monitor_name: [name, watch], demonitor: [watch], demonitor_flush: [watch],
  exit: [reason], error: [one('boom', 'bang')], throw: [one('boom', 'bang')], return: [],
  signal: [puppet, reason],
  send: [puppet, message], send_name: [name, message],
  register: [name, puppet], unregister: [name], whereis: [name], alive: [puppet],
  spawn: [puppet, one('link', 'plain')],
  pause: [],
  send_after: [timer, int(0, 10_000), puppet, message],
  send_after_name: [timer, int(0, 10_000), name, message], 
  start_timer: [timer, int(0, 10_000), puppet, message],
  start_timer_name: [timer, int(0, 10_000), name, message],
  cancel: [timer], cancel_async: [timer], read: [timer], read_async: [timer],
  join: [scope, group, puppet], join_both: [scope, group, puppet, puppet], leave: [scope, group, puppet],
  members: [scope, group], which_groups: [scope], broadcast: [scope, group, message],
  monitor_group: [scope, group, watch], monitor_scope: [scope, watch], demonitor_group: [scope, watch],
  kill_scope: [scope], start_scope: [scope],
});

const step = tuples({ at: [puppet, list(op)], resume: [puppet], advance: [int(1, 10_000)] });

export function puppetShape(family: string): Shape {
  return tuples({ [family]: [int(1, PUPPETS_MAX), list(step)] });
}
