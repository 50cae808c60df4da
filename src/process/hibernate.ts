import { Deadline } from '../base/index.js';
import { Phase, Run, type Behaviour, type Process } from './process.js';
import { handleOf } from './watchdog.js';

/**
 * Hibernation of one process that has been idle for long (GS-31): its mailbox gives spare storage back. Whoever asked for it
 * pays a deadline set back per message; nobody else pays anything.
 */
export class Hibernation extends Deadline {
  /** it hibernates: no message since */
  asleep = false;
  constructor(
    readonly p: Process,
    readonly ms: number,
  ) {
    super();
  }

  expire(): void {
    const { p } = this;
    if (p.phase === Phase.Dead) return;
    if (p.run !== Run.Idle || p.mailbox.held || p.mailbox.n > 0) {
      this.arm();
      return;
    }
    p.mailbox.shrink();
    this.asleep = true;
  }

  /** A message came, or a handler that awaited has returned. */
  wake(): void {
    this.asleep = false;
    this.p.kernel.deadlines.remove(this);
    this.arm();
  }

  private arm(): void {
    this.p.kernel.deadlines.add(this, this.ms);
  }
}

/** From now on the process hibernates whenever it has been idle for so long. */
export function hibernateAfter(p: Process, ms: number): void {
  const made = new Hibernation(p, ms);
  p.cold().hibernation = made;
  if (p.handle === handleOf(p)) p.handle = handleAwake;
  made.wake();
}

/** Any message resets it; what wraps this finds it through `innerHandle`. */
const handleAwake: Behaviour['handle'] = (p, op, payload, from) => {
  (p.ext?.hibernation as Hibernation).wake();
  return handleOf(p)(p, op, payload, from);
};

/** What debug functions wrap: everything that is between the mailbox and the behaviour. */
export function innerHandle(p: Process): Behaviour['handle'] {
  return p.ext !== null && p.ext.hibernation !== null ? handleAwake : handleOf(p);
}
