import { markHandled, unstacked } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { CallSlot, trackCall, untrackCall } from '../../process/record/index.js';
import type { TaskOutcome } from '../../api/tasks.js';
import { TaskError } from './error.js';
import type { TaskListener, TaskRecord } from './task.js';

/**
 * One wait of an owner for one task. It is an unsettled request of its owner, so that it goes when
 * the owner ends, and so that a task which calls the agent that waits for it is told at once
 * (CALL_CYCLE).
 */
export abstract class TaskWait<V = unknown> extends CallSlot implements TaskListener<V> {
  settled = false;
  constructor(readonly task: TaskRecord<V>) {
    super(task.holder, task.process);
  }

  protected abstract value(value: V): void;
  protected abstract failure(reason: ExitReason): void;
  protected abstract late(): void;

  /** Listens from now on, for at most `limitMs`; below 0 for ever. */
  begin(limitMs: number): void {
    this.task.listener = this;
    if (this.caller !== null) trackCall(this.caller, this);
    if (limitMs >= 0) this.callee.kernel.deadlines.add(this, limitMs);
  }

  completed(value: V): void {
    this.close();
    this.value(value);
  }

  ended(reason: ExitReason): void {
    this.close();
    this.failure(reason);
  }

  expire(): void {
    this.close();
    this.late();
  }

  /** Listens no longer; the task and its outcome stay as they are. */
  close(): void {
    if (this.settled) return;
    this.settled = true;
    if (this.task.listener === this) this.task.listener = null;
    if (this.entry !== null) this.callee.kernel.deadlines.remove(this);
    if (this.caller !== null) untrackCall(this.caller, this);
  }

  calleeEnded(): void {
    // the monitor tells it
  }

  /** Nobody waits any more: the promise stays open, as the receive of a dead process does. */
  callerEnded(): void {
    this.close();
  }
}

// As in router/request.ts: no closure of ours per wait.
let resolveOfNew: (value: unknown) => void;
let rejectOfNew: (error: unknown) => void;
const executor = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  resolveOfNew = resolve;
  rejectOfNew = reject;
};

/** `await`: the value, or a rejection. */
export class AwaitWait extends TaskWait {
  readonly promise: Promise<unknown>;
  private readonly resolve: (value: unknown) => void;
  private readonly reject: (error: unknown) => void;
  constructor(
    task: TaskRecord,
    private readonly limitMs: number,
  ) {
    super(task);
    this.promise = new Promise<unknown>(executor);
    this.resolve = resolveOfNew;
    this.reject = rejectOfNew;
  }

  protected value(value: unknown): void {
    this.resolve(value);
  }

  protected failure(reason: ExitReason): void {
    this.fail(unstacked(() => new TaskError('EXIT', 'await', this.task.pid, reason)));
  }

  protected late(): void {
    this.task.drop();
    this.fail(unstacked(() => new TaskError('TIMEOUT', 'await', this.task.pid, undefined, this.limitMs)));
  }

  private fail(error: TaskError): void {
    markHandled(this.promise);
    this.reject(error);
  }
}

/** Hands the outcome to a function: undefined when there was none in time. */
export class OutcomeWait<V = unknown> extends TaskWait<V> {
  constructor(
    task: TaskRecord<V>,
    private readonly tell: (outcome: TaskOutcome<V> | undefined) => void,
  ) {
    super(task);
  }

  protected value(value: V): void {
    this.tell({ ok: true, value });
  }

  protected failure(reason: ExitReason): void {
    this.tell({ ok: false, reason });
  }

  protected late(): void {
    this.tell(undefined);
  }
}
