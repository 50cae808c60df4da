import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { STRATEGIES } from './shape.js';

const PUPPETS_MAX = 6;
const TREES_MAX = 7;
const REASONS: readonly Term[] = ['boom', 'normal', 'shutdown', ['shutdown', 'done']];
const ENDS = ['exit', 'error', 'return'] as const;

/** Makes trees, and remembers who is in them. */
class Planter {
  puppets: number;
  sups = 0;
  workers = 0;
  readonly tops: string[] = [];
  /** trees of puppets */
  readonly theirs: string[] = [];
  readonly workerIds: string[] = [];
  constructor(first: number) {
    this.puppets = first;
  }

  /** `sound`: no worker fails at its first start. */
  tree(draw: Draw, sound: boolean, depth: number = 0): Term {
    const id = `s${++this.sups}`;
    if (depth === 0) this.tops.push(id);
    const children: Term[] = [];
    const count = draw.between(1, 3);
    // One supervisor below at most: whom a killed one leaves behind stop beside each other.
    const below = depth === 0 && draw.rarely(2) ? draw.below(count) : -1;
    for (let n = 0; n < count; n++) children.push(n === below
      ? this.tree(draw, sound, 1)
      : this.worker(draw, sound));
    return [
      'sup', id, draw.pick(STRATEGIES), draw.weighted([[1, 3], [0, 3], [2, 2], [5, 1]] as const),
      children,
    ];
  }

  private worker(draw: Draw, sound: boolean): Term {
    const id = `w${++this.workers}`;
    this.workerIds.push(id);
    const restart = draw.weighted([['permanent', 4], ['transient', 3], ['temporary', 2]] as const);
    const starts = draw.weighted<Term>([
      [[], 10], [[['ok'], ['fail']], 2], [[['ok'], ['ignore']], 1], [sound ? [] : [['fail']], 3],
      [sound ? [] : [['ignore']], 1],
    ]);
    return ['worker', id, restart, draw.below(2) === 0 ? 'true' : 'false', starts];
  }

  puppet(draw: Draw): string {
    return `p${draw.between(1, this.puppets)}`;
  }

  top(draw: Draw): string {
    return draw.pick(this.tops);
  }
}

/**
 * Puppets that start trees, and what happens to them, to the trees and to the workers, who start
 * trees in turn.
 */
export function decodeStarters(tape: Tape): Term {
  const setup = new Draw(tape.setup);
  const count = setup.between(1, 3);
  const planter = new Planter(count);
  const steps: Term[] = [['at', 'p1', treeOps(setup, planter)]];
  for (const row of tape.steps) steps.push(stepOf(new Draw(row), planter));
  return ['starters', count, steps];
}

/** A starter whose tree may fail to start traps exits: an Erlang one that does not ends with it. */
function treeOps(draw: Draw, planter: Planter): Term[] {
  const how = draw.below(5);
  planter.theirs.push(`s${planter.sups + 1}`);
  if (how === 0) return [['trap', 'true'], ['tree', planter.tree(draw, false)]];
  return [
    ...(how === 1 ? [['trap', 'true']] : how === 2 ? [['trap', 'false']] : []),
    ['tree', planter.tree(draw, true)],
  ];
}

function stepOf(draw: Draw, planter: Planter): Term {
  const full = planter.sups >= TREES_MAX;
  const word = draw.weighted([
    ['ops', 10], ['tree', full ? 0 : 4], ['boss', full ? 0 : 5], ['crash', 6], ['kill', 3], ['stop', 4],
    ['signal_sup', 2], ['which', 2],
  ] as const);
  switch (word) {
    case 'ops': return ['at', planter.puppet(draw), opsOf(draw, planter)];
    case 'tree': return ['at', planter.puppet(draw), treeOps(draw, planter)];
    case 'boss': {
      const boss = draw.pick(planter.workerIds);
      return ['boss', boss, planter.tree(draw, true)];
    }
    case 'crash': case 'kill': return [word, draw.pick(planter.workerIds)];
    case 'stop': return ['stop', draw.pick(planter.workerIds), draw.pick(REASONS)];
    case 'signal_sup': return ['signal_sup', planter.top(draw), draw.pick([...REASONS, 'kill'])];
    case 'which': return ['which', planter.top(draw)];
  }
}

function opsOf(draw: Draw, planter: Planter): Term[] {
  const ops: Term[] = [];
  const count = draw.between(1, 3);
  for (let n = 0; n < count; n++) {
    const word = draw.weighted(
      [['trap', 3], [
        'unlink', 3,
      ], ['link', 2], ['signal_tree', 3], ['signal', 2], ['spawn', 2], ['end', 6]] as const,
    );
    switch (word) {
      case 'trap': ops.push(['trap', draw.below(2) === 0 ? 'true' : 'false']); break;
      case 'unlink': ops.push(['unlink', draw.rarely(4) ? planter.puppet(draw) : planter.top(draw)]); break;
      // Not to the tree of a worker: whether that or the tree above ends first would be anybody's guess.
      case 'link': ops.push(['link', draw.rarely(3) ? planter.puppet(draw) : draw.pick(planter.theirs)]); break;
      // What follows from a signal comes any time later in Erlang: it is the last of its command.
      case 'signal_tree': return [...ops, ['signal', planter.top(draw), draw.pick([...REASONS, 'kill'])]];
      case 'signal': return [...ops, ['signal', planter.puppet(draw), draw.pick([...REASONS, 'kill'])]];
      case 'spawn':
        if (planter.puppets < PUPPETS_MAX) {
          ops.push(['spawn', `p${++planter.puppets}`, draw.below(2) === 0 ? 'link' : 'plain']);
        }
        break;
      case 'end': return [...ops, endOp(draw)];
    }
  }
  return ops;
}

function endOp(draw: Draw): Term {
  const end = draw.pick(ENDS);
  return end === 'exit'
    ? ['exit', draw.pick([...REASONS, 'kill'])]
    : end === 'error' ? ['error', 'boom'] : ['return'];
}
