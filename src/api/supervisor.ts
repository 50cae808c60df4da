import type { Backoff, ExitReason } from '../base/index.js';
import type { TaskStartOptions } from './tasks.js';
import type { Report } from './reports.js';
import type { Pid, Via } from './address.js';
import type { ProcessVerbs, StartOptions } from './agent.js';

/* What supervisors and applications are told of their children and trees, and what they tell. */

/**
 * permanent: always restarted; transient: after an abnormal end; temporary: never, and its spec is forgotten.
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

/** who is restarted with a child: itself, all, or itself and those started after it */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';

/**
 * how a child is stopped: killed at once, asked and killed after so many ms, or asked and waited for
 */
export type Shutdown = 'brutal_kill' | 'infinity' | number;

/**
 * whether a supervisor ends by itself with its significant children: with the first, with the last, or never
 */
export type AutoShutdown = 'never' | 'any_significant' | 'all_significant';

/**
 * How a supervisor looks after a child while it lives: one check after the other, by `op` or by
 * `check`. One that says false, throws, rejects or is late has failed.
 */
export interface HealthOptions {
  /** ms from the start, or from the outcome of a check, to the next one; from 1 */
  readonly everyMs: number;
  /** ms that a check may take, from 1; default 5,000 */
  readonly timeoutMs?: number | undefined;
  /**
   * a call without payload that the child must answer, in the lane `high`: behind a handler that
   * takes long it is late. A reply of false is a failure
   */
  readonly op?: string | undefined;
  /** called outside of every process */
  readonly check?: ((pid: Pid) => boolean | Promise<boolean>) | undefined;
  /** failures in a row after which it is unhealthy, from 1; default 3 */
  readonly failuresMax?: number | undefined;
  /**
   * what then: a report, and another when it is healthy again (the default); `unbalance`: balancers
   * and pools pass it over meanwhile, too; `restart`: it is ended with the reason `unhealthy`,
   * which counts as a crash
   */
  readonly onUnhealthy?: 'report' | 'unbalance' | 'restart' | undefined;
}

/** Options of `child`, after the init arguments. */
export interface ChildOptions extends Omit<StartOptions, 'name'> {
  /** default `permanent` */
  readonly restart?: Restart | undefined;
  /** default 5,000 ms */
  readonly shutdown?: Shutdown | undefined;
  /** its end counts for its supervisor's `autoShutdown`; default false, never together with `permanent` */
  readonly significant?: boolean | undefined;
  /** checks while it lives, default none */
  readonly health?: HealthOptions | undefined;
  /**
   * registered name, or a name in another registry (`via`); default the id (none under a dynamic
   * supervisor), `false` for none
   */
  readonly name?: string | Via | false | undefined;
}

/** Options of a nested supervisor of any kind. */
export interface SupervisorChildOptions {
  readonly restart?: Restart | undefined;
  /** default `infinity` */
  readonly shutdown?: Shutdown | undefined;
  /** as for `child`: lets an automatic shutdown go on upwards */
  readonly significant?: boolean | undefined;
  /** registered name, default none */
  readonly name?: string | Via | undefined;
}

/** How often a supervisor may restart; part of every kind's options. */
export interface RestartLimits {
  /**
   * restarts allowed within `periodMs`, default 3; one more and it gives up: 0 means that the first
   * crash ends it
   */
  readonly intensity?: number | undefined;
  /** ms, default 5,000 */
  readonly periodMs?: number | undefined;
  /**
   * a wait before each restart; default none: restarts are done at once, as OTP's. A life of
   * `maxMs` ends the row of restarts whose waits grow. Meanwhile the child is `restarting`, and
   * requests are served. A restart counts towards the intensity when it is done, not when it is
   * planned
   */
  readonly backoff?: Backoff | undefined;
}

