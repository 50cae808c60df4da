// Wrong variants of sessions between nodes: see scripts/mutants.mjs.
const sessions = 'src/cluster/session/sessions.js';
const incoming = 'src/cluster/session/incoming.js';
const outbox = 'src/cluster/session/outbox.js';
const pack = 'src/cluster/session/pack.js';
const tick = 'src/cluster/session/tick.js';

export const nodeSessions = [
  { name: 'session: what comes behind a gap is handed on', file: incoming, edits: [
    ['first === GAP || known < 0', 'first === GAP'],
  ] },
  { name: 'session: what came before is handed on again', file: incoming, edits: [
    ['for (let at = known; at', 'for (let at = 0; at'],
  ] },
  { name: 'session: nothing is sent again', file: sessions, edits: [
    ['out.cursor = out.acked + 1;', ';'],
  ] },
  { name: 'session: frames of an earlier incarnation count', file: sessions, edits: [
    ['session.mine === frame.yours && session.theirs === frame.mine', 'true'],
  ] },
  { name: 'session: nodedown is not told when a new session begins', file: sessions, edits: [
    ["this.end(peer, 'restarted', false);", 'peer.session = null;'],
  ] },
  { name: 'session: silence is never noticed', file: tick, edits: [
    ['now - session.heardAt > rules.silenceMs', 'false'],
  ] },
  { name: 'session: who has no such session does not say so', file: sessions, edits: [
    ['if (frame.kind === Kind.Data) this.tell(', 'if (false) this.tell('],
  ] },
  { name: 'session: what was on its way at nodedown is not counted', file: sessions, edits: [
    ['account.unknown += unknown;', ';'],
  ] },
  { name: 'session: what has not left goes over to the next session', file: sessions, edits: [
    ['peer.session = null;', 'peer.session = null; for (let n = out.sent + 1; n <= out.last; n++) '
      + 'peer.parked.push(out.at(n));'],
  ] },
  { name: 'session: the buffer has no bound', file: sessions, edits: [
    ['out.size >= rules.messagesMax ||', ''],
  ] },
  { name: 'session: what is parked has no bound', file: sessions, edits: [
    ['peer.parked.length >= parking.messagesMax ||', ''],
  ] },
  { name: 'session: what is parked is forgotten by the session', file: sessions, edits: [
    ['for (const message of peer.parked) session.out.push(message);', ';'],
  ] },
  { name: 'session: an acknowledgement frees one message too many', file: outbox, edits: [
    ['while (this.acked < seq)', 'while (this.acked <= seq && this.ring.size > 0)'],
  ] },
  { name: 'session: credit that comes is not told', file: tick, edits: [
    ['sessions.grant(peer, session) > before', 'false'], ['now - session.saidAt >= rules.beatMs', 'false'],
  ] },
  { name: 'session: the first of a frame has the number of the next', file: pack, edits: [
    ['const first = out.cursor;', 'const first = out.cursor + 1;'],
  ] },
].map((mutant) => ({ ...mutant, suite: 'session' }));
