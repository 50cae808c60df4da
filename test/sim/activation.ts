import { defineAgent, type Receipt } from '../../src/index.js';
import { POLICIES, type Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'team/b', 'team/c'];
/** Everything is over by then. */
const REST_MS = 120_000;

/** Who has lived last under each address, and what was handled there, in order. */
class Book {
  private readonly lives = new Map<string, string>();
  readonly handled = new Map<string, number[]>();
  starts = 0;
  passivated = 0;

  begins(sim: Simulation, name: string, pid: string): void {
    const before = this.lives.get(name);
    sim.always(before === undefined || !sim.system.alive(before), `one owner: two live under ${name}`);
    this.lives.set(name, pid);
    this.starts++;
  }
  handles(name: string, n: number): void {
    const known = this.handled.get(name);
    if (known === undefined) this.handled.set(name, [n]);
    else known.push(n);
  }
}

/** An agent that starts slowly, fails to, crashes, and is passivated with or without a terminate. */
function tenant(sim: Simulation, book: Book, calm: boolean) {
  const { random } = sim;
  const slow = random.chance(0.5);
  const terminates = random.chance(0.5);
  return defineAgent({
    name: 'tenant',
    trapExit: terminates,
    init(name: string): { readonly name: string } | Promise<{ readonly name: string }> {
      const made = (): { readonly name: string } => {
        if (!calm && random.chance(0.3)) throw new Error('no network');
        book.begins(sim, name, this.ref.pid);
        void sim.system.monitor(this.ref.pid).down.then(({ reason }) => {
          if ((reason as { shutdown?: unknown } | null)?.shutdown === 'passivated') book.passivated++;
        });
        return { name };
      };
      return slow ? sim.sleep(random.int(6)).then(made) : made();
    },
    calls: { ask: (_self, n: number) => n },
    casts: {
      note(self, n: number) { book.handles(self.state.name, n); },
      crash() { throw new Error('told to'); },
      end: (self) => self.stop(),
    },
    async terminate() {
      if (random.chance(0.5)) await sim.sleep(random.int(8));
    },
  });
}

async function activation(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const calm = random.chance(0.5);
  const book = new Book();
  const Tenant = tenant(sim, book, calm);
  system.activate(Tenant, {
    idleMs: random.int(12) + 1, backoff: { baseMs: random.int(20), maxMs: 50 }, activationsMax: 50,
    ...(random.chance(0.4) ? { residentsMax: 1 + random.int(2) } : {}),
    ...(random.chance(0.3) ? { passivate: () => sim.sleep(random.int(5)) } : {}),
  });
  const sent = new Map<string, number[]>();
  const receipts: Receipt[] = [];
  let calls = 0;
  let answered = 0;
  for (let n = 0, steps = 10 + random.int(40); n < steps; n++) {
    const name = random.pick(NAMES);
    const ref = system.address(Tenant, name);
    const draw = random.float();
    if (draw < 0.4) {
      ref.cast('note', n);
      sent.set(name, [...sent.get(name) ?? [], n]);
    } else if (draw < 0.6) {
      sent.set(name, [...sent.get(name) ?? [], n]);
      receipts.push(await ref.deliver('note', n, { attemptsMax: 100 }));
    } else if (draw < 0.75) {
      calls++;
      ref.call('ask', n, { timeoutMs: 60_000 }).then((reply) => {
        sim.equal(reply, n, 'a reply is that of its call');
        answered++;
      }, () => {
        sim.always(!calm, 'a call is answered where nobody fails');
        answered++;
      });
    } else if (draw < 0.85 && !calm) ref.cast(random.pick(['crash', 'end']));
    else await sim.sleep(random.int(30));
  }
  await sim.sleep(REST_MS);
  check(sim, book, sent, calm);
  for (const receipt of receipts) {
    sim.always(receipt.state === 'handled', `P19: a delivery waits for whoever comes next, but is ${receipt.state}`);
  }
  sim.equal(answered, calls, 'every call has an outcome');
  sim.sometimes(book.passivated > 0, 'somebody is passivated');
  sim.sometimes(book.starts > NAMES.length, 'somebody comes back');
  sim.sometimes(!calm, 'starts fail');
  sim.equal(system.registered().join(' '), '', 'everybody rests in the end');
}

/** What was handled is what was sent, in its order; where somebody fails, the rest are dead letters. */
function check(sim: Simulation, book: Book, sent: ReadonlyMap<string, number[]>, calm: boolean): void {
  const lost = new Set(sim.system.deadLetters.list().filter(({ op }) => op === 'note').map(({ payload }) => payload));
  for (const [name, all] of sent) {
    const handled = book.handled.get(name) ?? [];
    if (calm) sim.equal(handled.join(' '), all.join(' '), `nothing is lost or reordered under ${name}`);
    const once = new Set(handled);
    sim.equal(once.size, handled.length, `once: ${handled.join(' ')}`);
    for (const n of all) sim.always(once.has(n) !== lost.has(n), `${n} is handled, or a dead letter`);
  }
}

export const activationSuite: Suite = suite(
  'activation', 'who sends to an address starts its agent, once; passivation loses nothing', activation,
  (random) => ({ policy: random.pick(POLICIES) }),
);
