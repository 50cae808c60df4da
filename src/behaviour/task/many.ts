import { Deadline, markHandled, unstacked } from '../../base/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import type { TaskOutcome, YieldManyOptions } from '../../api/tasks.js';
import { TaskError } from './error.js';
import type { TaskRecord } from './task.js';
import { OutcomeWait } from './wait.js';

type Outcome = TaskOutcome<unknown> | undefined;

class GroupDeadline extends Deadline {
  constructor(private readonly late: () => void) {
    super();
  }
  expire(): void {
    this.late();
  }
}

/**
 * Waits for many tasks of one owner under one deadline. `each` hears every outcome; what it returns
 * ends the wait. `done` is called once: with true when the wait was ended by `each` or everything
 * was told, with false when time ran out.
 */
function waitAll(
  tasks: readonly TaskRecord[], limitMs: number,
  each: (at: number, outcome: TaskOutcome<unknown> | null) => boolean,
  done: (inTime: boolean) => void,
): void {
  const waits: OutcomeWait[] = [];
  let open = tasks.length;
  let over = false;
  const finish = (inTime: boolean): void => {
    over = true;
    for (const wait of waits) wait.close();
    if (limit !== null && limit.entry !== null) tasks[0]?.process.kernel.deadlines.remove(limit);
    done(inTime);
  };
  const limit = limitMs < 0 ? null : new GroupDeadline(() => finish(false));
  const tell = (at: number, outcome: TaskOutcome<unknown> | null): void => {
    if (over) return;
    open--;
    if (each(at, outcome) || open === 0) finish(true);
  };
  tasks.forEach((task, at) => {
    if (over) return;
    const now = task.take();
    if (now !== undefined) {
      tell(at, now);
      return;
    }
    const wait = new GroupWait(task, (outcome) => tell(at, outcome as TaskOutcome<unknown>), () => {
      if (limit !== null) task.process.kernel.deadlines.remove(limit);
    });
    waits.push(wait);
    wait.begin(-1);
  });
  if (tasks.length === 0) finish(true);
  else if (!over && limit !== null) tasks[0]?.process.kernel.deadlines.add(limit, limitMs);
}

/** Takes the deadline of its group with it when the owner ends. */
class GroupWait extends OutcomeWait {
  constructor(
    task: TaskRecord,
    tell: (outcome: Outcome) => void,
    private readonly release: () => void,
  ) {
    super(task, tell);
  }

  override callerEnded(): void {
    super.callerEnded();
    this.release();
  }
}

/**
 * Values in input order; after the first failure, or when time runs out, none of the tasks is
 * waited for any more (TK-08).
 */
export function awaitAll(tasks: readonly TaskRecord[], limitMs: number): Promise<unknown[]> {
  const promise = new Promise<unknown[]>((resolve, reject) => {
    const values: unknown[] = new Array(tasks.length);
    let failure: TaskError | null = null;
    const each = (at: number, outcome: TaskOutcome<unknown> | null): boolean => {
      if (outcome !== null && outcome.ok) {
        values[at] = outcome.value;
        return false;
      }
      const { pid } = tasks[at] as TaskRecord;
      failure = unstacked(() => (outcome === null
        ? new TaskError('NOPROC', 'awaitMany', pid) : new TaskError('EXIT', 'awaitMany', pid, outcome.reason)));
      return true;
    };
    const done = (inTime: boolean): void => {
      const late = inTime ? null : tasks.find((task) => task.active);
      if (late !== null && late !== undefined) {
        failure = unstacked(() => new TaskError('TIMEOUT', 'awaitMany', late.pid, undefined, limitMs));
      }
      if (failure === null) {
        resolve(values);
        return;
      }
      for (const task of tasks) task.drop();
      reject(failure);
    };
    waitAll(tasks, limitMs, each, done);
  });
  markHandled(promise);
  return promise;
}

/** Outcomes in input order; the limit ends the wait without any of the actions of a timeout (TK-09). */
export function yieldAll(
  tasks: readonly TaskRecord[], limitMs: number,
  onTimeout: NonNullable<YieldManyOptions['onTimeout']>, limit: number,
): Promise<Outcome[]> {
  return new Promise((resolve) => {
    const outcomes: Outcome[] = new Array<Outcome>(tasks.length).fill(undefined);
    let told = 0;
    const each = (at: number, outcome: TaskOutcome<unknown> | null): boolean => {
      outcomes[at] = outcome ?? { ok: false, reason: 'noproc' };
      return ++told >= limit;
    };
    const done = (inTime: boolean): void => {
      if (!inTime && onTimeout !== 'nothing') {
        for (const task of tasks) if (task.active) letGo(task, onTimeout === 'kill');
      }
      resolve(outcomes);
    };
    waitAll(tasks, limitMs, each, done);
  });
}

/** Unlinks and drops a task that is late; kills it when asked. */
function letGo(task: TaskRecord, kill: boolean): void {
  const { process: p } = task;
  task.detach();
  if (kill) exitProcess(p, 'killed', true);
}
