import type { Destination } from '../destination.js';
import { countQueued } from '../hold.js';
import type { Message } from '../message.js';
import { State } from '../states.js';

/**
 * Its state machine postpones its event: it waits there, begun, and can be cancelled or expire until
 * its turn comes again. False when the machine has it no longer.
 */
export function postponed(to: Destination, d: Message): boolean {
  if (!d.running) return false;
  const rare = d.rarely();
  rare.postponed = true;
  rare.dropTimers(to.kernel.deadlines);
  to.counters.running--;
  to.all.running--;
  countQueued(to);
  d.state = State.Queued;
  d.moved();
  return true;
}
