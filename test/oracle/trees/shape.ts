import { either, int, label, lazy, list, one, tuples, type Shape } from '../shape.js';
import { reason } from '../puppets/shape.js';
import type { Term } from '../term.js';

export const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one'] as const;
export const POOL = 'simple_one_for_one';
export const RESTARTS = ['permanent', 'transient', 'temporary'] as const;

/** what a process is asked to end with */
export const REASONS: readonly Term[] = ['boom', 'normal', 'shutdown', ['shutdown', 'done'], 'kill'];

export interface Taste {
  /** workers whose shutdown takes time, and steps that let time pass */
  readonly timed: boolean;
}

const worker = label('w');
const sup = label('s');
const child = either(worker, sup);
const restart = one(...RESTARTS);
const shutdown = either(one('brutal_kill', 'infinity'), int(0, 10_000));
const bool = one('true', 'false');

const outcome = tuples({ ok: [], fail: [], stop: [], ignore: [], crash: [], hang: [] });
const workerFields: readonly Shape[] =
  [worker, restart, shutdown, bool, one('ok', 'crash', 'stubborn', 'unlinked'), bool, list(outcome)];
const supFields: readonly Shape[] = [
  sup, one(
    ...STRATEGIES,
  ), int(0, 100), int(1, 100), restart, shutdown, bool, one('never', 'any_significant', 'all_significant'),
  lazy(() => list(either(tuples({ worker: workerFields }), tuples({ sup: supFields })))),
];
export const childSpec: Shape = tuples({ worker: workerFields, sup: supFields });

const common = (of: Shape): Readonly<Record<string, readonly Shape[]>> => ({
  stop: [worker, reason], crash: [worker], kill: [worker], signal: [worker, reason], release: [worker],
  kill_sup: [of], signal_sup: [of, reason], stop_top: [],
  terminate_child: [of, child], restart_child: [of, child], delete_child: [of, child], count: [of],
  advance: [int(1, 10_000)],
});
const step = tuples({ ...common(sup), start_child: [sup, childSpec], which: [sup] });

export function treeShape(family: string): Shape {
  return tuples({ [family]: [tuples({ sup: supFields }), list(step)] });
}

const instance = tuples({ worker: workerFields });
const templates: Shape =
  (term) => list(instance)(term) ?? ((term as readonly Term[]).length === 1 ? null : 'a pool has one template');
const poolId = either(sup, label('d'));
const pool =
  tuples({ sup: [
    poolId, one(POOL), int(0, 100), int(1, 100), restart, shutdown, bool, one('never'), templates,
  ] });
const poolStep = tuples({
  ...common(poolId), start_instance: [poolId, instance],
  terminate_pid: [poolId, either(worker, one('foreign'), tuples({ first: [worker] }))], who: [poolId],
});

/**
 * A supervisor whose children are instances of one template; of the template and its instances, who
 * is restarted and how it is stopped is the template's.
 */
export function poolShape(family: string): Shape {
  return tuples({ [family]: [pool, list(poolStep)] });
}

/** A pool like d1 is a dynamic supervisor on castcall: each instance has a specification of its own. */
export function isDynamic(term: Term): boolean {
  return isPool(term) && readSup(term).id.startsWith('d');
}

export function isPool(term: Term): boolean {
  return readSup(term).strategy === POOL;
}

/** The fields of a worker's term by name. */
export interface WorkerTerm {
  readonly id: string;
  readonly restart: string;
  readonly shutdown: string | number;
  readonly trap: boolean;
  readonly end: string;
  readonly significant: boolean;
  readonly starts: readonly string[];
}

export function readWorker(term: Term): WorkerTerm {
  const [, id, restart, shutdown, trap, end, significant, starts] =
    term as readonly [string, string, string, string
      | number, string, string, string, readonly (readonly [string])[]];
  return {
    id, restart, shutdown, trap: trap === 'true', end, significant: significant === 'true',
    starts: starts.map(([what]) => what),
  };
}

/** The fields of a supervisor's term by name. */
export interface SupTerm {
  readonly id: string;
  readonly strategy: string;
  readonly intensity: number;
  readonly periodSeconds: number;
  readonly restart: string;
  readonly shutdown: string | number;
  readonly significant: boolean;
  readonly auto: string;
  readonly children: readonly Term[];
}

export function readSup(term: Term): SupTerm {
  const [, id, strategy, intensity, periodSeconds, restart, shutdown, significant, auto, children] =
    term as readonly [string, string, string, number, number, string, string
      | number, string, string, readonly Term[]];
  return {
    id, strategy, intensity, periodSeconds, restart, shutdown, significant: significant === 'true',
    auto, children,
  };
}
