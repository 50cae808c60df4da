import type { Env, TimerHandle } from '../../base/index.js';
import type { Inbox, Transport } from '../transport/index.js';
import { decodeFrame, encodeFrame, type Frame, type FrameKind, isNodeName, Kind, nodeName } from '../wire/index.js';
import { SessionAccount } from './account.js';
import type { DownReason, SendResult, SessionEvents } from './events.js';
import { heard } from './incoming.js';
import { pack } from './pack.js';
import { readRules, type SessionOptions, type SessionRules } from './options.js';
import { type Offer, Peer, Session } from './peer.js';
import { look } from './tick.js';

/**
 * The sessions of one incarnation of a node with all others. In one direction between two nodes
 * what is handed on is a prefix of what was accepted, in order and once, or the session is over and
 * both ends are told so. What one turn of the event loop sends to a node leaves as one frame.
 */
export class Sessions implements Inbox {
  readonly account: SessionAccount = new SessionAccount();
  readonly rules: SessionRules;
  /** @internal */
  readonly peers: Map<string, Peer> = new Map();
  private dirty: Peer[] = [];
  private flushing = false;
  private closed = false;
  private timer: TimerHandle | null = null;
  private tickDue = 0;
  private readonly node: string;

  constructor(
    /** @internal */
    readonly env: Env,
    private readonly transport: Transport,
    node: string,
    readonly incarnation: string,
    /** @internal */
    readonly events: SessionEvents,
    options: SessionOptions = {},
  ) {
    this.node = nodeName('node.name', node);
    nodeName('node.incarnation', incarnation);
    this.rules = readRules(options, transport.frameBytesMax);
    transport.attach(node, this);
  }

  /** Nodes that there is a session with. */
  nodes(): string[] {
    return [...this.peers.values()].flatMap(({ node, session }) => (session === null ? [] : [node]));
  }

  /** The incarnation that there is a session with. */
  incarnationOf(node: string): string | undefined {
    return this.peers.get(node)?.session?.incarnation;
  }

  /** Messages that are accepted and not over. */
  waiting(): number {
    let count = 0;
    for (const { session, parked } of this.peers.values()) count += parked.length + (session?.out.size ?? 0);
    return count;
  }

  /** Asks a node for a session, unless there is one. */
  connect(node: string): void {
    nodeName('node', node);
    const peer = this.closed ? null : this.peerOf(node);
    if (peer !== null && peer.session === null && !peer.asks) this.ask(peer);
  }

  /**
   * Sends a message after those that were sent before. Without a session one is asked for, and the
   * message is parked or refused. The bytes are not copied: nobody may change them.
   */
  send(node: string, message: Uint8Array): SendResult {
    const { rules, account } = this;
    const peer = this.closed ? null : this.peerOf(node);
    const result = message.length > rules.messageBytesMax ? 'too-large'
      : peer === null ? 'refused' : this.put(peer, message);
    if (result === 'ok' || result === 'parked') account.accepted++;
    else account.refused++;
    return result;
  }

  /** Ends the session with a node; it is told so, if it can be reached. */
  disconnect(node: string, why: DownReason = 'disconnect'): void {
    const peer = this.peers.get(node);
    if (peer === undefined) return;
    peer.offer = null;
    this.end(peer, why, true);
    this.forget(peer);
  }

  /** Ends all sessions; nothing is sent and nothing comes any more, also by what is told of it. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const peer of this.peers.values()) {
      peer.offer = null;
      this.end(peer, 'disconnect', true);
      this.giveUp(peer);
    }
    this.peers.clear();
    this.dirty = [];
    if (this.timer !== null) this.env.clear(this.timer);
    this.transport.detach();
  }

  /** @internal */
  frame(bytes: Uint8Array): void {
    const { account, transport } = this;
    if (this.closed) return;
    const frame = decodeFrame(bytes, transport.frameBytesMax);
    if (typeof frame === 'string') account.faults[frame]++;
    else if (frame.to !== this.node || frame.from === this.node || !isNodeName(frame.from)
      || !isNodeName(frame.incarnation)) account.stale++;
    else if (frame.kind === Kind.Member) this.told('member', frame);
    else if (frame.kind === Kind.Hello) this.hello(frame);
    else this.within(frame);
  }

  /** @internal Once may be a moment of a restart. */
  unreachable(node: string): void {
    const peer = this.peers.get(node);
    const session = peer?.session ?? null;
    if (peer !== undefined && session !== null && ++session.absences >= ABSENCES) this.end(peer, 'unreachable', false);
  }

