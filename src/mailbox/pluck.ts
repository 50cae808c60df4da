import { handled, lifted } from './account.js';
import type { Lane } from './lane.js';
import { Rank, type Mailbox } from './mailbox.js';
import { EXTRA } from './message/index.js';
import type { Extra } from './message/index.js';

/** Whether a message, by its `from`, joins the one that is handled. */
export type Joins = (from: unknown) => boolean;

/**
 * Takes messages out of a lane for the one that is handled now, as if their turn had come with it:
 * they count as handled. With `next` only those that stand first, up to one that does not join;
 * else all that join, O(queued in that lane).
 */
export function pluck(box: Mailbox, rank: Rank, many: number, next: boolean, joins: Joins): void {
  const lane: Lane | null = rank === Rank.Normal ? box : (box.extra?.lanes[rank] ?? null);
  if (lane === null) return;
  let left = many;
  while (left > 0 && lane.n > 0) {
    let stopped = false;
    let found: Extra | null = null;
    const distance = lane.removeFirst((op, _payload, from) => {
      if (stopped) return false;
      found = op === EXTRA ? (from as Extra) : null;
      if (!op.signal && joins(op === EXTRA ? (from as Extra).from : from)) return true;
      stopped = next;
      return false;
    });
    if (distance < 0) break;
    if (lane === box) box.sampleLeft = 0;
    else if (lane.n === 0) box.ready &= ~(1 << rank);
    if (found !== null && box.extra !== null && box.extra.pressure !== null) box.forget(found);
    lifted(box);
    handled(box);
    left--;
  }
  const pressure = box.extra === null ? null : box.extra.pressure;
  if (left < many && pressure !== null) box.letIn(pressure, pressure.returns ? 1 : 0);
}
