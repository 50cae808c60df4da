import { OptionError } from '../../base/index.js';
import { levelOf, planOf } from '../../behaviour/gen/index.js';
import { TaskDefinition } from '../../behaviour/task/index.js';
import type { Address } from '../../process/record/index.js';
import { checkId, ChildSpec, readTaskChild, shutdownOf, significantOf } from '../spec/index.js';
import type { Restart, StaticTaskOptions } from '../../api/supervisor.js';
import type { Pid } from '../../api/address.js';
import type { StartOptions } from '../../api/agent.js';
import type { TaskFunction } from '../../api/tasks.js';

/**
 * Specifies a task under a supervisor, static or dynamic: a process that runs one function, linked
 * to its supervisor, whose result nobody hears of (Elixir's Task as a child). Starting it gives its
 * pid. By default `temporary`: it runs once.
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
  const { restart = 'temporary', shutdown, significant, label, level } = readTaskChild(where, options);
  const rule = { args, restart, shutdownMs: shutdownOf(where, shutdown, TASK_SHUTDOWN_MS) };
  levelOf(where, level);
  return taskSpec(
    id, new TaskDefinition(fn), rule, significantOf(where, significant, restart),
    label === undefined && level === undefined ? undefined : { label, level },
  );
}

/** What a task is given to end in, unless told otherwise, ms. */
export const TASK_SHUTDOWN_MS = 5_000;

/** What starts with a task, and what becomes of it. */
interface TaskRule {
  readonly args: readonly unknown[];
  readonly restart: Restart;
  readonly shutdownMs: number;
}

/** The specification of a task from checked parts. */
export function taskSpec(
  id: string, definition: TaskDefinition, { args, restart, shutdownMs }: TaskRule, significant: boolean = false,
  settings?: StartOptions,
): ChildSpec<Pid> {
  return new ChildSpec<Pid>({
    id, type: 'worker', restart, shutdownMs, significant,
    plan: planOf(definition, args, settings), ownName: undefined, refTo: pidOf,
  });
}

/** Its pid, also of one that is over already. */
function pidOf(addr: Address): Pid | undefined {
  return addr.owner?.pid ?? (addr as { readonly pid?: Pid }).pid;
}
