import type { Process } from '../process/record/index.js';
import { isLinked } from '../process/signal/index.js';
import { masterDefinition } from './application/index.js';
import { dynamicDefinition } from './dynamic/index.js';
import { supervisorDefinition } from './static/index.js';

export function isSupervisor({ behaviour }: Process): boolean {
  return behaviour === supervisorDefinition().behaviour || behaviour === dynamicDefinition().behaviour;
}

/**
 * The root of a tree: a supervisor or an application that nobody supervises, from its spawn on,
 * also while it starts.
 */
export function isTop(p: Process): boolean {
  return p.parent === null && (isSupervisor(p) || p.behaviour === masterDefinition().behaviour);
}

/**
 * Whether a living supervisor ends it when it ends itself: through links, from one process to the
 * one that it has started.
 */
export function isSupervised(p: Process): boolean {
  for (let at = p; at.parent !== null && at.parent.owner !== null && isLinked(at, at.parent); at = at.parent) {
    if (isSupervisor(at.parent)) return true;
  }
  return false;
}
