import { isOrderly, isThenable, reasonOf } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { isError } from '../../base/text/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { Request } from '../../router/request/index.js';
import { isControl } from './control.js';
import type { Engine } from './engine.js';

/** How a process ends, while its terminate runs. */
export interface Ending {
  reason: ExitReason;
  readonly replyTo: Request | null;
  readonly reply: unknown;
}

const endingOf = (p: Process): Ending => p.cold().ending as Ending;

/**
 * Why a process ends whose code let `error` out. That it is what its own signal said of its
 * parent's shutdown, as `fetch` throws it, or the AbortError that Node's timers make of it, is no
 * crash: the process ends as it was asked to.
 */
export function lastReason(p: Process, error: unknown): ExitReason {
  const asked = p.ext === null ? null : p.ext.shutdown;
  return asked !== null && (error === asked.reason || abortedBy(error, asked.reason))
    ? asked.reason
    : reasonOf(error);
}

function abortedBy(error: unknown, reason: ExitReason): boolean {
  try {
    return isError(error) && error.name === 'AbortError' && error.cause === reason;
  } catch {
    return false;
  }
}

/**
 * An exit signal of its parent ends a process that traps through terminate (GS-35); any other is a
 * message (GS-36).
 */
export function isParents(p: Process, from: unknown): boolean {
  return p.parent !== null && from === p.parent;
}

/**
 * Runs terminate while the process is alive and named, then the exit pipeline. A promise of
 * terminate is returned: the process parks, and `terminated` goes on.
 */
export function conclude(
  p: Process, reason: ExitReason, replyTo: Request | null = null, reply?: unknown,
): unknown {
  const ending: Ending = { reason, replyTo, reply };
  p.cold().ending = ending;
  p.phase = Phase.Terminating;
  const run = (p.behaviour as Engine).terminator(p) as ((self: unknown, reason: ExitReason) => unknown) | null;
  if (run !== null) {
    try {
      const result = run(p.self, reason);
      if (result !== undefined && isThenable(result)) return result;
    } catch (error) {
      terminateThrew(p, error);
    }
  }
  return terminated(p);
}

/**
 * A crash in terminate is the new reason (GS-39); the one that it replaces is logged. A control
 * value that is thrown counts as returned.
 */
export function terminateThrew(p: Process, error: unknown): void {
  if (isControl(error)) return;
  const ending = endingOf(p);
  if (!isOrderly(ending.reason)) {
    p.kernel.warn(
      `terminate failed while the ${(p.behaviour as Engine).kind} was ending for another reason`,
      { pid: p.pid, name: p.name?.name, error: ending.reason },
    );
  }
  ending.reason = lastReason(p, error);
}

/** The last reply is sent after terminate, also when terminate crashed (GS-21). */
export function terminated(p: Process): undefined {
  if (p.phase === Phase.Dead) return; // its terminate has ended it
  const { reason, replyTo, reply } = endingOf(p);
  replyTo?.reply(reply);
  const orderly = isOrderly(reason);
  if (!orderly && p.kernel.reporting) (p.behaviour as Engine).report(p, reason);
  exitProcess(p, reason, orderly);
}
