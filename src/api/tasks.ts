import type { ExitReason } from '../base/index.js';
import type { MonitorRef, Pid } from './address.js';
import type { AgentRef, ProcessSelf } from './agent.js';
import type { ProcessLevel } from './inspect.js';
import type { AnyDefinition, CallEntryOf, CallName, InitArgs, ReplyOf, VerbArgs } from './protocol.js';

/* Work in processes of its own: functions as tasks, agents as sub-agents. */

/** A task: a process that runs one function, and whose result goes to the process that asked for it. */
export interface Task<V> {
  readonly pid: Pid;
  /** who may wait for it; undefined when it was started outside every process */
  readonly owner: Pid | undefined;
  /** what its TaskResult and its Down carry: compare by identity */
  readonly ref: MonitorRef;
  /** carries the type of the result; there is nothing at run time */
  readonly types?: { readonly value: V };
}

/** The self of a task: that of a plain process, and who asked for it. */
export interface TaskSelf extends ProcessSelf {
  /** the owner, the owner's owner when that is a task too, and so on: nearest first */
  readonly callers: readonly Pid[];
}

/** What a task runs; it may be async. */
export type TaskFunction<A extends unknown[], V> = (self: TaskSelf, ...args: A) => V;

/** How a task ended: with its value, or for a reason. */
export type TaskOutcome<
  V,
> = { readonly ok: true; readonly value: V } | { readonly ok: false; readonly reason: ExitReason };

/** The same of an element of a stream; `input` is there when the stream was asked to zip it. */
export type StreamOutcome<
  T, V,
> = { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly reason: ExitReason; readonly input?: T };

/** How tasks start: options of `with`. */
export interface TaskStartOptions {
  /** scheduling level, default `normal` */
  readonly level?: ProcessLevel | undefined;
}

