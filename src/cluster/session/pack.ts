import { FRAME_HEAD_BYTES, FRAME_MESSAGES_MAX, Kind, MESSAGE_HEAD_BYTES } from '../wire/index.js';
import { GAP } from './incoming.js';
import type { Peer, Session } from './peer.js';
import type { Sessions } from './sessions.js';

/** Full frames that leave in one turn; the rest in the next. */
const FRAMES_MAX = 16;

/** Sends what a turn of the event loop had for a peer: one frame, as long as it holds everything. */
export function pack(sessions: Sessions, peer: Peer, session: Session, frameBytesMax: number): void {
  const { out } = session;
  let frames = 0;
  while (session.frames > 0 && out.cursor <= Math.min(out.last, session.allowed)) {
    if (frames++ === FRAMES_MAX) {
      sessions.touch(peer);
      return;
    }
    session.frames--;
    const first = out.cursor;
    const messages = filled(session, frameBytesMax);
    if (out.cursor - 1 > out.sent) {
      if (out.sent === out.acked) session.progressAt = sessions.env.mono(); // the first that is waited for
      out.sent = out.cursor - 1;
      if (session.timed === 0) {
        session.timed = out.sent;
        session.timedAt = sessions.env.mono();
      }
    }
    say(sessions, peer, session, first, messages);
  }
  if (session.due || session.gap) say(sessions, peer, session, session.gap ? GAP : out.cursor, []);
}

function filled(session: Session, frameBytesMax: number): Uint8Array[] {
  const { out } = session;
  const last = Math.min(out.last, session.allowed, out.cursor + FRAME_MESSAGES_MAX - 1);
  const messages: Uint8Array[] = [];
  let bytes = FRAME_HEAD_BYTES;
  while (out.cursor <= last) {
    const message = out.at(out.cursor);
    bytes += message.length + MESSAGE_HEAD_BYTES;
    if (bytes > frameBytesMax) break;
    messages.push(message);
    out.cursor++;
  }
  return messages;
}

function say(
  sessions: Sessions, peer: Peer, session: Session, first: number, messages: readonly Uint8Array[],
): void {
  session.due = false;
  if (first === GAP) session.gap = false;
  session.told = session.received;
  session.saidAt = sessions.env.mono();
  sessions.write(peer.node, {
    kind: Kind.Data, mine: session.mine, yours: session.theirs, first, ack: session.received,
    limit: sessions.grant(peer, session), note: null, messages,
  });
}
