import type { Lane, Op } from '../../src/mailbox/index.js';

/** Takes the oldest message. */
export function take(lane: Lane): { readonly op: Op; readonly payload: unknown; readonly from: unknown } {
  return lane.take((op, payload, from) => ({ op, payload, from }));
}