  /** A frame to a node, for others than the session. */
  tell(node: string, kind: FrameKind, mine: number, yours: number, note: Uint8Array | null = null): void {
    this.write(node, { kind, mine, yours, first: 0, ack: 0, limit: 0, note, messages: [] });
  }

  /** @internal */
  write(node: string, frame: Omit<Frame, 'from' | 'incarnation' | 'to'>): void {
    this.transport.send(node, encodeFrame({
      ...frame, from: this.node, incarnation: this.incarnation, to: node,
    }));
  }

  /** @internal It has something to say when this turn of the event loop ends. */
  touch(peer: Peer): void {
    if (peer.dirty) return;
    peer.dirty = true;
    this.dirty.push(peer);
    if (this.flushing) return;
    this.flushing = true;
    this.env.macrotask(() => this.flush());
  }

  /** @internal */
  ask(peer: Peer): void {
    const offer = (peer.offer ??= this.offered(0));
    const now = this.env.mono();
    if (offer.hellos++ === 0) offer.since = now;
    offer.helloAt = offer.saidAt = now;
    this.tell(peer.node, Kind.Hello, offer.mine, 0);
  }

  /** @internal Tells the node; what it throws is its own, and changes nothing here. */
  told<K extends Told>(event: K, ...args: Parameters<NonNullable<SessionEvents[K]>>): void {
    const { events } = this;
    try {
      (events[event] as ((...given: typeof args) => unknown) | undefined)?.apply(events, args);
    } catch (error) {
      events.failed(event, error);
    }
  }

  /** @internal The session of a peer is over. */
  end(peer: Peer, why: DownReason, tell: boolean): void {
    const { session } = peer;
    if (session === null) return;
    const { account } = this;
    const { out } = session;
    peer.session = null;
    if (tell) this.tell(peer.node, Kind.Bye, session.mine, session.theirs);
    // Nothing of it goes over to the next session: what the peer gets there would have a hole that nobody tells it of.
    const unknown = out.sent - out.acked;
    const dropped = out.last - out.sent;
    account.unknown += unknown;
    account.dropped += dropped;
    this.told('down', peer.node, session.incarnation, why, { unknown, dropped });
    this.forget(peer);
  }

  /** @internal What waited for a session is over. */
  giveUp(peer: Peer): void {
    const count = peer.parked.length;
    if (count === 0) return;
    peer.parked = [];
    peer.parkedBytes = 0;
    this.account.dropped += count;
    this.told('expired', peer.node, count);
  }

  /** @internal */
  forget(peer: Peer): void {
    if (peer.idle && this.peers.get(peer.node) === peer) this.peers.delete(peer.node);
  }

  private put(peer: Peer, message: Uint8Array): SendResult {
    const { session } = peer;
    const { rules } = this;
    if (session !== null) {
      const { out } = session;
      if (out.size >= rules.messagesMax || out.bytes + message.length > rules.bytesMax) return 'full';
      out.push(message);
      this.touch(peer);
      return 'ok';
    }
    if (!peer.asks) this.ask(peer);
    if (rules.parking === null) return 'refused';
    return this.parks(peer, message) ? 'parked' : 'full';
  }

  /** Whether there is room for it until a session comes. */
  private parks(peer: Peer, message: Uint8Array): boolean {
    const { parking } = this.rules;
    if (parking === null || peer.parked.length >= parking.messagesMax
      || peer.parkedBytes + message.length > parking.bytesMax) return false;
    if (peer.parked.length === 0) peer.parkedAt = this.env.mono();
    peer.parked.push(message);
    peer.parkedBytes += message.length;
    return true;
  }

  /** Null when there are too many, or it can be no other node. */
  private peerOf(node: string): Peer | null {
    const known = this.peers.get(node);
    if (known !== undefined) return known;
    if (this.peers.size >= this.rules.peersMax || node === this.node || !isNodeName(node)) return null;
    const made = new Peer(node);
    this.peers.set(node, made);
    this.arm();
    return made;
  }

  private offered(theirs: number): Offer {
    const now = this.env.mono();
    return { mine: 1 + this.env.u32(), theirs, since: now, helloAt: -Infinity, saidAt: now, hellos: 0 };
  }

  /** Somebody wants a session, or wanted one once: what comes back to us will tell. */
  private hello({ from, incarnation, mine }: Frame): void {
    const peer = this.peerOf(from);
    if (peer === null) {
      this.account.stale++;
      return;
    }
    const { session, offer } = peer;
    if (session !== null && session.theirs === mine && session.incarnation === incarnation) {
      session.due = true; // it has not heard that we agree
      this.touch(peer);
      return;
    }
    // One tag of ours is for one of theirs: an answer to another one cannot be taken for an answer to this.
    let answer = offer;
    if (answer === null || (answer.theirs !== 0 && answer.theirs !== mine)) {
      answer = peer.offer = this.offered(mine);
      // Who asked goes on asking, in its own time: two ends that answered each other with hellos might never stop.
      answer.hellos = offer?.hellos ?? 0;
      answer.helloAt = offer?.helloAt ?? -Infinity;
    }
    answer.theirs = mine;
    answer.saidAt = this.env.mono();
    this.tell(from, Kind.Welcome, answer.mine, mine);
  }

