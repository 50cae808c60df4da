import type { Deadlines } from '../../../base/index.js';
import { State } from '../states.js';

interface Counts {
  running: number;
  inTransit: number;
}

/** The delivery that is handled. */
interface Postponable {
  readonly running: boolean;
  state: State;
  rarely(): { postponed: boolean; dropTimers(deadlines: Deadlines): void };
  moved(): void;
}

interface Place {
  readonly kernel: { readonly deadlines: Deadlines };
  readonly counters: Counts;
  readonly all: Counts;
}

/**
 * Its state machine postpones its event: it waits there, begun, and can be cancelled or expire until
 * its turn comes again. False when the machine has it no longer.
 */
export function postponed({ kernel, counters, all }: Place, d: Postponable): boolean {
  if (!d.running) return false;
  const rare = d.rarely();
  rare.postponed = true;
  rare.dropTimers(kernel.deadlines);
  for (const counts of [counters, all]) {
    counts.running--;
    counts.inTransit++;
  }
  d.state = State.Queued;
  d.moved();
  return true;
}
