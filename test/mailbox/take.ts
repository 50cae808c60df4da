import type { Lane, Op } from '../../src/mailbox/index.js';

/** Takes the oldest message as the loop does, in place. */
export function take(lane: Lane): { readonly op: Op; readonly payload: unknown; readonly from: unknown } {
  if (lane.hi === lane.hend) lane.nextSegment();
  const segment = lane.head as unknown[];
  const at = lane.hi;
  lane.hi = at + 3;
  lane.n--;
  const message = { op: segment[at] as Op, payload: segment[at + 1], from: segment[at + 2] };
  segment[at + 1] = null;
  segment[at + 2] = null;
  return message;
}
