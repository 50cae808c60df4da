import { reason } from '../puppets/shape.js';
import { either, int, label, list, one, tuples, type Shape } from '../shape.js';

export const OWNERS_MAX = 2;
export const TASKS_MAX = 8;

const owner = label('o');
const task = label('t');
const patience = either(int(0, 0), one('infinity'));
const some: Shape = (term) => list(label1)(term);
const label1: Shape = (term) => (Array.isArray(term) && term.length === 1
  ? task(term[0] as never)
  : 'a list of {t1}');

const op = tuples({
  trap: [one('true', 'false')],
  async: [task, one('link', 'nolink'), one('true', 'false')],
  await: [task, patience], await_out: [task, patience], yield: [task, patience],
  await_many: [some, patience], yield_many: [some, patience],
  shutdown: [task, either(patience, one('brutal_kill'))], ignore: [task], demonitor: [task],
});
const step = tuples({
  at: [owner, op], finish: [task, int(0, 9)], exits: [task, reason], crashes: [task],
  signal: [either(task, owner), reason],
});

export const taskShape: Shape = tuples({ tasks: [int(1, OWNERS_MAX), list(step)] });
