import type { ExitReason } from '../base/index.js';
import type { Pid } from './address.js';

/* Debugging of a running process: OTP's sys. */

/** Options of every verb of `Sys`. */
export interface SysOptions {
  /**
   * ms until it fails with TIMEOUT, default 5,000; 'infinity' waits forever. The target may still
   * do it later
   */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/** What `getStatus` tells. */
export interface SysStatus<S = unknown> {
  readonly pid: Pid;
  readonly name: string | undefined;
  /** the definition's name, or the behaviour's */
  readonly module: string;
  readonly status: 'running' | 'suspended';
  readonly parent: Pid | undefined;
  /** a copy of the process dictionary; empty when the process is `sensitive` */
  readonly dictionary: ReadonlyMap<unknown, unknown>;
  /** the debug functions that are on */
  readonly debug: readonly string[];
  /** as its `formatStatus` shows it */
  readonly state: S;
  /** the events of the log, as its `formatStatus` shows them */
  readonly log: readonly unknown[];
}

/** What `statistics('get')` tells; times are wall clock, ms since 1970. */
export interface SysStatistics {
  readonly startedAt: number;
  readonly now: number;
  /** messages handled since then, the runtime's own included: a measure of work */
  readonly reductions: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
}

/**
 * What a debug function sees of one process, as its callbacks do: what comes in, what is replied,
 * the state afterwards.
 */
export type DebugEvent =
  | { readonly kind: 'in'; readonly type: string; readonly op: string; readonly message: unknown; readonly from:
    | Pid | undefined }
  | { readonly kind: 'out'; readonly op: string; readonly reply: unknown; readonly to: Pid | undefined }
  | { readonly kind: 'state'; readonly state: unknown };

/**
 * An installed debug function: gets its own state, the event and the state of the process; returns
 * its next state, or `'done'` to leave.
 */
export type DebugFunction<T> = (state: T, event: DebugEvent, processState: unknown) => T | 'done';

/** What `debug` of a start may hold. */
export type DebugOption =
  | 'statistics' | 'log' | 'trace' | { readonly log: number }
  | { readonly install: DebugFunction<never>; readonly state?: unknown; readonly id?: string };

/** How a plain process takes part in sys: given to `self.joinSys`. */
export interface SysCallbacks<S = unknown> {
  /** the state, for getState and getStatus */
  state(): S;
  /** takes what replaceState made of the state; left out, replaceState is refused */
  replace?(state: S): void;
  /** converts the state for new code; left out, codeChange is refused */
  codeChange?(from: unknown, extra: unknown): void;
  /** runs before the process ends by `sys.terminate`, or by its parent while it is suspended */
  terminate?(reason: ExitReason): void;
}

/** What `self.joinSys` returns. */
export interface SysLink {
  /** tells debug functions what this process replies, or its state; what comes in they see by themselves */
  event(event: DebugEvent): void;
}

/**
 * The system messages of one process: suspend it, look at its state, replace it, watch it, end it
 * (OTP's sys). Made by `system.sys(target)` and `self.sys(target)`. System messages travel in the
 * normal lane, behind what the same sender sent before, and are answered between two messages. By a
 * name the owner is looked up at every use.
 *
 * Errors: each promise rejects with a CallError: `NOPROC`, `TIMEOUT` after `timeoutMs`, `EXIT` with the reason,
 * `CALLING_SELF`, `NO_SYS` for a process that takes no part, `CALLBACK_FAILED` when a function that
 * was given threw.
 *
 * @example
 * const Counter = defineAgent({ init: () => ({ n: 1 }), casts: { add(self) { self.state.n++; } } });
 * const counter = system.start(Counter);
 * const sys = system.sys(counter);
 * await sys.suspend();
 * counter.cast('add');
 * await sys.getState(); // => { n: 1 }
 * await sys.resume();
 * await sys.getState(); // => { n: 2 }
 * await sys.replaceState((state) => ({ n: state.n * 10 })); // => { n: 20 }
 * @since 0.2.0
 */
export interface Sys<S = unknown> {
  /**
   * Only system messages, a stop and the parent's exit are handled from now on; everything else waits in order.
   * Idempotent.
   */
  suspend(options?: SysOptions): Promise<void>;
  /** Goes on with the queue as it is. Idempotent. */
  resume(options?: SysOptions): Promise<void>;
  /** The state itself, not a copy; also while suspended. */
  getState(options?: SysOptions): Promise<S>;
  /**
   * The state becomes what `change` returns, which is the answer; when it throws, `CALLBACK_FAILED`
   * and nothing is changed.
   */
  replaceState(change: (state: S) => S, options?: SysOptions): Promise<S>;
  /** Who and what it is and how it stands. */
  getStatus(options?: SysOptions): Promise<SysStatus<S>>;
  /** Counts messages in and out; `get` answers `'no_statistics'` while they are off. */
  statistics(what: 'on' | 'off', options?: SysOptions): Promise<void>;
  statistics(what: 'get', options?: SysOptions): Promise<SysStatistics | 'no_statistics'>;
  /**
   * Keeps the latest events, 10 or as many as asked for; `false` stops it. `'get'` answers them, oldest first,
   * `'print'` writes them to the logger at level `info`.
   */
  log(what: true | number | false | 'print', options?: SysOptions): Promise<void>;
  log(what: 'get', options?: SysOptions): Promise<readonly DebugEvent[]>;
  /** Tells every event, to the logger at level `info` or to a function of yours, as one line and as a value. */
  trace(to: boolean | ((line: string, event: DebugEvent) => void), options?: SysOptions): Promise<void>;
  /**
   * Runs `fn` at every event with a state of its own; what it returns is its next state, `'done'`
   * or a throw uninstalls it. A function, or an id, that is installed already is not installed
   * twice.
   */
  install<T>(
    fn: DebugFunction<T>, given: { readonly state: T; readonly id?: string }, options?: SysOptions,
  ): Promise<void>;
  /** Uninstalls by the function or its id. */
  remove(fnOrId: string | DebugFunction<never>, options?: SysOptions): Promise<void>;
  /** Statistics, log, trace and all installed functions go. */
  noDebug(options?: SysOptions): Promise<void>;
  /**
   * Ends it with `reason` through its terminate, after what is queued before, also while suspended;
   * resolves when it begins to.
   */
  terminate(reason: ExitReason, options?: SysOptions): Promise<void>;
  /**
   * Lets its `codeChange` convert the state; only while suspended, else `UNKNOWN_SYSTEM_MSG`; a
   * throw of it leaves the state and is reported here.
   */
  codeChange(
    given?: { readonly from?: unknown; readonly extra?: unknown }, options?: SysOptions,
  ): Promise<void>;
}
