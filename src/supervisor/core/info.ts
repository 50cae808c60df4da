import type { Pid } from '../../api/address.js';
import type { Child } from './child.js';
import type { Restart } from './decision.js';

/** One row of `whichChildren`. */
export interface ChildInfo<Id extends string | undefined = string> {
  /** undefined under a dynamic supervisor */
  readonly id: Id;
  /** undefined while it is restarting or stopped */
  readonly pid: Pid | undefined;
  readonly type: 'worker' | 'supervisor';
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly restart: Restart;
  readonly restarts: number;
}

/** What `countChildren` tells. */
export interface ChildCount {
  readonly specs: number;
  /** those that live now */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

export function rowOf<Id extends string | undefined>(child: Child, id: Id): ChildInfo<Id> {
  return {
    id, pid: child.process?.pid, type: child.spec.type, status: child.status, restart: child.spec.restart,
    restarts: child.restarts,
  };
}

export function countOf(children: Iterable<Child>): ChildCount {
  let specs = 0;
  let active = 0;
  let supervisors = 0;
  for (const child of children) {
    specs++;
    if (child.alive) active++;
    if (child.spec.type === 'supervisor') supervisors++;
  }
  return { specs, active, supervisors, workers: specs - supervisors };
}
