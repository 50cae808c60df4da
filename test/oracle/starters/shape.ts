import { reason } from '../puppets/shape.js';
import { either, int, label, lazy, list, one, tuples, type Shape } from '../shape.js';
import type { Term } from '../term.js';

export const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one'] as const;

const puppet = label('p');
const worker = label('w');
const sup = label('s');
const bool = one('true', 'false');
const starts = list(tuples({ ok: [], fail: [], ignore: [] }));
const workerFields: readonly Shape[] = [worker, one('permanent', 'transient', 'temporary'), bool, starts];
const supFields: readonly Shape[] = [
  sup, one(...STRATEGIES), int(0, 100),
  lazy(() => list(either(tuples({ worker: workerFields }), tuples({ sup: supFields })))),
];
const tree = tuples({ sup: supFields });
const who = either(puppet, sup);
const op = tuples({
  trap: [bool], tree: [tree], spawn: [
    puppet, one('link', 'plain'),
  ], unlink: [who], link: [who], signal: [who, reason], exit: [reason], error: [one('boom')], return: [],
});
const step = tuples({
  at: [puppet, list(op)], boss: [worker, tree], stop: [worker, reason], crash: [worker], kill: [worker],
  signal_sup: [sup, reason], which: [sup],
});

export const startersShape: Shape = tuples({ starters: [int(1, 9), list(step)] });

/** The fields of a supervisor's term by name. */
export interface SupTerm {
  readonly id: string;
  readonly strategy: (typeof STRATEGIES)[number];
  readonly intensity: number;
  readonly children: readonly Term[];
}

export function readSup(term: Term): SupTerm {
  const [, id, strategy, intensity, children] =
    term as readonly [string, string, SupTerm['strategy'], number, readonly Term[]];
  return { id, strategy, intensity, children };
}

/** The fields of a worker's term by name. */
export interface WorkerTerm {
  readonly id: string;
  readonly restart: 'permanent' | 'transient' | 'temporary';
  readonly trap: boolean;
  readonly starts: readonly string[];
}

export function readWorker(term: Term): WorkerTerm {
  const [, id, restart, trap, starts] =
    term as readonly [string, string, WorkerTerm['restart'], string, readonly (readonly [string])[]];
  return { id, restart, trap: trap === 'true', starts: starts.map(([what]) => what) };
}

export function isSup(term: Term): boolean {
  return (term as readonly Term[])[0] === 'sup';
}
