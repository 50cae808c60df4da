import type { Holding, Process } from '../../process/record/index.js';
import { rests } from './rests.js';

/** Who lives under an address, as the sweep sees it. */
export interface Sleeper extends Holding {
  readonly p: Process | null;
  readonly running: boolean;
  /** its state is being saved, before it may leave */
  readonly saving: boolean;
  /** messages that it had had when it was looked at last */
  seen: number;
  /** the sweep at which that number was new */
  active: number;
}

/** Messages that have come and gone so far: a long handler is active when it begins and when it ends. */
function movesOf({ mailbox }: Process): number {
  return mailbox.sent + mailbox.handled;
}

/** Looks whether it has been active since the last sweep. */
export function look(one: Sleeper, sweep: number): void {
  if (one.p === null) return;
  const moves = movesOf(one.p);
  if (moves === one.seen) return;
  one.seen = moves;
  one.active = sweep;
}

/** Whether it has had no message since it was looked at, and nothing is open. */
export function isAtRest(one: Sleeper): boolean {
  const { p } = one;
  return p !== null && one.running && !one.saving && rests(p, one) && movesOf(p) === one.seen;
}

/** The least recently used of those that rest, so many at most; of equals those that came first. All were looked at. */
export function leastUsed<S extends Sleeper>(all: Iterable<S>, many: number, but: S | null): S[] {
  const resting: S[] = [];
  for (const one of all) if (one !== but && isAtRest(one)) resting.push(one);
  return resting.sort((a, b) => a.active - b.active).slice(0, many);
}
