/* What a logger is told of: its shape, and the reports of supervisors and applications as data. */

import type { ExitReason } from '../base/index.js';
import type { Restart, Shutdown } from './supervisor.js';
import type { Pid } from './address.js';

/**
 * A structured report for the logger: values, never text; `label` says which kind, and is
 * the log line's message.
 */
export interface Report {
  readonly label: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
}

/**
 * What castcall needs of a logger; pino's shape. A logger that throws hurts nobody: what it throws is dropped.
 *
 * @example
 * const lines: string[] = [];
 * const logger: Logger = { error: (_, text) => lines.push(text), warn: (_, text) => lines.push(text), info: () => {} };
 * @since 0.1.0
 */
export interface Logger {
  error(fields: object, text: string): unknown;
  warn(fields: object, text: string): unknown;
  info(fields: object, text: string): unknown;
  /** progress of children started on request; left out, those lines are not written */
  debug?(fields: object, text: string): unknown;
}

/** The levels of {@link createLogger}: what is below is not written. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Options of `formatReport`. */
export interface FormatOptions {
  /**
   * one line without line breaks, `label key=value …`; default false: a line for the label and one
   * for each field
   */
  readonly singleLine?: boolean | undefined;
  /** how deep values are shown, from 1; what lies deeper is `…`. Default 4 */
  readonly depth?: number | undefined;
  /** the longest text, from 1; a longer one is cut and ends in `…`. Default 8,192 */
  readonly chars?: number | undefined;
}

/** The child that a report is about. Init arguments are never logged. */
export interface Offender {
  /** undefined while nobody lives for it */
  readonly pid: Pid | undefined;
  /** undefined under a dynamic supervisor */
  readonly id: string | undefined;
  /** what is started: the name of the definition */
  readonly start: string;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly shutdown: Shutdown;
  readonly type: 'worker' | 'supervisor';
}

/**
 * What a supervisor has to tell: a child ended (a permanent one for any reason, others abnormally), a
 * start failed, a child did not end as asked, or the supervisor gives up because its restart
 * intensity is reached. The end of a child that crashed is `info`: the crash has a line of its own.
 */
export interface SupervisorReport extends Report {
  readonly label: 'child terminated' | 'child failed to start' | 'child failed to shut down'
    | 'supervisor gives up';
  readonly level: 'error' | 'info';
  readonly context: 'child_terminated' | 'start_error' | 'shutdown_error' | 'shutdown';
  /** registered name, else pid */
  readonly supervisor: string;
  readonly reason: ExitReason;
  readonly offender: Offender;
  /** children that ended alike at a common shutdown */
  readonly children?: number;
  /**
   * `supervisor gives up`: restarts allowed within `periodMs` ms, how many there were with the one
   * too many, and why, at most five
   */
  readonly intensity?: number;
  readonly periodMs?: number;
  readonly restarts?: number;
  readonly causes?: readonly RestartCause[];
}

/** A child has become unhealthy, or healthy again: see `health` of `child`. */
export interface HealthReport extends Report {
  readonly label: 'child unhealthy' | 'child healthy again';
  readonly level: 'error' | 'info';
  readonly supervisor: string;
  readonly offender: Offender;
  /** in a row */
  readonly failures: number;
  /** why the latest check failed */
  readonly reason: unknown;
}

/** A child was started: `info` at the start of its supervisor and at restarts, `debug` on request. */
export interface ProgressReport extends Report {
  readonly label: 'child started';
  readonly level: 'info' | 'debug';
  readonly context: 'progress';
  readonly supervisor: string;
  readonly started: Offender;
}

/** Why a child was to be restarted: one of the latest causes of a supervisor that gives up. */
export interface RestartCause {
  /** of the child; undefined under a dynamic supervisor */
  readonly id: string | undefined;
  /** what it ended with, or why its start failed */
  readonly reason: ExitReason;
}

/**
 * Why a supervisor gives up: one restart too many within its period, or a delivered message whose
 * error is to end it.
 */
export type GiveUpReason = 'reached_max_restart_intensity' | 'escalated';

/** The limit of a supervisor that gave up, the count that exceeded it, and the causes. */
export interface GiveUp {
  /** registered name, else pid */
  readonly supervisor: string;
  readonly reason: GiveUpReason;
  /** restarts allowed within `periodMs` */
  readonly intensity: number;
  /** ms */
  readonly periodMs: number;
  /** restarts within `periodMs`, with the one too many */
  readonly restarts: number;
  /** the latest, oldest first, at most five */
  readonly causes: readonly RestartCause[];
}
