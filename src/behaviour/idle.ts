import { Deadline } from '../base/index.js';
import { IDLE } from '../mailbox/index.js';
import { pushSignal, type Process } from '../process/index.js';

/** The idle timeout of one agent: pushes a message of its own when it passes; any other message cancels it (GS-27). */
export class IdleDeadline extends Deadline {
  /** what was pushed and not yet taken belongs to this arming, or is stale */
  armed = false;
  constructor(readonly p: Process) {
    super();
  }
  expire(): void {
    pushSignal(this.p, IDLE, this, null);
  }
}

/** Arms or re-arms it; 0 lets what is already queued go first (GS-28). */
export function armIdle(p: Process, ms: number): void {
  disarmIdle(p);
  const made = new IdleDeadline(p);
  made.armed = true;
  p.cold().idle = made;
  if (ms === 0) made.expire();
  else p.kernel.deadlines.add(made, ms);
}

/** A message came: the timeout must be asked for again. A fired one that is still queued becomes stale. */
export function disarmIdle(p: Process): void {
  const idle = p.ext?.idle;
  if (!(idle instanceof IdleDeadline)) return;
  idle.armed = false;
  p.kernel.deadlines.remove(idle);
  (p.cold()).idle = null;
}
