import type { FrameFault } from '../wire/index.js';

/**
 * What became of messages at this node, in exact integers:
 * `accepted = forwarded + unknown + dropped + waiting`. Of all nodes together, forwarded ≤ received ≤
 * forwarded + unknown + waiting; of one that was killed, what waited in it then.
 */
export class SessionAccount {
  accepted = 0;
  /** the peer has them */
  forwarded = 0;
  /** on their way when the session ended: whether they came is not known */
  unknown = 0;
  /** never left: no session came for them in time, or it ended before */
  dropped = 0;
  /** not accepted: no session, no room, too large */
  refused = 0;
  /** handed on, in order */
  received = 0;
  /** that came again, or behind a gap: not handed on */
  repeated = 0;
  /** frames of another session, another incarnation, or for another node */
  stale = 0;
  /** frames that were sent again */
  resent = 0;
  /** what came and is no frame */
  readonly faults: Record<FrameFault, number> = { damaged: 0, limit: 0, version: 0 };
}