/** Options of `await`, `awaitMany` and `yield`. */
export interface TaskWaitOptions {
  /** ms, default 5,000; 'infinity' waits forever */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/** Options of `yieldMany`. */
export interface YieldManyOptions extends TaskWaitOptions {
  /** what becomes of tasks that are not done in time: `nothing` (default), `ignore` or `kill` */
  readonly onTimeout?: 'nothing' | 'ignore' | 'kill' | undefined;
  /** return as soon as so many have an outcome; those that have none are left as they are */
  readonly limit?: number | undefined;
}

/** Options of `stream`. */
export interface TaskStreamOptions {
  /** tasks at once, from 1; default the number of cores. Results that wait for their turn count */
  readonly concurrency?: number | undefined;
  /** in the order of the items (default), or as they complete */
  readonly ordered?: boolean | undefined;
  /** ms for each element, default 5,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /**
   * `exit` (default): the stream fails with TIMEOUT; `kill`: that task is killed and its outcome is the reason
   * `timeout`
   */
  readonly onTimeout?: 'exit' | 'kill' | undefined;
  /** failed outcomes carry their item as `input` */
  readonly zipInputOnExit?: boolean | undefined;
}

/**
 * What `stream` returns: lazy, and run anew by every loop over it. `self.bind(stream)` makes
 * another process its consumer.
 */
export interface TaskStream<T, V> extends AsyncIterable<StreamOutcome<T, V>> {}

/** The values of those tasks, each in its place. */
export type TaskValues<L extends readonly Task<unknown>[]> =
  { -readonly [I in keyof L]: L[I] extends Task<infer V> ? V : never };
/** The outcomes of those tasks, each in its place. */
export type TaskOutcomes<
  L extends readonly Task<unknown>[],
> = { -readonly [I in keyof L]: (L[I] extends Task<infer V> ? TaskOutcome<V> : never) | undefined };

/**
 * The verbs of tasks, as `self.task` and `system.task`. Only the owner of a task, the process whose
 * verb started it, may wait for it, shut it down or ignore it: anybody else gets a TaskError
 * NOT_OWNER. Outside every process the owner is the outside: there nothing is linked and no message
 * arrives.
 */
export interface TaskVerbs {
  /** the same verbs for tasks that start otherwise: `self.task.with({ level: 'low' }).async(fn)` */
  with(options: TaskStartOptions): TaskVerbs;
  /**
   * Runs a function in a process of its own, linked to this one and watched by it. Unless a verb
   * waits for it, its result arrives in `info` or `receive` as a TaskResult, followed by a Down
   * with `normal`.
   */
  async<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): Task<Awaited<V>>;
  /** the same without the link: a crash arrives only as the Down */
  asyncNolink<A extends unknown[], V>(fn: TaskFunction<A, V>, ...args: A): Task<Awaited<V>>;
  /**
   * The result; no message of the task will arrive. Rejects with a TaskError: EXIT with the task's
   * reason, TIMEOUT (the task runs on, its result is dropped, its link stays: `shutdown` ends it,
   * `ignore` takes the link away), NOPROC when its end was already told otherwise or it was let go.
   */
  await<V>(task: Task<V>, options?: TaskWaitOptions): Promise<V>;
  /** all results in the order given; rejects as soon as one fails, and then waits for none of them */
  awaitMany<const L extends readonly Task<unknown>[]>(tasks: L, options?: TaskWaitOptions): Promise<TaskValues<L>>;
  /** the outcome, or undefined when there is none in time: then ask again */
  yield<V>(task: Task<V>, options?: TaskWaitOptions): Promise<TaskOutcome<V> | undefined>;
  /** outcomes in the order given, undefined for tasks without one */
  yieldMany<const L extends readonly Task<unknown>[]>(
    tasks: L, options?: YieldManyOptions,
  ): Promise<TaskOutcomes<L>>;
  /**
   * Unlinks and ends a task: `shutdown`, then after `timeoutMs` (default 5,000) a kill; or a kill
   * at once. Undefined when it ended because it was asked to, its value when it was already there,
   * else why it ended. Also ends a task that lives on after its `await` timed out or it was
   * ignored; the value of such a one is lost: returning is the reason `normal`.
   */
  shutdown<V>(
    task: Task<V>, timeoutMs?: number | 'infinity' | 'brutal_kill',
  ): Promise<TaskOutcome<V> | undefined>;
  /**
   * lets a task go: no message and no crash of it will arrive, and only `shutdown` can end it. The outcome when
   * there is one already
   */
  ignore<V>(task: Task<V>): TaskOutcome<V> | undefined;
  /**
   * Runs one task for each item, at most `concurrency` at once; nothing runs before somebody loops
   * over it. A crash ends a consumer that does not trap exits, one that does gets the reason as an
   * outcome. Leaving the loop ends the tasks that still run. No message of a stream reaches a
   * mailbox.
   */
  stream<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>>;
  /** the same, where a crash is an outcome for every consumer */
  streamNolink<T, V>(
    items: Iterable<T> | AsyncIterable<T>, fn: (self: TaskSelf, item: T) => V, options?: TaskStreamOptions,
  ): TaskStream<T, Awaited<V>>;
}

/** The stable codes of a {@link TaskError}. */
export type TaskErrorCode = 'EXIT' | 'TIMEOUT' | 'NOPROC' | 'NOT_OWNER' | 'BUSY' | 'ZOMBIE';

/* ---- sub-agents ---- */

/** How a sub-agent is launched, beyond what it is asked. */
export interface LaunchOptions {
  /** registered name, default none */
  readonly name?: string | undefined;
  /** how it is ended, default 5,000 ms: asked, and killed after so long */
  readonly shutdown?: 'brutal_kill' | 'infinity' | number | undefined;
  /** ms from the launch until it must have replied, its init included; default 'infinity' */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /**
   * cancels it; default `self.signal` of the handler that launches: a sub-agent that is launched
   * for a call is cancelled when that caller gives up. None outside of a process
   */
  readonly signal?: AbortSignal | undefined;
}

type InitPart<A extends readonly unknown[]> = [] extends A
  ? { readonly args?: Readonly<A> | undefined }
  : { readonly args: Readonly<A> };
