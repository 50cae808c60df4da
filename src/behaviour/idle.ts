import { Deadline } from '../base/index.js';
import { IDLE, Rank } from '../mailbox/index.js';
import { pushSignal, type Process } from '../process/index.js';

/** The idle timeout of one agent: pushes a message of its own when it passes; any other message cancels it (GS-27). */
export class IdleDeadline extends Deadline {
  /** what was pushed and not yet taken belongs to this arming, or is stale */
  armed = true;
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

/** Arms or re-arms it; 0 lets what is already queued go first (GS-28), unless it is immune (GS-30). */
export function armIdle(p: Process, ms: number, message: unknown, immune: boolean): void {
  disarmIdle(p);
  const made = new IdleDeadline(p, ms, message, immune);
  p.cold().idle = made;
  if (ms > 0) p.kernel.deadlines.add(made, ms);
  else if (immune) pushSignal(p, IDLE, made, null, Rank.Front);
  else made.expire();
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
  const idle = idleOf(p);
  if (idle !== null && !idle.immune) armIdle(p, idle.ms, idle.message, false);
}

/** The agent was suspended: no time passes for its idle timeout until it is resumed. */
export function pauseIdle(p: Process): void {
  const idle = idleOf(p);
  if (idle === null || idle.immune) return;
  disarmIdle(p);
  p.cold().idle = new IdleDeadline(p, idle.ms, idle.message, false);
}

function idleOf(p: Process): IdleDeadline | null {
  const idle = p.ext?.idle;
  return idle instanceof IdleDeadline ? idle : null;
}
