import { backoffMs, isOrderly } from '../../base/index.js';
import type { ExitReason, Schedule } from '../../base/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { startTimer } from '../../process/signal/index.js';
import { shouldRestart } from '../spec/index.js';
import type { Limits } from '../spec/index.js';
import { shutsDown, type Child, type MaybeLater } from './child.js';
import { gaveUp, tellGiveUp } from './give-up.js';
import type { Intensity } from './intensity.js';
import { idOf, offender, reasonOfStart, reportError } from './report.js';

/**
 * A restart that failed, or that waits for its back-off, is done through the queue: requests are
 * served in between (SU-20).
 */
export class Retry {
  /** why: what the child ended with, or why its start failed */
  reason: ExitReason = undefined;
  constructor(readonly child: Child) {}
}

/** What both kinds of supervisors keep about restarts. */
export interface Restarting {
  readonly p: Process;
  readonly intensity: Intensity;
  readonly limits: Limits;
}

/** Tells of an end (LG-02), and whether the child is to be started again. */
export function judgeEnd(state: Restarting, child: Child, reason: ExitReason): boolean {
  const { restart } = child.spec;
  if (restart === 'permanent' || !isOrderly(reason)) reportError(state.p, 'child_terminated', child, reason);
  return shouldRestart(restart, reason);
}

/** Why a child is to be restarted: a supervisor that gave up ended with `shutdown`, which says nothing. */
export function causeOf({ process, spec }: Child, reason: ExitReason): ExitReason {
  return spec.type === 'supervisor' && process !== null ? (gaveUp(process) ?? reason) : reason;
}

/** Whether a restart has to wait for its back-off; one that ends the supervisor does not. */
export function waits(state: Restarting, child: Child): boolean {
  return state.limits.backoff !== null && child.process?.ext?.verdict !== 'escalate';
}

/** Counts one attempt, whatever the size of the group (SU-21, SU-25); false when it is one too many. */
export function mayRestart(state: Restarting, child: Child, reason: ExitReason): boolean {
  const { kernel } = state.p;
  child.forgetWait();
  const now = kernel.env.mono();
  // A delivered message that has crashed its agent before is charged to its own attempts (design §7).
  const verdict = child.charged ? 'charged' : (child.process?.ext?.verdict ?? null);
  child.charged = false;
  const { intensity } = state;
  if (verdict === 'escalate') {
    tellGiveUp(state.p, offender(child, child.process), intensity, 'escalated', [{ id: idOf(child), reason }]);
    return false;
  }
  if (verdict === null && !intensity.allowsFor(now, idOf(child), reason)) {
    tellGiveUp(
      state.p, offender(child, child.process), intensity, 'reached_max_restart_intensity',
      intensity.causes(),
    );
    return false;
  }
  kernel.counts.restarts++;
  child.restarts++;
  if (state.limits.backoff !== null) child.startedAt = Math.floor(now); // a small integer needs no box
  return true;
}

/**
 * The start of a restart failed: the child shows `restarting`, and is tried again (SU-20 to SU-22), unless its
 * supervisor is to end.
 */
export function tryAgain(
  state: Restarting, child: Child, error: unknown, retry: Retry = new Retry(child),
): undefined {
  if (shutsDown(state.p)) return undefined;
  const reason = reasonOfStart(error);
  reportError(state.p, 'start_error', child, reason);
  retryLater(state, child, reason, retry);
  return undefined;
}

export function retryLater(
  state: Restarting, child: Child, reason: ExitReason, retry: Retry = new Retry(child),
): void {
  retry.reason = reason;
  child.charged = child.process?.ext?.verdict === 'charged';
  child.process = null;
  child.status = 'restarting';
  if (state.limits.backoff === null) pushSignal(state.p, TIMER, retry, null);
  else child.wait = startTimer(state.p.kernel, delayOf(state, child), state.p, retry);
}

function delayOf(state: Restarting, child: Child): number {
  const schedule = state.limits.backoff as Schedule;
  const { env } = state.p.kernel;
  if (env.mono() - child.startedAt >= schedule.maxMs) child.row = 0;
  return backoffMs(schedule, ++child.row, env.u32() / 0x1_0000_0000);
}

/** Ends the supervisor with `shutdown`, its children first (SU-24, SU-48). */
export function giveUp(self: AgentSelf): unknown {
  return self.stop('shutdown');
}

/**
 * Runs a start; what it throws or rejects with goes to `failed`. No closure when it is synchronous
 * and works.
 */
export function guarded(
  started: MaybeLater<void>, failed: (error: unknown) => undefined,
): MaybeLater<undefined> {
  return started instanceof Promise ? started.then(() => undefined, failed) : undefined;
}
