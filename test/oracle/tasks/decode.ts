import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { OWNERS_MAX, TASKS_MAX } from './shape.js';

const REASONS: readonly Term[] = ['boom', 'normal', 'shutdown', ['shutdown', 'done'], 'kill'];

interface Known {
  readonly owner: string;
  readonly trap: boolean;
  /** nothing was told of it, and nobody has let it go: a wait for it without a limit ends with it */
  fresh: boolean;
}

/** Whom an owner waits for: it gets no operation meanwhile. */
interface Waiting {
  readonly open: Set<string>;
  /** the first failure is the end of the wait */
  readonly any: boolean;
}

/**
 * What the decoder must remember, so that no owner waits for ever: nobody can end a wait that
 * castcall does not begin (TK-02).
 */
class Plot {
  readonly tasks = new Map<string, Known>();
  readonly waiting = new Map<string, Waiting>();
  constructor(readonly owners: readonly string[]) {}

  of(owner: string, fresh: boolean): string[] {
    return [...this.tasks].filter(([, one]) => one.owner === owner && (!fresh || one.fresh))
      .map(([task]) => task);
  }

  wait(owner: string, tasks: readonly string[], any: boolean): void {
    this.waiting.set(owner, { open: new Set(tasks), any });
    for (const task of tasks) (this.tasks.get(task) as Known).fresh = false;
  }

  ends(task: string, failed: boolean): void {
    (this.tasks.get(task) as Known).fresh = false;
    for (const [owner, { open, any }] of this.waiting) {
      if (!open.delete(task)) continue;
      if (open.size === 0 || (any && failed)) this.waiting.delete(owner);
    }
  }
}

export function decodeTasks(tape: Tape): Term {
  const setup = new Draw(tape.setup);
  const plot = new Plot(['o1', 'o2'].slice(0, setup.between(1, OWNERS_MAX)));
  const steps: Term[] = plot.owners.filter(() => setup.below(2) === 1)
    .map((owner) => ['at', owner, ['trap', 'true']]);
  for (const row of tape.steps) {
    const draw = new Draw(row);
    const owner = draw.pick(plot.owners);
    const tasks = [...plot.tasks.keys()];
    if (tasks.length > 0
      && (plot.waiting.has(owner) || draw.below(3) === 2)) steps.push(endOf(plot, draw, owner));
    else if (!plot.waiting.has(owner)) steps.push(['at', owner, opOf(plot, draw, owner)]);
  }
  return ['tasks', plot.owners.length, steps];
}

function endOf(plot: Plot, draw: Draw, owner: string): Term {
  const waited = [...(plot.waiting.get(owner)?.open ?? [])];
  const task = draw.pick([...waited, ...waited, ...plot.tasks.keys()]);
  switch (draw.weighted([['finish', 6], ['exits', 4], ['crashes', 1], ['signal', 2], ['owner', 1]] as const)) {
    case 'finish': plot.ends(task, false); return ['finish', task, draw.below(10)];
    case 'exits': plot.ends(task, true); return ['exits', task, draw.pick(REASONS)];
    case 'crashes': plot.ends(task, true); return ['crashes', task];
    case 'signal': {
      const reason = draw.pick(REASONS);
      if (reason === 'kill'
        || (reason !== 'normal' && !(plot.tasks.get(task) as Known).trap)) plot.ends(task, true);
      return ['signal', task, reason];
    }
    case 'owner': return ['signal', draw.pick(plot.owners), draw.pick(REASONS)];
  }
}

function opOf(plot: Plot, draw: Draw, owner: string): Term {
  const word = draw.weighted([
    ['async', 7], ['await', 4], ['await_out', 2], ['yield', 4], ['shutdown', 5], ['ignore', 3],
    ['await_many', 2], ['yield_many', 2], ['demonitor', 1], ['trap', 1],
  ] as const);
  const [mine, fresh] = [plot.of(owner, false), plot.of(owner, true)];
  if (word === 'trap') return ['trap', draw.pick(['true', 'false'])];
  if (word === 'async' || mine.length === 0) return asyncOf(plot, draw, owner, mine);
  switch (word) {
    case 'ignore': case 'demonitor': return letGo(plot, [word, draw.pick(mine)]);
    case 'shutdown': return shutdownOf(plot, draw, owner, draw.pick(mine));
    case 'yield': case 'await': {
      const task = draw.pick(mine);
      if (!fresh.includes(task) || draw.below(2) === 0) {
        return word === 'await' ? letGo(plot, [word, task, 0]) : [word, task, 0];
      }
      plot.wait(owner, [task], true);
      return [word, task, 'infinity'];
    }
    case 'await_out': {
      if (fresh.length === 0) return letGo(plot, ['await', draw.pick(mine), 0]);
      const task = draw.pick(fresh);
      if (draw.below(2) === 0) return letGo(plot, ['await_out', task, 0]);
      plot.wait(owner, [task], true);
      return ['await_out', task, 'infinity'];
    }
    case 'await_many': case 'yield_many': return manyOf(plot, draw, owner, word, fresh);
  }
}

function asyncOf(plot: Plot, draw: Draw, owner: string, mine: readonly string[]): Term {
  if (plot.tasks.size >= TASKS_MAX) return mine.length === 0 ? ['trap', 'true'] : ['yield', draw.pick(mine), 0];
  const task = `t${plot.tasks.size + 1}`;
  const trap = draw.below(3) === 2;
  plot.tasks.set(task, { owner, trap, fresh: true });
  return ['async', task, draw.pick(['link', 'link', 'nolink']), String(trap)];
}

function letGo(plot: Plot, op: Term): Term {
  (plot.tasks.get((op as readonly string[])[1] as string) as Known).fresh = false;
  return op;
}

/** One that traps exits goes on until it is told to end: then its owner waits. */
function shutdownOf(plot: Plot, draw: Draw, owner: string, task: string): Term {
  const how = draw.pick(['infinity', 'brutal_kill', 0] as const);
  const { trap, fresh } = plot.tasks.get(task) as Known;
  if (how === 'infinity' && trap && fresh) plot.wait(owner, [task], true);
  if (how === 'infinity' && trap && !fresh) return letGo(plot, ['shutdown', task, 0]);
  return letGo(plot, ['shutdown', task, how]);
}

function manyOf(
  plot: Plot, draw: Draw, owner: string, word: 'await_many' | 'yield_many', fresh: readonly string[],
): Term {
  const some = fresh.slice(0, draw.between(1, 3));
  if (some.length === 0) return ['trap', 'true'];
  const terms = some.map((task): Term => [task]);
  if (draw.below(3) === 0) {
    if (word === 'await_many') for (const task of some) (plot.tasks.get(task) as Known).fresh = false;
    return [word, terms, 0];
  }
  plot.wait(owner, some, word === 'await_many');
  return [word, terms, 'infinity'];
}