  private within(frame: Frame): void {
    const peer = this.peers.get(frame.from);
    const session = peer?.session ?? null;
    const offer = peer?.offer ?? null;
    // A later incarnation says bye as well: it has nothing of that session.
    if (peer !== undefined && session !== null && session.mine === frame.yours && session.theirs === frame.mine
      && (session.incarnation === frame.incarnation || frame.kind === Kind.Bye)) {
      heard(this, peer, session, frame);
    } else if (frame.kind === Kind.Bye) this.account.stale++;
    else if (peer !== undefined && offer !== null && offer.mine === frame.yours) this.agreed(peer, offer, frame);
    else {
      this.account.stale++;
      if (frame.kind === Kind.Data) this.tell(frame.from, Kind.Bye, frame.yours, frame.mine);
    }
  }

  /** Our tag has come back; not to whom we last heard of there: only who answers a new one is alive. */
  private agreed(peer: Peer, offer: Offer, frame: Frame): void {
    if (offer.theirs === 0 || offer.theirs === frame.mine) {
      this.open(peer, offer, frame);
      return;
    }
    this.account.stale++;
    peer.offer = null;
    this.ask(peer);
  }

  /** Our tag has come back: whoever sent this is alive, and agrees. */
  private open(peer: Peer, offer: Offer, frame: Frame): void {
    this.end(peer, 'restarted', false);
    if (peer.offer !== offer) return; // closed by what it caused
    const now = this.env.mono();
    const rtt = now - offer.saidAt;
    const session = new Session(frame.incarnation, frame.yours, frame.mine, now, this.room(peer), rtt);
    peer.session = session;
    peer.offer = null;
    this.peers.set(peer.node, peer);
    for (const message of peer.parked) session.out.push(message);
    peer.parked = [];
    peer.parkedBytes = 0;
    this.touch(peer);
    this.told('up', peer.node, session.incarnation);
    if (peer.session === session) heard(this, peer, session, frame);
  }

  /** @internal Without news of what was sent: its first frame once more, or it is lost. */
  again(peer: Peer, session: Session): void {
    if (session.resends >= this.rules.resendsMax) {
      this.end(peer, 'lost', true);
      return;
    }
    session.resends++;
    session.progressAt = this.env.mono();
    session.frames = session.burst = 1;
    this.rewind(peer, session);
  }

  /** @internal Sends what has not come, from the first one on. */
  rewind(peer: Peer, session: Session): void {
    const { out } = session;
    if (out.sent === out.acked) return;
    session.againAt = this.env.mono();
    session.againFor = out.acked;
    session.timed = 0; // an acknowledgement could be of either
    out.cursor = out.acked + 1;
    this.account.resent++;
    this.touch(peer);
  }

  private room(peer: Peer): number {
    const { window } = this.rules;
    let room = window;
    try {
      room = this.events.room?.(peer.node) ?? window;
    } catch (error) {
      this.events.failed('room', error);
    }
    return Math.max(0, Math.min(window, room));
  }

  /** @internal The peer may send more; never less than it was told. */
  grant(peer: Peer, session: Session): number {
    session.granted = Math.max(session.granted, session.received + this.room(peer));
    return session.granted;
  }

  private flush(): void {
    this.flushing = false;
    const { dirty } = this;
    this.dirty = [];
    for (const peer of dirty) peer.dirty = false;
    for (const peer of dirty) {
      if (peer.session !== null) pack(this, peer, peer.session, this.transport.frameBytesMax);
    }
  }

  private arm(): void {
    if (this.timer !== null || this.closed) return;
    const { env, rules } = this;
    this.tickDue = env.mono() + rules.tickMs;
    this.timer = env.timer(rules.tickMs, () => {
      this.timer = null;
      try {
        look(this, Math.max(0, env.mono() - this.tickDue));
      } finally {
        if (this.peers.size > 0) this.arm();
      }
    });
    env.hold(this.timer, false);
  }
}

/** What a node is told, once for each message apart: that is told where it is counted. */
type Told = 'up' | 'down' | 'expired' | 'member';

/** Evidence in a row, without a word of the peer, that it is not there. */
const ABSENCES = 2;