type PayloadPart<A> = A extends [payload: infer P, options?: infer _O]
  ? { readonly payload: P }
  : A extends [payload?: infer P, options?: infer _O] ? { readonly payload?: P | undefined } : never;

/** What `launch` takes: the call that a sub-agent is asked, its payload, init arguments, options. */
export type LaunchJob<D extends AnyDefinition, K extends CallName<D>> = LaunchOptions
  & { readonly op: K }
  & PayloadPart<VerbArgs<CallEntryOf<D, K>, never>>
  & InitPart<InitArgs<D>>;

/** Options of `wait`. */
export interface SubAgentWaitOptions {
  /** ms, default 'infinity'; the sub-agent works on */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** ends the wait; the sub-agent works on */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The handle of a sub-agent. Whoever drops it detaches: the sub-agent works on to its end, and a
 * result that nobody looks at never ends the program. It belongs to the process that launched it:
 * when that ends, the sub-agent is shut down, `result` and waits reject with ZOMBIE, and
 * the verbs do nothing.
 */
export interface SubAgent<D extends AnyDefinition = AnyDefinition, R = unknown> extends Disposable {
  /** it may be sent more; it lives until it has replied */
  readonly ref: AgentRef<D>;
  /** undefined only when its asynchronous init had ended it before it awaited anything */
  readonly pid: Pid | undefined;
  /**
   * Its reply; then it is shut down. Rejects as a call does (CallError: EXIT with the reason when
   * it ends before, REFUSED, TIMEOUT, ZOMBIE), with a StartError when an asynchronous init fails,
   * with the reason of `cancel` or of the signal, with `DETACHED` after `detach`.
   */
  readonly result: Promise<R>;
  /** `result`, waited for no longer than that: rejects with TIMEOUT, or the reason of the signal */
  wait(options?: SubAgentWaitOptions): Promise<R>;
  /**
   * Ends it: the signal of its handler fires with that reason (by default an AbortError), `result`
   * rejects with it, then it is shut down. Resolves when it is gone. Once more, or after its reply,
   * it only waits for that.
   */
  cancel(reason?: unknown): Promise<void>;
  /**
   * Lets its result go: it works on to its reply or its time limit, and is shut down then, or with
   * its owner. Neither the handle nor a signal cancels it any more.
   */
  detach(): void;
  /** the same as `detach` */
  [Symbol.dispose](): void;
}

/** The verb that launches sub-agents, of every process. */
export interface LaunchVerbs {
  /**
   * Starts an agent for one piece of work, asks it, and gives a handle at once. It is a temporary
   * child of a dynamic supervisor of this process's own, which is started with the first launch,
   * shows in `system.tree()`, and ends with this process, its children first. A crash is the
   * result and is never restarted: to try again, launch again (`self.retry`). Costs a start, a call
   * and a shutdown.
   *
   * Errors, thrown before anything runs: OptionError for what breaks its rule, CallError
   * `UNKNOWN_OPERATION` and PayloadError for what the operation does not take, the reason of a
   * signal that has fired, `ZOMBIE` once this process has ended; StartError when a synchronous init
   * fails.
   *
   * @example
   * const Reader = defineAgent({
   *   init: (language: string) => ({ language }),
   *   calls: { summarize: async (self, text: string) => `${self.state.language}: ${text.slice(0, 5)}` },
   * });
   * const Lead = defineAgent({
   *   calls: {
   *     async report(self, texts: string[]) {
   *       const readers = texts.map((text) => self.launch(Reader, { op: 'summarize', payload: text, args: ['en'] }));
   *       return Promise.all(readers.map((reader) => reader.result));
   *     },
   *   },
   * });
   * await system.start(Lead).call('report', ['one text', 'another']); // => ['en: one t', 'en: anoth']
   * @since 0.2.0
   */
  launch<D extends AnyDefinition, K extends CallName<D>>(
    definition: D, job: LaunchJob<D, K>,
  ): SubAgent<D, ReplyOf<CallEntryOf<D, K>>>;
}
