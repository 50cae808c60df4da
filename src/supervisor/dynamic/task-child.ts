import { OptionError } from '../../base/index.js';
import type { Pid } from '../../api/address.js';
import type { TaskFunction } from '../../api/tasks.js';
import { levelOf, planOf, TaskDefinition } from '../../behaviour/index.js';
import type { Address } from '../../process/index.js';
import { readTaskChild } from '../core/options.js';
import { checkId, ChildSpec, shutdownOf, significantOf } from '../core/spec.js';
import { TASK_SHUTDOWN_MS, type TaskChildOptions } from './task-supervisor-handle.js';

/** Options of `taskChild`. */
export interface StaticTaskOptions extends TaskChildOptions {
  /** its end counts for its supervisor's `autoShutdown`; default false, never together with `permanent` (SU-51) */
  readonly significant?: boolean | undefined;
  /** free text shown by `inspect` (PR-15) */
  readonly label?: string | undefined;
}

/**
 * Specifies a task under a supervisor, static or dynamic: a process that runs one function, linked to its supervisor,
 * whose result nobody hears of (Elixir's Task as a child). Starting it gives its pid. By default `temporary`: it runs
 * once.
 *
 * Errors: an OptionError for what is no function or no array, and for a bad option.
 *
 * @example
 * const done: string[] = [];
 * const spec = taskChild('warm up', (self, cache: string) => { done.push(cache); }, ['users']);
 * await system.supervise({ children: [spec] });
 * await new Promise(setImmediate);
 * done; // => ['users']
 * spec.restart; // => 'temporary'
 * @since 0.2.0
 */
export function taskChild<A extends unknown[]>(
  id: string, fn: TaskFunction<A, unknown>, args: readonly [...A], options: StaticTaskOptions = {},
): ChildSpec<Pid> {
  const where = checkId('taskChild', id);
  if (typeof fn !== 'function') {
    throw new OptionError(where, fn, 'a function that takes the self of its task, then the arguments');
  }
  if (!Array.isArray(args)) throw new OptionError(`${where}.args`, args, 'an array of arguments');
  const { restart = 'temporary', shutdown, significant, label, priority } = readTaskChild(where, options);
  levelOf(where, priority);
  return new ChildSpec<Pid>({
    id,
    type: 'worker',
    restart,
    shutdownMs: shutdownOf(where, shutdown, TASK_SHUTDOWN_MS),
    significant: significantOf(where, significant, restart),
    plan: planOf(
      new TaskDefinition(fn), args, label === undefined && priority === undefined ? undefined : { label, priority },
    ),
    ownName: undefined,
    refTo: pidOf,
  });
}

/** Its pid, also of one that is over already. */
function pidOf(addr: Address): Pid | undefined {
  return addr.owner?.pid ?? (addr as { readonly pid?: Pid }).pid;
}