/** One row of `whichChildren`. */
export interface ChildInfo<Id extends string | undefined = string> {
  /** undefined under a dynamic supervisor */
  readonly id: Id;
  /** undefined while it is restarting or stopped */
  readonly pid: Pid | undefined;
  readonly type: 'worker' | 'supervisor';
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly restart: Restart;
  readonly restarts: number;
}

/** What `countChildren` tells. */
export interface ChildCount {
  readonly specs: number;
  /** those that live now */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/**
 * What happens when an application ends by itself: the system stops; it stops unless the reason is
 * `normal`; it is only reported.
 */
export type ApplicationType = 'permanent' | 'transient' | 'temporary';

/** The configuration of one application; a plain map, kept as long as it is loaded. */
export interface ApplicationEnv {
  get(key: string, fallback?: unknown): unknown;
  set(key: string, value: unknown): void;
  unset(key: string): void;
}

/** What `start` of an application gets. */
export interface ApplicationContext {
  readonly name: string;
  readonly env: ApplicationEnv;
  /** the application's own process: what it spawns and starts belongs to the application */
  readonly self: ProcessVerbs;
}

/** Options of `applications.start`. */
export interface StartApplicationOptions {
  /** default `temporary` */
  readonly type?: ApplicationType | undefined;
}

/** Options of `applications.ensureAllStarted`. */
export interface EnsureOptions extends StartApplicationOptions {
  /** `concurrent` starts what does not depend on each other at once; default `serial` */
  readonly mode?: 'serial' | 'concurrent' | undefined;
}

/** One running application. */
export interface ApplicationInfo {
  readonly name: string;
  readonly type: ApplicationType;
}

/** One line when an application has ended by itself. */
export interface ApplicationReport extends Report {
  readonly label: 'application exited';
  readonly level: 'info';
  readonly application: string;
  readonly type: ApplicationType;
  readonly reason: ExitReason;
}

/** Options of a dynamic supervisor; all have defaults. Restarts: 3 in 5,000 ms. */
export interface DynamicSpec extends RestartLimits {
  /** children that may live or be restarting at once, default no limit */
  readonly maxChildren?: number | undefined;
  /** init arguments that go before each child's own, also at restarts */
  readonly extraArguments?: readonly unknown[] | undefined;
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

/**
 * A function that makes the spec when the dynamic supervisor starts, and again when its code changes.
 * `'ignore'` starts nothing.
 */
export type DynamicInit = () => DynamicSpec | 'ignore' | Promise<DynamicSpec | 'ignore'>;

/** Options of a supervisor of instances of one template. Restarts: 1 in 5,000 ms. */
export interface SimpleSpec extends RestartLimits {
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

/** Options of a task supervisor; all have defaults. Restarts, of children that have them: 3 in 5,000 ms. */
export interface TaskSupervisorSpec extends RestartLimits {
  /** tasks that may live at once, default no limit */
  readonly maxChildren?: number | undefined;
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

/** How the tasks of a task supervisor start and end: options of `with`. */
export interface SupervisedTaskOptions extends TaskStartOptions {
  /** what the task gets when its supervisor stops or is asked to terminate it, default 5,000 ms */
  readonly shutdown?: Shutdown | undefined;
}

/** Options of `startChild` of a task supervisor; what is left out is as `with` says. */
export interface TaskChildOptions extends SupervisedTaskOptions {
  /** default `temporary` */
  readonly restart?: Restart | undefined;
}

/** Options of `taskChild`. */
export interface StaticTaskOptions extends TaskChildOptions {
  /** its end counts for its supervisor's `autoShutdown`; default false, never together with `permanent` */
  readonly significant?: boolean | undefined;
  /** free text shown by `inspect` */
  readonly label?: string | undefined;
}

/** A child of a dynamic supervisor: its pid, or a ref of it. */
export type ChildPid = string | { readonly pid: Pid | undefined };

/** What a key may be: whole numbers go to `|key| mod partitions`, texts by a stable hash. */
export type PartitionKey = number | bigint | string;
