import type { Lane } from '../../src/mailbox/lane.js';
import type { Op } from '../../src/mailbox/message/op.js';

/** Takes the oldest message. */
export function take(lane: Lane): { readonly op: Op; readonly payload: unknown; readonly from: unknown } {
  return lane.take((op, payload, from) => ({ op, payload, from }));
}
