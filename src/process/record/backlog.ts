import type { Op } from '../../mailbox/message/index.js';

/** A message that selective receive has passed over. */
export interface Kept {
  readonly op: Op;
  readonly payload: unknown;
  readonly from: unknown;
}

/** Messages that a behaviour keeps to itself, still in the account; given back when the process ends. */
export interface Backlog {
  readonly size: number;
  /** oldest first; a copy */
  list(): Kept[];
  /** takes all of them out, oldest first */
  drain(): Kept[];
}
