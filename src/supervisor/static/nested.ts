import type { SupervisorChildOptions } from '../../api/supervisor.js';
import type { Via } from '../../api/address.js';
import { planOf } from '../../behaviour/gen/index.js';
import {
  checkId, checkTree, ChildSpec, readNested, shutdownOf, significantOf,
} from '../spec/index.js';
import type { SupervisorSpec } from '../spec/index.js';
import { supervisorDefinition } from './engine.js';
import type { SupervisorInit } from './source.js';
import { SupervisorRef } from './handle.js';

/**
 * Specifies a supervisor under a supervisor, by its spec or by a function that makes it at each
 * start (and may answer `'ignore'`). When it gives up it ends with `shutdown`: its parent restarts
 * it if it is permanent, and not if it is transient.
 *
 * @example
 * const Worker = defineAgent({ init: () => ({}) });
 * const spec = supervisor('pool', { strategy: 'one_for_one', children: [child('w1', Worker), child('w2', Worker)] });
 * spec.type // => 'supervisor'
 * @since 0.1.0
 */
export function supervisor(
  id: string, spec: SupervisorSpec | SupervisorInit, options: SupervisorChildOptions = {},
): ChildSpec<SupervisorRef> {
  const where = checkId('supervisor', id);
  const recipe = typeof spec === 'function' ? spec : checkTree(where, spec);
  return nestedSpec(where, id, options, (name) => planOf(
    supervisorDefinition(), [recipe],
    { name: name ?? (typeof recipe === 'function' ? undefined : recipe.name) },
  ), (addr, kernel) => new SupervisorRef(addr, kernel));
}

/** A child specification of a supervisor of any kind. */
export function nestedSpec<R>(
  where: string, id: string, options: SupervisorChildOptions,
  planOfName: (name: string | Via | undefined) => ChildSpec['plan'], refTo: ChildSpec['refTo'],
): ChildSpec<R> {
  const read = readNested(where, options);
  const restart = read.restart ?? 'permanent';
  const plan = planOfName(read.name);
  return new ChildSpec<R>({
    id, type: 'supervisor', restart, shutdownMs: shutdownOf(where, read.shutdown, -1),
    significant: significantOf(where, read.significant, restart), plan, ownName: plan.settings?.name, refTo,
  });
}

