import { Deadline } from '../../base/index.js';
import { handleOf } from '../inspect/index.js';
import { Phase, Run } from '../record/index.js';
import type { Behaviour, Process } from '../record/index.js';
import type * as contract from '../record/index.js';

/**
 * Hibernation of one process, when it has been idle for long (GS-31) or its callback asks for it:
 * its mailbox gives spare storage back. Whoever asked for a time pays a deadline set back per
 * message; nobody else pays anything.
 */
export class Hibernation extends Deadline implements contract.Hibernation {
  /** it hibernates: no message since */
  asleep = false;
  constructor(
    readonly p: Process,
    /** -1 when it was never asked for by time */
    public ms: number,
  ) {
    super();
  }

  expire(): void {
    const { p } = this;
    if (p.phase === Phase.Dead) return;
    if (p.run !== Run.Idle || p.mailbox.held || p.mailbox.n > 0) this.arm();
    else this.sleep();
  }

  sleep(): void {
    this.p.mailbox.shrink();
    this.asleep = true;
  }

  /** A message came. */
  wake(): void {
    this.asleep = false;
    this.returned();
  }

  /** A handler that awaited has returned: the time counts from now on. What it asked for stays. */
  returned(): void {
    if (this.ms < 0) return;
    this.p.kernel.deadlines.remove(this);
    this.arm();
  }

  /** A system message was handled: one that hibernates goes on to, as in OTP. */
  looked(): void {
    if (this.asleep) this.sleep();
    else this.returned();
  }

  private arm(): void {
    this.p.kernel.deadlines.add(this, this.ms);
  }
}

/** From now on the process hibernates whenever it has been idle for so long. */
export function hibernateAfter(p: Process, ms: number): void {
  const made = hibernationOf(p);
  made.ms = ms;
  made.returned();
}

/** Its callback asks for it: once it is idle, and until the next message. */
export function hibernate(p: Process): void {
  hibernationOf(p).sleep();
}

function hibernationOf(p: Process): contract.Hibernation {
  const ext = p.cold();
  if (ext.hibernation === null) {
    ext.hibernation = new Hibernation(p, -1);
    if (p.handle === handleOf(p)) p.handle = handleAwake;
  }
  return ext.hibernation;
}

/** Any message resets it; what wraps this finds it through `innerHandle`. */
const handleAwake: Behaviour['handle'] = (p, op, payload, from) => {
  p.ext?.hibernation?.wake();
  return handleOf(p)(p, op, payload, from);
};

/** What debug functions wrap: everything that is between the mailbox and the behaviour. */
export function innerHandle(p: Process): Behaviour['handle'] {
  return p.ext !== null && p.ext.hibernation !== null ? handleAwake : handleOf(p);
}
