import type { Case } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const AGENTS = 1_000;
const PAIRS = 100;

/** What a sender knows of its receiver: enough for agents that refer to each other in a circle. */
interface Receiver<Operation extends string, Payload> {
  cast(operation: Operation, payload: Payload): void;
}

/** Resolves `done` when the last of `left` parts has ended. */
class Finish {
  readonly done: Promise<void>;
  #resolve: () => void = () => {};
  constructor(private left: number) {
    this.done = new Promise((resolve) => { this.#resolve = resolve; });
  }
  partEnded(): void {
    this.left -= 1;
    if (this.left === 0) this.#resolve();
  }
}

/** A token goes round 1,000 agents, `size` hops in all. */
export const ring: Case = (library) => {
  const Node = library.defineAgent({
    init: (finish: Finish) => ({ finish, hops: 0, next: null as Receiver<'hop', number> | null }),
    calls: { hops: (self) => self.state.hops },
    casts: {
      connect(self, next: Receiver<'hop', number>) { self.state.next = next; },
      hop(self, left: number) {
        self.state.hops += 1;
        if (left === 0) self.state.finish.partEnded();
        else self.state.next!.cast('hop', left - 1);
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const finish = new Finish(1);
    const nodes = Array.from({ length: AGENTS }, () => system.start(Node, finish));
    nodes.forEach((node, index) => node.cast('connect', nodes[(index + 1) % AGENTS]!));
    await nodes.at(-1)!.call('hops');
    const started = nowMs();
    nodes[0]!.cast('hop', size - 1);
    await finish.done;
    const rate = perSecond(size, started);
    const hops = await Promise.all(nodes.map((node) => node.call('hops')));
    expectCount('hops handled', hops.reduce((sum, count) => sum + count, 0), size);
    return rate;
  });
};

/** 1,000 senders to one receiver. */
export const fanIn: Case = (library) => {
  const Collector = library.defineAgent({
    init: (expected: number, finish: Finish) => ({ expected, finish, count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: {
      item(self, _payload: string) {
        self.state.count += 1;
        if (self.state.count === self.state.expected) self.state.finish.partEnded();
      },
    },
  });
  const Sender = library.defineAgent({
    init: (to: Receiver<'item', string>) => ({ to }),
    casts: {
      go(self, items: number) {
        const { to } = self.state;
        for (let sent = 0; sent < items; sent++) to.cast('item', 'ping');
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const finish = new Finish(1);
    const collector = system.start(Collector, size, finish);
    const senders = Array.from({ length: AGENTS }, () => system.start(Sender, collector));
    const started = nowMs();
    for (const sender of senders) sender.cast('go', size / AGENTS);
    await finish.done;
    const rate = perSecond(size, started);
    expectCount('items handled', await collector.call('count'), size);
    return rate;
  });
};

/**
 * One sender to 1,000 receivers, round after round; it casts to itself between rounds, as the BEAM
 * would pre-empt it.
 */
export const fanOut: Case = (library) => {
  const Receiving = library.defineAgent({
    init: (expected: number, finish: Finish) => ({ expected, finish, count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: {
      item(self, _payload: string) {
        self.state.count += 1;
        if (self.state.count === self.state.expected) self.state.finish.partEnded();
      },
    },
  });
  const Sender = library.defineAgent({
    init: (to: readonly Receiver<'item', string>[]) => ({ to, self: null as Receiver<'round', number> | null }),
    casts: {
      meet(self, me: Receiver<'round', number>) { self.state.self = me; },
      round(self, left: number) {
        for (const receiver of self.state.to) receiver.cast('item', 'ping');
        if (left > 1) self.state.self!.cast('round', left - 1);
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const finish = new Finish(AGENTS);
    const rounds = size / AGENTS;
    const receivers = Array.from({ length: AGENTS }, () => system.start(Receiving, rounds, finish));
    const sender = system.start(Sender, receivers);
    sender.cast('meet', sender);
    const started = nowMs();
    sender.cast('round', rounds);
    await finish.done;
    const rate = perSecond(size, started);
    const counts = await Promise.all(receivers.map((receiver) => receiver.call('count')));
    for (const count of counts) expectCount('items handled by one receiver', count, rounds);
    return rate;
  });
};

/** 100 pairs at once; a round trip, two messages, is one operation. */
export const pingPong: Case = (library) => {
  const Pong = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: {
      ping(self, from: Receiver<'pong', undefined>) {
        self.state.count += 1;
        from.cast('pong', undefined);
      },
    },
  });
  const Ping = library.defineAgent({
    init: (peer: Receiver<'ping', Receiver<'pong', undefined>>, left: number, finish: Finish) =>
      ({ peer, left, finish }),
    casts: {
      pong(self) {
        const { state } = self;
        if (state.left === 0) { state.finish.partEnded(); return; }
        state.left -= 1;
        state.peer.cast('ping', self.ref);
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const finish = new Finish(PAIRS);
    const trips = size / PAIRS;
    const pongs = Array.from({ length: PAIRS }, () => system.start(Pong));
    const pings = pongs.map((pong) => system.start(Ping, pong, trips, finish));
    const started = nowMs();
    for (const ping of pings) ping.cast('pong');
    await finish.done;
    const rate = perSecond(size, started);
    const counts = await Promise.all(pongs.map((pong) => pong.call('count')));
    for (const count of counts) expectCount('pings handled by one agent', count, trips);
    return rate;
  });
};
