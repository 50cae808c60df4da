// Speaks to older revisions: what they call otherwise, asked for under its name of today. Cases ask
// once, before they measure.
import type { LimitOptions, MailboxLane, RetryOptions } from '../../src/index.js';
import type { ScopeDefinition, ScopeRef } from '../../src/behaviour/names/public.js';
import type { PoolRef } from '../../src/delivery/group/public.js';
import type { Castcall, System } from './case.js';

type Definition = Parameters<System['start']>[0];
type Scope = ScopeDefinition<string>;

/** The verbs of a system that were a way to a handle each. */
interface Older {
  scope(definition: Scope): ScopeRef<string>;
  pool<D extends Definition>(definition: D, name: string): PoolRef<D>;
}

const isOlder = (library: Castcall): boolean => !('poolOf' in library);

/** Whether the lane of a message is asked for by `lane`; by `priority` before 0.2.0. */
function hasLanes(library: Castcall): boolean {
  try {
    void library.createSystem({ logger: false, delivery: { lane: 'normal' } }).stop();
    return true;
  } catch {
    return false;
  }
}

/** The options of a send into that lane. */
export function laneOptions<L extends MailboxLane>(library: Castcall, lane: L): { readonly lane: L } {
  return hasLanes(library) ? { lane } : ({ priority: lane } as object as { readonly lane: L });
}

/** The options of `retry` that begin with a wait of so many ms. */
export function retryOptions(library: Castcall, baseMs: number): RetryOptions {
  return hasLanes(library) ? { backoff: { baseMs } } : ({ baseMs } as object);
}

/** The options of a limit of calls at once. */
export function limitOptions(library: Castcall, concurrency: number): LimitOptions {
  return hasLanes(library) ? { concurrency } : ({ concurrent: concurrency } as object);
}

/** `system.ref` of a scope; before 0.2.0 `system.scope`. */
export function groupsOf(library: Castcall, system: System, definition: Scope): ScopeRef<string> {
  return isOlder(library) ? (system as System & Older).scope(definition) : system.ref(definition);
}

/** `system.ref` of a pool; before 0.2.0 `system.pool`. */
export function poolNamed<D extends Definition>(
  library: Castcall, system: System, definition: D, name: string,
): PoolRef<D> {
  return isOlder(library)
    ? (system as System & Older).pool(definition, name)
    : system.ref(library.poolOf(definition), name);
}
