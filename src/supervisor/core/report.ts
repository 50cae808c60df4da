import { isOrderly, StartError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { fieldOf, isA } from '../../base/text/index.js';
import type { Process, Report } from '../../process/record/index.js';
import { shutdownText } from '../spec/index.js';
import type { Restart, Shutdown } from '../../api/supervisor.js';
import type { Pid } from '../../api/address.js';
import type { Child } from './child.js';
import type { RestartCause } from './intensity.js';

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

/** A child was started: `info` at the start of its supervisor and at restarts, `debug` on request. */
export interface ProgressReport extends Report {
  readonly label: 'child started';
  readonly level: 'info' | 'debug';
  readonly context: 'progress';
  readonly supervisor: string;
  readonly started: Offender;
}

export type ProgressLevel = ProgressReport['level'];

const LABELS: Readonly<Record<Exclude<SupervisorReport['context'], 'shutdown'>, SupervisorReport['label']>> = {
  child_terminated: 'child terminated',
  start_error: 'child failed to start',
  shutdown_error: 'child failed to shut down',
};

export function reportError(
  supervisor: Process, context: Exclude<SupervisorReport['context'], 'shutdown'>, child: Child,
  reason: ExitReason, p: Process | null = child.process, children?: number,
): void {
  const { kernel } = supervisor;
  if (!kernel.reporting || (child.quiet && context !== 'start_error')) return;
  const report: SupervisorReport = {
    label: LABELS[context],
    level: context === 'child_terminated' && !isOrderly(reason) ? 'info' : 'error', context,
    supervisor: supervisor.title, reason, offender: offender(child, p),
    ...(children === undefined ? {} : { children }),
  };
  kernel.report(report);
}

export function reportProgress(supervisor: Process, child: Child, level: ProgressLevel): void {
  const { kernel } = supervisor;
  if (!kernel.reporting || child.quiet || child.process === null) return;
  const report: ProgressReport = {
    label: 'child started', level, context: 'progress', supervisor: supervisor.title,
    started: offender(child, child.process),
  };
  kernel.report(report);
}

/** The child as reports tell it. */
export function offender(child: Child, p: Process | null): Offender {
  const { spec } = child;
  return {
    pid: p?.pid, id: idOf(child), start: child.plan.definition.name, restart: spec.restart,
    significant: spec.significant, shutdown: shutdownText(spec.shutdownMs), type: spec.type,
  };
}

/** The id that a report shows: none under a dynamic supervisor. */
export function idOf({ spec: { id } }: Child): string | undefined {
  return id === '' ? undefined : id;
}

/** Why a start failed, as the exit reason it would have been. */
export function reasonOfStart(error: unknown): ExitReason {
  return isA(error, StartError) ? fieldOf(error, 'reason') : error;
}
