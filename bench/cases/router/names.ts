import type { Case, System } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { groupsOf } from '../../lib/older.js';
import { expectCount, withSystem } from '../../lib/system.js';

const MEMBERS = 1_000;
const BURST = 1_000;

/** What an agent knows of itself to go on in its next turn: the BEAM's sender yields there. */
interface Again { cast(operation: 'go', left: number): void }

/** Resolves `done` when all members have had everything. */
class Finish {
  readonly done: Promise<void>;
  sent = 0;
  #open: number;
  #resolve: () => void = () => {};
  constructor(members: number) {
    this.#open = members;
    this.done = new Promise((resolve) => { this.#resolve = resolve; });
  }
  memberEnded(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#resolve();
  }
}

/**
 * Broadcasts by one agent to a process group of 1,000, the group looked up by name each time; a
 * delivery that was handled is one operation.
 */
export const groupBroadcast: Case = (library) => {
  const Groups = library.defineScope({ name: 'groups' });
  const Member = library.defineAgent({
    init: (expected: number, finish: Finish) => ({ count: 0, expected, finish }),
    calls: { count: (self) => self.state.count },
    casts: {
      item(self, _payload: string) {
        self.state.count += 1;
        if (self.state.count === self.state.expected) self.state.finish.memberEnded();
      },
    },
  });
  const Sender = library.defineAgent({
    init: (system: System, finish: Finish) => ({ groups: groupsOf(library, system, Groups), finish }),
    casts: {
      go(self, left: number) {
        const { groups, finish } = self.state;
        finish.sent += groups.cast('all', Member, 'item', 'ping');
        if (left > 1) (self.ref as Again).cast('go', left - 1);
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    system.start(Groups, { name: 'groups' });
    const rounds = size / MEMBERS;
    const finish = new Finish(MEMBERS);
    const members = Array.from({ length: MEMBERS }, () => system.start(Member, rounds, finish));
    groupsOf(library, system, Groups).join('all', members);
    const sender = system.start(Sender, system, finish);
    const started = nowMs();
    sender.cast('go', rounds);
    await finish.done;
    const rate = perSecond(size, started);
    expectCount('casts sent', finish.sent, size);
    for (const count of await Promise.all(members.map((member) => member.call('count')))) {
      expectCount('items handled by one member', count, rounds);
    }
    return rate;
  });
};

/** Plain messages from one agent to another, whose name is given as a text at each send, in bursts of 1,000. */
export const registeredSend: Case = (library) => {
  const Counter = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    info(self) { self.state.count += 1; },
  });
  const Sender = library.defineAgent({
    casts: {
      go(self, left: number) {
        const burst = Math.min(left, BURST);
        for (let sent = 0; sent < burst; sent++) self.send('counter', 'ping');
        if (left > burst) (self.ref as Again).cast('go', left - burst);
      },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter, { name: 'counter' });
    const sender = system.start(Sender);
    const started = nowMs();
    sender.cast('go', size);
    let count = 0;
    while (count < size) count = await counter.call('count', undefined, { timeoutMs: 'infinity' });
    const rate = perSecond(size, started);
    expectCount('messages handled', count, size);
    return rate;
  });
};
