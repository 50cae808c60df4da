import { Deadline } from '../../../base/index.js';
import { Rank } from '../../../mailbox/index.js';
import { IDLE } from '../../../mailbox/message/index.js';
import { Run } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { pushSignal } from '../../../process/send/index.js';

/**
 * The idle timeout of one agent: pushes a message of its own when it passes; any other message
 * cancels it (GS-27).
 */
export class IdleDeadline extends Deadline {
  /** what was pushed and not yet taken belongs to this arming, or is stale */
  armed = true;
  /**
   * its time runs: it does not while the handler that asked for it runs or awaits, nor while the
   * agent is suspended
   */
  begun = false;
  constructor(
    readonly p: Process,
    readonly ms: number,
    /** what arrives in `info` */
    readonly message: unknown,
    /** not touched by system messages, and 0 comes before what is queued (GS-30) */
    readonly immune: boolean,
  ) {
    super();
  }
  expire(): void {
    pushSignal(this.p, IDLE, this, null);
  }
}

/**
 * Asks for one. Its time counts from the return of the handler that asks, as OTP's does, also when
 * it awaits before; asked for between handlers, from now.
 */
export function askIdle(p: Process, ms: number, message: unknown, immune: boolean): void {
  disarmIdle(p);
  p.cold().idle = new IdleDeadline(p, ms, message, immune);
  if (p.run !== Run.Running && p.run !== Run.Parked) beginIdle(p);
}

/**
 * The handler that asked for it has returned; 0 lets what is already queued go first (GS-28),
 * unless it is immune (GS-30).
 */
export function beginIdle(p: Process): void {
  const idle = idleOf(p);
  if (idle === null || idle.begun) return;
  idle.begun = true;
  if (idle.ms > 0) p.kernel.deadlines.add(idle, idle.ms);
  else if (idle.immune) pushSignal(p, IDLE, idle, null, Rank.Front);
  else idle.expire();
}

/** A message came: the timeout must be asked for again. A fired one that is still queued becomes stale. */
export function disarmIdle(p: Process): void {
  const idle = idleOf(p);
  if (idle === null) return;
  idle.armed = false;
  p.kernel.deadlines.remove(idle);
  (p.cold()).idle = null;
}

/** A system message was handled: the whole time begins anew (GS-29). */
export function restartIdle(p: Process): void {
  if (pauseIdle(p)) beginIdle(p);
}

/**
 * The agent was suspended: no time passes for its idle timeout until it is resumed. False for one
 * that system messages do not touch.
 */
export function pauseIdle(p: Process): boolean {
  const idle = idleOf(p);
  if (idle === null || idle.immune) return false;
  disarmIdle(p);
  p.cold().idle = new IdleDeadline(p, idle.ms, idle.message, false);
  return true;
}

function idleOf(p: Process): IdleDeadline | null {
  const idle = p.ext?.idle;
  return idle instanceof IdleDeadline ? idle : null;
}
