import { isError, isOrderly, isThenable, reasonOf, type ExitReason } from '../../base/index.js';
import { exitProcess, Phase, type Process } from '../../process/index.js';
import type { AgentDefinition } from '../agent/definition.js';
import type { AgentSelf, Ending } from './self.js';

export const definitionOf =
  (p: Process): AgentDefinition => (p.behaviour as unknown as { readonly definition: AgentDefinition }).definition;

/**
 * Why a process ends whose code let `error` out. That it is what its own signal said of its parent's shutdown, as
 * `fetch` throws it, or the AbortError that Node's timers make of it, is no crash: the process ends as it was asked to.
 */
export function lastReason(p: Process, error: unknown): ExitReason {
  const asked = p.ext === null ? null : p.ext.shutdown;
  return asked !== null && (error === asked.reason || abortedBy(error, asked.reason)) ? asked.reason : reasonOf(error);
}

function abortedBy(error: unknown, reason: ExitReason): boolean {
  try {
    return isError(error) && error.name === 'AbortError' && error.cause === reason;
  } catch {
    return false;
  }
}

/**
 * Runs terminate while the agent is alive and named, then the exit pipeline. A crash in terminate is the new reason
 * (GS-39).
 */
export function conclude(p: Process, self: AgentSelf, ending: Ending): unknown {
  self.ending = ending;
  p.phase = Phase.Terminating;
  const run = definitionOf(p).terminate as unknown as ((self: AgentSelf, reason: ExitReason) => unknown) | null;
  if (run !== null) {
    try {
      const result = run(self, ending.reason);
      if (result !== undefined && isThenable(result)) return result;
    } catch (error) {
      replaceReason(p, ending, error);
    }
  }
  end(p, self);
  return undefined;
}

/** GS-39; the reason that is replaced is not lost: it is logged. */
export function replaceReason(p: Process, ending: Ending, error: unknown): void {
  if (!isOrderly(ending.reason)) {
    p.kernel.warn(
      'terminate failed while the agent was ending for another reason',
      { pid: p.pid, name: p.name?.name, error: ending.reason },
    );
  }
  ending.reason = lastReason(p, error);
}

/** The last reply is sent after terminate, also when terminate crashed (GS-21). */
export function end(p: Process, self: AgentSelf): void {
  const ending = self.ending as Ending;
  ending.replyTo?.reply(ending.reply);
  exitProcess(p, ending.reason, isOrderly(ending.reason));
}
