import { Deadline, type Own } from '../../base/index.js';
import type { Pid } from '../../api/address.js';
import type { AnyDefinition } from '../../api/agent.js';
import { Exit } from '../../api/messages.js';
import { Refusal } from '../../api/returns.js';
import {
  defineAgent, recordOf, runtimeOf, spawnTask, type AgentSelf, type RuntimeDefinition, type TaskRecord,
} from '../../behaviour/index.js';
import {
  exitProcess, exitSignal, link, monitor, Phase, unlink, type Level, type Process,
} from '../../process/index.js';
import { Request } from '../../router/index.js';
import type { MaybeLater } from '../core/child.js';
import { BRUTAL_KILL, shouldRestart, shutdownText, type Restart } from '../core/decision.js';
import { tellGiveUp } from '../core/give-up.js';
import type { ChildCount } from '../core/info.js';
import { Intensity } from '../core/intensity.js';
import type { Limits } from '../core/options.js';
import type { Offender } from '../core/report.js';
import { giveUp } from '../core/restart.js';

/** The normalised options of a task supervisor. */
export interface TaskPlan extends Limits {
  readonly maxChildren: number;
}

/** What a child runs, and what becomes of it. */
export interface TaskJob {
  readonly fn: unknown;
  readonly args: readonly unknown[];
  readonly restart: Restart;
  /** ms, -1 for infinity, -2 for brutal_kill */
  readonly shutdownMs: number;
  readonly level: Level;
}

/** A request to start: `async` and `asyncNolink` make the caller the owner, `child` nobody. */
export interface TaskStart {
  readonly as: 'async' | 'asyncNolink' | 'child';
  readonly job: TaskJob;
  /** hears of the task in the step that makes it, before it runs, or why there is none */
  readonly told: { started(task: TaskRecord): void; refused(error: unknown): void } | null;
}

interface Entry {
  readonly job: TaskJob;
  readonly starter: Process | null;
}

/** The state of a task supervisor: its living children, oldest first. */
export class TaskFamily {
  readonly children: Map<Process, Entry> = new Map();
  readonly intensity: Intensity;
  constructor(
    readonly p: Process,
    readonly plan: TaskPlan,
  ) {
    this.intensity = new Intensity(plan.intensity, plan.periodMs);
  }

  spawn(entry: Entry): Process {
    const p = spawnTask(this.p.kernel, this.p, true, entry.starter, entry.job.fn, entry.job.args, entry.job.level);
    this.children.set(p, entry);
    return p;
  }

  byPid(pid: string): Process | undefined {
    const p = this.p.kernel.byPid(pid);
    return p !== undefined && this.children.has(p) ? p : undefined;
  }
}

type Sup = AgentSelf & { state: TaskFamily };

function init(this: AgentSelf, plan: TaskPlan): TaskFamily {
  return new TaskFamily(this.p, plan);
}

function start(self: Sup, { value: { as, job, told } }: Own<TaskStart>): TaskRecord | Pid | Refusal {
  const { state } = self;
  const { maxChildren } = state.plan;
  if (state.children.size >= maxChildren) return new Refusal('max_children', { maxChildren });
  const starter = self.p.from instanceof Request ? self.p.from.caller : null;
  let p: Process;
  try {
    p = state.spawn({ job, starter });
  } catch (error) {
    told?.refused(error);
    return new Refusal('start_failed', { reason: error }); // no room for one more process: no fault of the others
  }
  if (as === 'child') return p.pid;
  if (as === 'async' && starter !== null) link(starter, p);
  const task = recordOf(p, starter);
  told?.started(task);
  return task;
}

function info(self: Sup, message: unknown): unknown {
  const p = self.p.from as Process | null;
  if (!(message instanceof Exit) || p === null) return undefined;
  const { state } = self;
  const entry = state.children.get(p);
  if (entry === undefined) return undefined;
  state.children.delete(p);
  if (!shouldRestart(entry.job.restart, message.reason)) return undefined;
  const { kernel } = self.p;
  if (!state.intensity.allowsFor(kernel.env.mono(), undefined, message.reason)) {
    tellGiveUp(
      self.p, offenderOf(p, entry.job), state.intensity, 'reached_max_restart_intensity', state.intensity.causes(),
    );
    return giveUp(self);
  }
  kernel.counts.restarts++;
  state.spawn(entry);
  return undefined;
}

function offenderOf(p: Process, { restart, shutdownMs }: TaskJob): Offender {
  return {
    pid: p.pid, id: undefined, start: 'task', restart, significant: false, shutdown: shutdownText(shutdownMs),
    type: 'worker',
  };
}

/* ---- stopping ---- */

class KillDeadline extends Deadline {
  constructor(private readonly late: readonly Process[]) {
    super();
  }
  expire(): void {
    for (const p of this.late) exitProcess(p, 'killed', true);
  }
}

/** Asks all to end at once, each with its own patience; resolves when they have. */
function stopAll(state: TaskFamily, children: readonly Process[]): MaybeLater<undefined> {
  const waiting: Promise<void>[] = [];
  for (const p of children) {
    const { job } = state.children.get(p) as Entry;
    state.children.delete(p);
    unlink(state.p, p);
    if (job.shutdownMs === BRUTAL_KILL) exitProcess(p, 'killed', true);
    else exitSignal(p, state.p, 'shutdown', false);
    if (p.phase !== Phase.Dead) waiting.push(ended(p, job.shutdownMs));
  }
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
}

function ended(p: Process, shutdownMs: number): Promise<void> {
  const { deadlines } = p.kernel;
  const limit = new KillDeadline([p]);
  if (shutdownMs >= 0) deadlines.add(limit, shutdownMs);
  return new Promise((resolve) => {
    monitor(null, p, undefined, () => {
      deadlines.remove(limit);
      resolve();
    });
  });
}

function terminateChild({ state }: Sup, pid: string): MaybeLater<Refusal | undefined> {
  const p = state.byPid(pid);
  return p === undefined ? new Refusal('not_found', { pid }) : stopAll(state, [p]);
}

function countChildren({ state }: Sup): ChildCount {
  const { size } = state.children;
  return { specs: size, active: size, supervisors: 0, workers: size };
}

let made: RuntimeDefinition | null = null;

/** The task supervisor is a server like any other; its definition is made once. */
export function taskSupervisorDefinition(): RuntimeDefinition {
  made ??= runtimeOf(defineAgent({
    name: 'task supervisor',
    trapExit: true,
    init: init as never,
    info: info as never,
    calls: {
      start, terminateChild, children: ({ state }: Sup) => [...state.children.keys()].map((p) => p.pid), countChildren,
    } as never,
    terminate: ((self: Sup) =>
      (self.state === undefined ? undefined : stopAll(self.state, [...self.state.children.keys()]))) as never,
  }) as AnyDefinition);
  return made;
}
