// One peer, as this node sees it: the session that there is, and the handshake for the next.
//
//   a ── hello (a's tag) ──▶ b      both draw a tag for each session: a frame carries both, so that nothing of an
//   a ◀─ welcome (both) ─── b      earlier session, or of an earlier incarnation, is ever taken for one of this
//   a ── data (both) ─────▶ b      b has a session only when its own tag comes back: a hello that was under way for
//                                  long, or comes twice, opens nothing and ends nothing
//
// A session in one direction is a prefix of what was accepted, in order. What is missing is sent again, from the first
// missing one on; what does not come after so many times ends the session, at both ends: who gets a frame of a session
// that it has not says so (bye), and who is told nothing notices the silence. A new session begins at 1, with new tags.
import { Outbox } from './outbox.js';

/** A session that is being agreed upon. */
export interface Offer {
  readonly mine: number;
  /** what the other end calls it; 0: it has not said so */
  theirs: number;
  /** since when; of ours: since the first hello */
  since: number;
  /** when the last hello left, or -Infinity: the other end asked */
  helloAt: number;
  /** when our tag last left */
  saidAt: number;
  hellos: number;
}

/** A session that both ends have agreed upon. */
export class Session {
  readonly out: Outbox = new Outbox();
  /** all up to this one have come */
  received = 0;
  /** received when the last frame left: the peer knows */
  told = 0;
  /** so far the peer may send, and so far we may */
  granted: number;
  allowed = 0;
  heardAt: number;
  saidAt: number;
  /** of what was sent: when something of it came, or it was sent again */
  progressAt: number;
  resends = 0;
  /** frames that may leave before news of what was sent: after a time without any, one; twice as many with each */
  frames: number = Infinity;
  burst = 1;
  /** when what was sent was sent again, and from behind which one on */
  againAt: number = -Infinity;
  againFor = -1;
  /** from a frame to its acknowledgement, the last that was measured: ms */
  rtt: number;
  /** the frame that is measured ends with this one, and left then; 0: none */
  timed = 0;
  timedAt = 0;
  /** evidence that nobody listens there, in a row */
  absences = 0;
  /** something is to be said at the end of the turn, also without a message */
  due = true;
  /** the peer lacks something before what has come */
  gap = false;
  constructor(
    readonly incarnation: string, readonly mine: number, readonly theirs: number, now: number, window: number,
    rtt: number,
  ) {
    this.granted = window;
    this.rtt = rtt;
    this.heardAt = this.saidAt = this.progressAt = now;
  }
}

export class Peer {
  session: Session | null = null;
  offer: Offer | null = null;
  /** wait for a session */
  parked: Uint8Array[] = [];
  parkedBytes = 0;
  /** when the oldest of them was parked */
  parkedAt = 0;
  /** in the list of those that have something to say at the end of this turn */
  dirty = false;
  constructor(readonly node: string) {}

  /** We want a session; an offer alone may be what the other end wanted. */
  get asks(): boolean {
    return this.offer !== null && this.offer.hellos > 0;
  }

  /** Nothing is kept of it. */
  get idle(): boolean {
    return this.session === null && this.offer === null && this.parked.length === 0;
  }
}
