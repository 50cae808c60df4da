import { Sessions, type SessionEvents, type SessionOptions } from '../../src/cluster/session/index.js';
import type { Simulation } from '../../src/testing/index.js';
import type { Machine, Network } from '../../src/testing/network.js';

const text = new TextEncoder();
const untext = new TextDecoder();

/** One life of a node that numbers what it sends, and checks what it gets. */
export class Node implements SessionEvents {
  readonly sessions: Sessions;
  readonly incarnation: string;
  /** who there is a session with, and what is expected next of it; 0: anything later than before */
  readonly live = new Map<string, { readonly incarnation: string; next: number }>();
  ups = 0;
  downs = 0;
  unknown = 0;
  dropped = 0;
  expirations = 0;
  readonly why: string[] = [];
  private readonly last = new Map<string, string>();
  private readonly numbers = new Map<string, number>();
  private readonly seen = new Map<string, number>();
  private roomNow = Infinity;

  constructor(
    private readonly sim: Simulation, network: Network, readonly name: string, life: number,
    readonly options: SessionOptions, readonly machine: Machine = network.machine(name),
  ) {
    this.incarnation = `${name}${life}`;
    this.sessions = new Sessions(machine.program, machine, name, this.incarnation, this, options);
  }

  send(to: string): void {
    const number = (this.numbers.get(to) ?? 0) + 1;
    const filler = 'x'.repeat(this.sim.random.int(40));
    const result = this.sessions.send(to, text.encode(`${this.incarnation} ${number} ${filler}`));
    if (result === 'ok' || result === 'parked') this.numbers.set(to, number);
    this.sim.sometimes(result === 'full', 'a buffer is full');
    this.sim.sometimes(result === 'parked', 'a message is parked');
    this.bounded();
  }

  /** A receiver that falls behind. */
  slow(room: number): void {
    this.roomNow = room;
  }
  room(): number {
    return this.roomNow;
  }

  message(node: string, bytes: Uint8Array): void {
    const { sim } = this;
    const session = this.live.get(node);
    const [incarnation, number] = untext.decode(bytes).split(' ') as [string, string];
    const n = Number(number);
    sim.always(session !== undefined, 'a message comes within a session');
    sim.equal(incarnation, session?.incarnation, 'no message of a dead incarnation');
    if (session === undefined) return;
    if (session.next > 0) sim.equal(n, session.next, 'a prefix in order, without a gap');
    const before = this.seen.get(incarnation) ?? 0;
    sim.always(n > before, `no duplicate, also of an earlier session: ${n} after ${before}`);
    sim.sometimes(n > before + 1 && before > 0, 'what was on its way at nodedown is lost');
    this.seen.set(incarnation, n);
    session.next = n + 1;
  }

  up(node: string, incarnation: string): void {
    const { sim } = this;
    sim.always(!this.live.has(node), 'up is told after down');
    sim.sometimes(this.last.has(node) && this.last.get(node) !== incarnation, 'a later incarnation comes up');
    this.last.set(node, incarnation);
    this.live.set(node, { incarnation, next: 0 });
    this.ups++;
    sim.note(`${this.incarnation} up ${incarnation}`);
  }

  down(node: string, incarnation: string, why: string, left: { unknown: number; dropped: number }): void {
    const { sim } = this;
    sim.equal(this.live.get(node)?.incarnation, incarnation, 'down is told once for each up');
    this.live.delete(node);
    this.downs++;
    this.unknown += left.unknown;
    this.dropped += left.dropped;
    sim.sometimes(why === 'lost', 'what is sent again and again does not come');
    sim.sometimes(why === 'silence', 'a peer is silent');
    sim.sometimes(why === 'bye', 'a peer says that the session is over');
    sim.sometimes(why === 'restarted', 'a new session ends the one before');
    sim.sometimes(why === 'unreachable', 'nobody listens at a peer');
    sim.always(why !== 'protocol', 'nobody breaks the protocol');
    sim.note(`${this.incarnation} down ${incarnation} ${why}`);
  }

  failed(_event: string, error: unknown): void {
    throw error;
  }

  expired(_node: string, count: number): void {
    this.expirations += count;
    this.sim.sometimes(true, 'what was parked is given up');
  }

  /** The account of this life, and the bounds of what it keeps. */
  check(): void {
    const { sim, sessions } = this;
    const { accepted, forwarded, unknown, dropped } = sessions.account;
    const all = [...this.numbers.values()].reduce((sum, n) => sum + n, 0);
    sim.equal(accepted, all, 'what is accepted is told so');
    sim.equal(forwarded + unknown + dropped + sessions.waiting(), accepted, 'P3: each message has one outcome');
    sim.equal(unknown, this.unknown, 'what may have come is told at nodedown');
    sim.equal(dropped, this.dropped + this.expirations, 'what is given up is told');
    sim.equal(sessions.nodes().sort().join(), [...this.live.keys()].sort().join(), 'who is up');
    this.bounded();
  }

  private bounded(): void {
    const { messagesMax, parking, peersMax } = this.sessions.rules;
    for (const peer of this.sessions.peers.values()) {
      this.sim.always((peer.session?.out.size ?? 0) <= messagesMax, 'the buffer of a session has a bound');
      this.sim.always(peer.parked.length <= (parking?.messagesMax ?? 0), 'what is parked has a bound');
    }
    this.sim.always(this.sessions.peers.size <= peersMax, 'peers have a bound');
  }
}
