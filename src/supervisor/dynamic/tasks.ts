import type { Own } from '../../base/index.js';
import { recordOf, TaskDefinition } from '../../behaviour/task/index.js';
import type { TaskRecord } from '../../behaviour/task/index.js';
import type { Level, Process } from '../../process/record/index.js';
import { link } from '../../process/signal/index.js';
import { Request } from '../../router/request/index.js';
import { Child } from '../core/index.js';
import type { Restart } from '../../api/supervisor.js';
import type { Pid } from '../../api/address.js';
import { Refusal } from '../../api/returns.js';
import { badChild, begin, noRoom, type Sup } from './state.js';
import { taskSpec } from './task-child.js';

/** What a task runs, and what becomes of it. */
export interface TaskJob {
  readonly fn: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
  readonly restart: Restart;
  /** ms, -1 for infinity, -2 for brutal_kill */
  readonly shutdownMs: number;
  readonly level: Level;
}

/** A request to start a task: `async` and `asyncNolink` make the caller its owner, `child` nobody. */
export interface TaskStart {
  readonly as: 'async' | 'asyncNolink' | 'child';
  readonly job: TaskJob;
  /** hears of the task in the step that makes it, before it runs, or why there is none */
  readonly told: { started(task: TaskRecord): void; refused(error: unknown): void } | null;
}

/**
 * Starts a task as a child of a dynamic supervisor (TK-16). Its end is in a report of its own (TK-18), so the
 * supervisor tells of none.
 */
export function startTask(
  { p, state }: Sup, { value: { as, job, told } }: Own<TaskStart>,
): TaskRecord | Pid | Refusal {
  const full = noRoom(state);
  if (full !== null) return full;
  if (state.limits.template !== null) return badChild(state.limits.template);
  const caller = p.from instanceof Request ? p.from.caller : null;
  const spec = taskSpec('', new TaskDefinition(job.fn, caller, job.level), job);
  const child = new Child(state, spec, spec.plan, true);
  const answer = begin(state, child) as Pid | Refusal; // at once: a task has no init
  if (answer instanceof Refusal) {
    told?.refused((answer.details as { readonly reason: unknown }).reason);
    return answer;
  }
  if (as === 'child') return answer;
  const task = child.process as Process;
  if (as === 'async' && caller !== null) link(caller, task);
  const record = recordOf(task, caller);
  told?.started(record);
  return record;
}
