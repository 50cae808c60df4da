import type { Peer, Session } from './peer.js';
import type { Sessions } from './sessions.js';

const BACKOFF_MAX = 8;

/**
 * One look at all peers: what is to be sent again, what has waited too long, who is silent.
 *
 * @param lateMs so much later than due: our own event loop was held up, and nobody else is to blame for it
 */
export function look(sessions: Sessions, lateMs: number): void {
  const { rules, env } = sessions;
  const now = env.mono();
  const excused = lateMs > rules.tickMs ? lateMs : 0;
  for (const peer of [...sessions.peers.values()]) {
    const { session } = peer;
    if (session !== null) lookAt(sessions, peer, session, now, excused);
    if (peer.offer !== null) lookAtOffer(sessions, peer, now);
    if (peer.parked.length > 0) lookAtParked(sessions, peer, now);
    sessions.forget(peer);
  }
}

function lookAt(sessions: Sessions, peer: Peer, session: Session, now: number, excused: number): void {
  const { rules } = sessions;
  const { out } = session;
  session.heardAt = Math.min(now, session.heardAt + excused);
  session.progressAt = Math.min(now, session.progressAt + excused);
  if (now - session.heardAt > rules.silenceMs) {
    sessions.end(peer, 'silence', true);
    return;
  }
  const patience = session.rtt + rules.resendMs * Math.min(BACKOFF_MAX, 2 ** session.resends);
  if (out.sent > out.acked && now - session.progressAt > patience) sessions.again(peer, session);
  const before = session.granted;
  if (session.received > session.told || sessions.grant(peer, session) > before
    || now - session.saidAt >= rules.beatMs) {
    session.due = true;
    sessions.touch(peer);
  }
}

function lookAtOffer(sessions: Sessions, peer: Peer, now: number): void {
  const { rules } = sessions;
  const offer = peer.offer as NonNullable<Peer['offer']>;
  if (now - offer.since > rules.openMs) {
    peer.offer = null;
    return;
  }
  const patience = rules.resendMs * Math.min(BACKOFF_MAX, 2 ** (offer.hellos - 1));
  if (offer.hellos > 0 && now - offer.helloAt > patience) sessions.ask(peer);
}

function lookAtParked(sessions: Sessions, peer: Peer, now: number): void {
  const parkMs = sessions.rules.parking?.parkMs ?? 0;
  if (now - peer.parkedAt > parkMs) sessions.giveUp(peer);
  else if (!peer.asks && peer.session === null) sessions.ask(peer);
}
