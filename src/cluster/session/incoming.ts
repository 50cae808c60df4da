import { type Frame, Kind } from '../wire/index.js';
import type { Peer, Session } from './peer.js';
import type { Sessions } from './sessions.js';

/** The place of the first message in a frame that says: something before what has come is missing. */
export const GAP = 0;

/** A frame of the session that there is. */
export function heard(sessions: Sessions, peer: Peer, session: Session, frame: Frame): void {
  session.heardAt = sessions.env.mono();
  session.absences = 0;
  if (frame.kind === Kind.Bye) sessions.end(peer, 'bye', false);
  else if (frame.kind === Kind.Data && took(sessions, peer, session, frame)) receive(sessions, peer, session, frame);
}

/** What the other end says of what we sent; false when it cannot be. */
function took(sessions: Sessions, peer: Peer, session: Session, frame: Frame): boolean {
  const { out } = session;
  const now = sessions.env.mono();
  const before = out.acked;
  const progress = out.acknowledge(frame.ack);
  if (progress === null || frame.limit > LIMIT_MAX) {
    sessions.end(peer, 'protocol', true);
    return false;
  }
  sessions.account.forwarded += out.acked - before;
  if (frame.limit > session.allowed) session.allowed = frame.limit;
  if (progress) {
    session.resends = 0;
    session.progressAt = now;
    if (session.timed > 0 && out.acked >= session.timed) {
      session.rtt = now - session.timedAt;
      session.timed = 0;
    }
    if (session.frames !== Infinity) more(session);
  }
  if (frame.first === GAP && frame.ack === out.acked) missing(sessions, peer, session, now);
  if (out.cursor <= Math.min(out.last, session.allowed)) sessions.touch(peer);
  return true;
}

/** A hole is filled once: each frame behind it says that it is there, for as long as it takes to fill it. */
function missing(sessions: Sessions, peer: Peer, session: Session, now: number): void {
  const patience = Math.max(sessions.rules.tickMs, session.rtt);
  const { out } = session;
  session.frames = Infinity;
  if (session.againFor !== out.acked) session.progressAt = now;
  else if (now - session.againAt < patience) return;
  sessions.rewind(peer, session);
}

/** There is news after a time without: what left then may have been lost, or is only late. */
function more(session: Session): void {
  const { out } = session;
  session.burst *= 2;
  session.frames = out.cursor > out.sent ? Infinity : session.burst;
}

function receive(sessions: Sessions, peer: Peer, session: Session, { first, messages }: Frame): void {
  const { account, events, rules } = sessions;
  if (messages.length === 0) return;
  const known = session.received + 1 - first; // so many of these have come before
  if (first === GAP || known < 0) {
    account.repeated += messages.length;
    session.gap = session.due = true;
    sessions.touch(peer);
    return;
  }
  account.repeated += Math.min(known, messages.length);
  for (let at = known; at < messages.length; at++) {
    if (session.received >= session.granted) break; // beyond its credit: it comes again
    session.received++;
    account.received++;
    try {
      events.message(peer.node, messages[at] as Uint8Array);
    } catch (error) {
      events.failed('message', error);
    }
    if (peer.session !== session) return; // ended by what it caused
  }
  // What had come before was acknowledged by a frame that was lost. Otherwise when a quarter of the credit is used up.
  const credit = Math.min(rules.window, session.granted - session.told);
  if (known > 0 || session.received - session.told >= Math.max(1, credit / 4)) {
    session.due = true;
    sessions.touch(peer);
  }
}

const LIMIT_MAX = Number.MAX_SAFE_INTEGER / 2;
