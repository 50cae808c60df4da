import { isOrderly, isThenable, settle } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { jsonOf, printable } from '../../base/text/index.js';
import { DOWN } from '../../mailbox/message/index.js';
import { ancestors } from '../../process/inspect/index.js';
import { exitProcess, spawnProcess } from '../../process/kernel/index.js';
import { Level, Phase } from '../../process/record/index.js';
import type { Behaviour, Kernel, Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import {
  demonitor, Monitor, unlink, watch, watchAgain, Withdrawable,
} from '../../process/signal/index.js';
import { bodyRuns, BodySelf, takeIn } from '../gen/body/index.js';
import { lastReason } from '../gen/index.js';
import type { MonitorRef, Pid } from '../../api/address.js';
import type { Down } from '../../api/messages.js';
import type { Task, TaskOutcome } from '../../api/tasks.js';
import type { Report } from '../../api/reports.js';

/*
 * The contract of a task: one function, in a process of its own; its owner has a monitor on it, the TaskRecord.
 *
 *   async(fn, ...args) ─▶ first turn: fn(self, ...args) ─┬─ a value ─▶ complete ─┬─ a verb that waits (wait.ts)
 *                                                        │                       └─ else a TaskResult for the owner
 *                                                        │           ─▶ exit `normal` ─▶ Down
 *                                                        └─ a throw ─▶ report ─▶ exit ─▶ Down, and the link's signal
 *
 * A verb that takes the outcome withdraws the messages. Under a supervisor a task is one of its children.
 */

/**
 * The result of a task that nobody awaited, as its owner's `info` or `receive` gets it; a Down with
 * `normal` follows. A verb that takes the result first withdraws both.
 *
 * @example
 * const got: unknown[] = [];
 * const owner = system.spawn(async (self) => {
 *   self.task.async((task, n: number) => n * 2, 21);
 *   const result = await self.receive((message): message is TaskResult => message instanceof TaskResult);
 *   got.push(result.value);
 * });
 * await system.monitor(owner).down;
 * got // => [42]
 * @since 0.2.0
 */
export class TaskResult extends Withdrawable {
  readonly tag = 'TASK' as const;
  /** @internal taken or withdrawn */
  over = false;
  constructor(
    /** the task's `ref` */
    readonly ref: MonitorRef,
    readonly value: unknown,
  ) {
    super();
  }

  toJSON(): { readonly tag: 'TASK'; readonly value: unknown } {
    return { tag: this.tag, value: jsonOf(this.value) };
  }

  override toString(): string {
    return `TaskResult(${printable(this.value)})`;
  }
}

/** Who waits for the end of a task in place of its owner's mailbox. */
export interface TaskListener<V = unknown> {
  completed(value: V): void;
  ended(reason: ExitReason): void;
}

/** The run-time side of Task: its owner's monitor on it, which hears the result as well. */
export class TaskRecord<V = unknown> extends Monitor implements Task<V> {
  listener: TaskListener<V> | null = null;
  /** of what `complete` was given, a V */
  result: TaskResult | null = null;
  down: Down | null = null;
  /** only its end is waited for: the value was given up before */
  private released = false;
  constructor(owner: Process | null, readonly process: Process) {
    super(owner, process, undefined, null);
  }

  get pid(): Pid {
    return this.process.pid;
  }

  get owner(): Pid | undefined {
    return this.holder?.pid;
  }

  get ref(): MonitorRef {
    return this;
  }

  /**
   * The function has returned. Nobody wants the value once the monitor is gone: then it is dropped
   * (TK-02, TK-10).
   */
  complete(value: V): void {
    if (!this.active || this.released) return;
    const { listener, holder } = this;
    if (listener !== null) {
      this.listener = null;
      demonitor(this, true);
      listener.completed(value);
      return;
    }
    this.result = new TaskResult(this, value);
    if (holder !== null) pushSignal(holder, DOWN, this.result, this.process);
  }

  override catches(down: Down): boolean {
    const { listener } = this;
    if (listener === null) {
      this.down = down;
      return false;
    }
    this.listener = null;
    listener.ended(down.reason);
    return true;
  }

  /**
   * The outcome, taken: what is queued of it is withdrawn. Undefined while it runs, null when it
   * was told before.
   */
  take(): TaskOutcome<V> | undefined | null {
    if (this.active && this.result === null) return undefined;
    const { result, down } = this;
    const outcome: TaskOutcome<V> | null = result !== null && !result.over
      ? { ok: true, value: result.value as V }
      : down !== null && !this.over ? { ok: false, reason: down.reason }
      : null;
    this.drop();
    return outcome;
  }

  /** One that was let go and lives on can be watched again, for its end alone; true when it is. */
  watchEnd(): boolean {
    if (this.process.phase === Phase.Dead) return false;
    this.released = true;
    watchAgain(this, this.process);
    return true;
  }

  /** Neither a message nor an exit signal of this task will arrive. */
  detach(): void {
    if (this.holder !== null) unlink(this.holder, this.process);
    this.drop();
  }

  /** No message of this task will arrive. */
  drop(): void {
    if (this.result !== null) this.result.over = true;
    this.listener = null;
    demonitor(this, true);
  }
}

type Run = (self: TaskProcessSelf, ...args: unknown[]) => unknown;

/** The self of a task. `record` is null when nobody wants its result. */
export class TaskProcessSelf extends BodySelf {
  record: TaskRecord | null = null;
  constructor(
    p: Process,
    readonly fn: Run,
    readonly args: readonly unknown[],
    readonly starter: Process | null,
  ) {
    super(p);
  }

  get callers(): Pid[] {
    const found: Pid[] = [];
    for (let at = this.starter; at !== null; at = at.self instanceof TaskProcessSelf ? at.self.starter : null) {
      found.push(at.pid);
    }
    return found;
  }
}

/** What is logged of a task that ended abnormally, in place of a crash report (TK-18). */
export interface TaskReport extends Report {
  readonly label: 'task terminated';
  readonly level: 'error';
  readonly pid: Pid;
  readonly processLabel: string | undefined;
  /** the owner's name, else its pid; undefined when it was started outside every process */
  readonly startedFrom: string | undefined;
  readonly function: string;
  /** their types; one line each when the system logs details */
  readonly args: readonly string[];
  readonly callers: readonly Pid[];
  readonly ancestors: readonly string[];
  readonly reason: ExitReason;
}

/** The callback module of tasks. */
export const TASK: Behaviour = {
  name: 'task',
  sys: null,
  handle: takeIn,
  busy: bodyRuns,
  begin(p: Process): unknown {
    const self = p.self as TaskProcessSelf;
    const { fn, args } = self;
    const result = args.length === 0 ? fn(self) : args.length === 1 ? fn(self, args[0]) : fn(self, ...args);
    // As of a plain process, the body does not park it: its mailbox stays open to its receive.
    if (result !== undefined && isThenable(
      result,
    )) settle(result, (value) => returned(p, value), (error) => threw(p, error));
    else returned(p, result);
    return undefined;
  },
  settled: () => undefined,
  failed(p: Process, error: unknown): unknown {
    threw(p, error);
    return undefined;
  },
};

function returned(p: Process, value: unknown): void {
  if (p.phase === Phase.Dead) return;
  const { record } = p.self as TaskProcessSelf;
  if (record !== null) record.complete(value);
  exitProcess(p, 'normal');
}

function threw(p: Process, error: unknown): void {
  if (p.phase === Phase.Dead) return;
  const reason = lastReason(p, error);
  if (!isOrderly(reason) && p.kernel.reporting) report(p, reason);
  exitProcess(p, reason, true);
}

function report(p: Process, reason: ExitReason): void {
  const self = p.self as TaskProcessSelf;
  const made: TaskReport = {
    label: 'task terminated',
    level: 'error',
    pid: p.pid,
    processLabel: p.ext?.label ?? undefined,
    startedFrom: self.starter?.title,
    function: self.fn.name === '' ? 'anonymous' : self.fn.name,
    args: self.args.map((arg) => (p.kernel.details ? printable(arg) : typeof arg)),
    callers: self.callers,
    ancestors: ancestors(p),
    reason,
  };
  p.kernel.report(made);
}

/** Spawns the process of a task, which nobody watches yet; it runs later, never inside this call. */
export function spawnTask(
  kernel: Kernel, parent: Process | null, linked: boolean, starter: Process | null, fn: unknown,
  args: readonly unknown[], level: Level = Level.Normal,
): Process {
  const p = spawnProcess(kernel, TASK, parent, linked);
  p.level = level;
  p.self = new TaskProcessSelf(p, fn as Run, args, starter);
  kernel.scheduler.enqueue(p);
  return p;
}

/** Makes `owner` the owner of a task process: it hears how the task ends. */
export function recordOf<V = unknown>(p: Process, owner: Process | null): TaskRecord<V> {
  const made = new TaskRecord<V>(owner, p);
  const self = p.self as TaskProcessSelf | null;
  if (self !== null) self.record = made;
  watch(made, owner, p);
  return made;
}
