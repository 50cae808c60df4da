import { CallError, CastcallError } from '../../../base/index.js';
import { isA } from '../../../base/text/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { RetryRefusal } from '../../../api/letters.js';

/* Dead letters of stored messages that are sent again. */

/** It is nothing that its operation takes today. */
export const UNFIT: unique symbol = Symbol('unfit');

/** What the payload of a stored message is today, whenever it was written. */
export function upcastOf(op: Op, payload: unknown, version: number): unknown {
  try {
    return op.upcast(payload, version);
  } catch {
    return UNFIT;
  }
}

/** What a store says of what it does not take. */
const STORE_REFUSALS: ReadonlySet<string> = new Set<RetryRefusal>([
  'STORE_FULL', 'STORE_FAILED', 'STORE_CLOSED', 'NOT_STORABLE',
]);

/** Null for what is no refusal. */
export function refusalCode(error: unknown): RetryRefusal | null {
  const refused = isA(error, CallError) || (isA(error, CastcallError) && STORE_REFUSALS.has(error.code));
  return refused ? error.code as RetryRefusal : null;
}
