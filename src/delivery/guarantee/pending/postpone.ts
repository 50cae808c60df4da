import type { Deadlines } from '../../../base/index.js';
import type { Gate, Process } from '../../../process/record/index.js';
import type { RequestExtra } from '../../../router/request/index.js';
import { State } from '../states.js';
import type { Stored } from '../store/stored.js';

/* A delivery whose handler answers it before the end of its turn, or whose state machine postpones it there. */

interface Counts {
  running: number;
  inTransit: number;
  delivered: number;
}

/** The delivery that is handled. */
interface Postponable {
  readonly callee: Process;
  readonly running: boolean;
  readonly starts: number;
  readonly extra: RequestExtra | null;
  attempts: number;
  state: State;
  rarely(): {
    postponed: boolean;
    answering: number;
    readonly stored: Stored | null;
    dropTimers(deadlines: Deadlines): void;
  };
  moved(): void;
}

interface Place {
  readonly kernel: { readonly deadlines: Deadlines; readonly gate: Gate | null };
  readonly counters: Counts;
  readonly all: Counts;
}

/**
 * Its handler says how it ends: true when that counts from the end of the handler on, as a part of
 * its turn, which then calls `end`: it may be over by then. With `told`, its end is told once the turn is safe.
 */
export function endsWithTurn(gate: Gate, d: Postponable, end: () => void, told: boolean): boolean {
  // A process of its own has no turn.
  if (d.extra !== null && d.extra.worker !== null) return false;
  if (!gate.joins(d.callee, end, told ? d : undefined)) return false;
  d.rarely().answering = d.starts;
  return true;
}

/**
 * Its state machine postpones its event: it waits there, begun, and can be cancelled or expire until
 * its turn comes again. False when the machine has it no longer, or has answered it.
 */
export function postponed({ kernel, counters, all }: Place, d: Postponable): boolean {
  const rare = d.rarely();
  if (!d.running || rare.answering === d.starts) return false;
  if (rare.stored !== null) unmark(kernel.gate, d, rare.stored);
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

/** Nothing of it runs: a program that dies from the end of this turn on has not died of it. */
function unmark(gate: Gate | null, d: Postponable, stored: Stored): void {
  const back = (): void => stored.undone(d.attempts - 1);
  if (gate === null || !gate.joins(d.callee, back)) back();
}

/** Its event comes again: the attempt that had begun goes on. */
export function comesAgain({ counters, all }: Place, d: Postponable): void {
  const rare = d.rarely();
  rare.postponed = false;
  d.attempts--;
  for (const counts of [counters, all]) counts.delivered--;
  if (rare.stored !== null) rare.stored.begins(d.attempts);
}
