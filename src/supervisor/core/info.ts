import type { ChildCount, ChildInfo } from '../../api/supervisor.js';
import type { Child } from './child.js';

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
