import { isOrderly, StartError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { fieldOf, isA } from '../../base/text/index.js';
import type { Process } from '../../process/record/index.js';
import { shutdownText } from '../spec/index.js';
import type { Offender, ProgressReport, SupervisorReport } from '../../api/reports.js';
import type { Child } from './child.js';

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
