import type { SessionOptions } from '../../src/cluster/session/index.js';
import { POLICIES, type Random, type Simulation } from '../../src/testing/index.js';
import { Network } from '../../src/testing/network.js';
import { Node } from './session-node.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'b', 'c'] as const;

function drawn(random: Random): SessionOptions {
  return {
    whileDown: random.chance(0.5) ? 'refuse' : { messagesMax: 1 + random.int(20), parkMs: 500 + random.int(5_000) },
    messagesMax: random.pick([30, 100, 8_192]), window: random.pick([4, 16, 1_024]), tickMs: random.pick([10, 50]),
    resendMs: 100, resendsMax: random.pick([3, 8]), beatMs: 200, silenceMs: random.pick([900, 2_000]), openMs: 2_000,
    peersMax: random.pick([2, 1_024]),
  };
}

/** What the world does to nodes and frames. */
class World {
  readonly nodes = new Map<string, Node>();
  readonly dead: Node[] = [];
  lives = 0;
  constructor(readonly sim: Simulation, readonly network: Network) {
    for (const name of NAMES) this.start(name);
  }

  start(name: string): void {
    const { sim, network } = this;
    this.nodes.set(name, new Node(sim, network, name, ++this.lives, drawn(sim.random)));
  }

  sends(): void {
    const { random } = this.sim;
    const from = this.nodes.get(random.pick(NAMES));
    const to = random.pick(NAMES.filter((name) => name !== from?.name));
    for (let n = 1 + random.int(random.pick([2, 20, 200])); n > 0; n--) from?.send(to);
  }

  strikes(): void {
    const { sim: { random }, network, nodes } = this;
    const [x, y] = random.shuffle(NAMES) as [string, string];
    const node = nodes.get(x);
    if (node === undefined) return;
    switch (random.int(10)) {
      case 0: network.set({ loss: random.pick([0, 0.1, 0.5]), duplication: random.pick([0, 0.2]) }); break;
      case 1:
        network.set({ delayMs: random.int(20), spreadMs: random.int(200), reordering: random.chance(0.7) });
        break;
      case 2: network.cut(x, y); break;
      case 3: network.cut(x, y); network.cut(y, x); break;
      case 4: network.flap(x, y, 20 + random.int(300), 1 + random.int(5)); break;
      case 5: node.machine.program.stall(random.int(3_000)); break;
      case 6: this.restart(x); break;
      case 7: node.sessions.disconnect(y); break;
      case 8: node.slow(random.pick([0, 1, Infinity])); break;
      default: network.heal();
    }
  }

  /** kill -9; the next life begins at once, or after a while. */
  restart(name: string): void {
    const { nodes, network, sim: { random } } = this;
    const node = nodes.get(name) as Node;
    node.check();
    this.dead.push(node);
    node.machine.crash();
    nodes.delete(name);
    network.after(random.pick([0, 400, 1_500]), () => this.start(name));
  }

  each(): Node[] {
    return [...this.nodes.values()];
  }
}

/** Forwarded ≤ received ≤ forwarded + unknown, over all lives that have ended. */
function total(world: World): void {
  const { sim } = world;
  const lives = [...world.each(), ...world.dead];
  const sum = (of: (node: Node) => number): number => lives.reduce((n, one) => n + of(one), 0);
  const received = sum((node) => node.sessions.account.received);
  const forwarded = sum((node) => node.sessions.account.forwarded);
  const unknown = sum((node) => node.sessions.account.unknown);
  // What a dead life had on its way may have come.
  const died = world.dead.reduce((n, node) => n + node.sessions.waiting(), 0);
  const waiting = world.each().reduce((n, node) => n + node.sessions.waiting(), 0);
  sim.always(forwarded <= received, `forwarded ${forwarded} ≤ received ${received}`);
  sim.always(
    received <= forwarded + unknown + died + waiting, `received ${received} ≤ ${forwarded} + ${unknown} + ${died}`,
  );
}

/** On a quiet network: what ends a session between two nodes, and what does not. */
async function ends({ sim, network, nodes }: World): Promise<void> {
  const [x, y] = sim.random.shuffle([...nodes.values()]) as [Node, Node];
  const up = (): string => [x.live.has(y.name), y.live.has(x.name)].join();
  x.sessions.connect(y.name);
  await sim.sleep(500);
  sim.equal(up(), 'true,true', 'on a quiet network who is asked comes up');
  const before = x.downs + y.downs;
  network.cut(x.name, y.name);
  for (let n = 0; n < 3; n++) x.send(y.name);
  await sim.sleep(150);
  network.mend(x.name, y.name);
  await sim.sleep(2_000);
  sim.equal(x.downs + y.downs, before, 'a short cut ends no session');
  network.cut(x.name, y.name);
  x.sessions.disconnect(y.name);
  await sim.sleep(20);
  network.mend(x.name, y.name);
  await sim.sleep(500);
  sim.equal(up(), 'false,false', 'who has no such session says so at the next beat');
  y.sessions.connect(x.name);
  await sim.sleep(500);
  network.cut(x.name, y.name);
  network.cut(y.name, x.name);
  await sim.sleep(4_000);
  sim.equal(up(), 'false,false', 'silence is nodedown at both ends');
  network.heal();
}

async function run(sim: Simulation): Promise<void> {
  const { random } = sim;
  const network = new Network(sim);
  const world = new World(sim, network);
  for (let step = 20 + random.int(40); step > 0; step--) {
    if (random.chance(0.7)) world.sends();
    if (random.chance(0.25)) world.strikes();
    await sim.sleep(random.int(random.pick([5, 50, 500])));
    total(world);
  }
  network.heal();
  for (const node of world.each()) node.slow(Infinity);
  // Nobody sends any more: what is wanted comes up, what one end has given up the other gives up too.
  await sim.sleep(12_000);
  for (const node of world.each()) {
    node.check();
    const waits = [...node.sessions.peers.values()].reduce((n, peer) => n + (peer.session?.out.size ?? 0), 0);
    sim.equal(waits, 0, 'a session that lives brings everything');
    for (const [name, { incarnation }] of node.live) {
      const other = world.nodes.get(name);
      sim.equal(other?.incarnation, incarnation, 'who is up is alive');
      sim.equal(other?.live.get(node.name)?.incarnation, node.incarnation, 'both ends agree on who is up');
    }
    sim.sometimes(node.sessions.account.resent > 0, 'something is sent again');
    sim.sometimes(node.sessions.account.repeated > 0, 'something comes again');
    sim.sometimes(node.live.size === 2, 'a node has sessions with all others');
  }
  await ends(world);
  total(world);
  for (const node of world.each()) {
    node.sessions.close();
    sim.equal(node.ups, node.downs, 'each session that came up went down once');
    node.check();
    sim.equal(node.sessions.waiting(), 0, 'nothing waits after the close');
  }
}

export const sessionSuite: Suite = suite(
  'session', 'between two nodes a prefix in order, or nodedown at both ends; nothing twice, nothing of a dead life',
  run, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.05]), stepsMax: 400_000 }),
);
