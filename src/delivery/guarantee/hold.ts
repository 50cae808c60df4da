import { held, released } from '../../mailbox/index.js';
import { Cell } from '../../router/names/index.js';
import type { Destination } from './destination.js';
import type { Message } from './message.js';
import { BackOff } from './rare.js';
import { State } from './states.js';

/** A message that is in no account now: it is in no mailbox, and will have its turn later. */
export function hold(to: Destination, d: Message): void {
  held(to.kernel.outside);
  to.counters.pending++;
  to.all.pending++;
  d.state = State.Held;
  to.shared.held.add(d);
  d.moved();
}

/** Messages of earlier lives are held until they are given to their owner, or left again. */
export function holdRecovered({ kernel, counters, all }: Destination, many: number): void {
  for (let n = 0; n < many; n++) held(kernel.outside);
  for (const counts of [counters, all]) {
    counts.pending += many;
    counts.recovered += many;
  }
}

/** Those that were never given to an owner are left to a later life. */
export function leaveRecovered({ kernel, counters, all }: Destination, many: number): void {
  for (let n = 0; n < many; n++) released(kernel.outside);
  for (const counts of [counters, all]) {
    counts.pending -= many;
    counts.stored += many;
  }
}

/** One of them is made a message again: it is held as such. */
export function heldAgain(to: Destination, d: Message): void {
  d.state = State.Held;
  to.shared.held.add(d);
}

/** A held message goes on: it is in no account now. */
export function release(to: Destination, d: Message): void {
  released(to.kernel.outside);
  to.counters.pending--;
  to.all.pending--;
  to.shared.held.delete(d);
}

/** A held message waits until somebody owns its name, or until there is room. */
export function awaitOwner(to: Destination, d: Message): void {
  const { target } = d;
  to.waiting.push(d);
  if (!(target instanceof Cell) || target.owner !== null) to.waiting.arm(to.kernel.deadlines, to.shared.retrying);
  else if (target.activator !== null && (d.rare === null || !d.rare.quiet)) target.activator.wanted(target);
}

/** A held message waits for so long, ms. */
export function awaitBackOff(to: Destination, d: Message, ms: number): void {
  const wait = (d.rarely().wait = new BackOff(d));
  to.kernel.deadlines.add(wait, ms);
}

/** An accepted message stands in line before its mailbox, which has it in its account: it is still pending. */
export function inLine(to: Destination, change: 1 | -1): void {
  to.counters.pending += change;
  to.all.pending += change;
}

export function countQueued({ counters, all }: Destination): void {
  counters.inTransit++;
  all.inTransit++;
}

export function leaveMailbox({ counters, all }: Destination): void {
  counters.inTransit--;
  all.inTransit--;
}
