import { defineAgent, type Pid, type Receipt } from '../../src/index.js';
import { POLICIES, type Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'team/b', 'team/c'];
/** Everything is over by then. */
const REST_MS = 120_000;

/** Who has lived last under each address, and what was handled there, in order. */
class Book {
  private readonly lives = new Map<string, string>();
  readonly handled = new Map<string, number[]>();
  /** what the hook has kept of each */
  readonly saved = new Map<string, readonly number[]>();
  /** who is suspended, or soon will be */
  readonly paused = new Set<Pid>();
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

interface Tenancy {
  readonly name: string;
  readonly notes: number[];
}

/** An agent that starts slowly, fails to, crashes, and is passivated with or without a terminate. */
function tenant(sim: Simulation, book: Book, calm: boolean) {
  const { random } = sim;
  const slow = random.chance(0.5);
  const terminates = random.chance(0.5);
  return defineAgent({
    name: 'tenant',
    trapExit: terminates,
    init(name: string): Tenancy | Promise<Tenancy> {
      const made = (): Tenancy => {
        if (!calm && random.chance(0.3)) throw new Error('no network');
        book.begins(sim, name, this.ref.pid);
        void sim.system.monitor(this.ref.pid).down.then(({ reason }) => {
          if ((reason as { shutdown?: unknown } | null)?.shutdown === 'passivated') book.passivated++;
        });
        return { name, notes: [...book.saved.get(name) ?? []] };
      };
      return slow ? sim.sleep(random.int(6)).then(made) : made();
    },
    calls: { ask: (_self, n: number) => n },
    casts: {
      async note(self, n: number) {
        book.handles(self.state.name, n);
        if (random.chance(0.3)) await sim.sleep(random.int(40)); // longer than it may be idle
        sim.always(sim.system.alive(self.pid), `${n} is handled, and its agent was passivated`);
        self.state.notes.push(n);
      },
      crash() { throw new Error('told to'); },
      end: (self) => self.stop(),
    },
    async terminate() {
      if (random.chance(0.5)) await sim.sleep(random.int(8));
    },
  });
}

/** Keeps what it was asked to keep, now or later. */
function save(sim: Simulation, book: Book, name: string, { notes }: Tenancy): Promise<void> | undefined {
  const kept = [...notes];
  const keep = (): void => void book.saved.set(name, kept);
  if (sim.random.chance(0.7)) return sim.sleep(sim.random.int(12)).then(keep);
  keep();
  return undefined;
}

/** Somebody looks at an agent for a while: it has to be there, and its messages wait. */
async function pause(sim: Simulation, book: Book, pid: Pid | undefined): Promise<void> {
  const { random, system } = sim;
  if (pid === undefined || book.paused.has(pid)) return;
  book.paused.add(pid);
  const sys = system.sys(pid);
  if (!await sys.suspend().then(() => true, () => false)) return;
  await sim.sleep(random.int(60));
  sim.always(system.alive(pid), 'nobody who is suspended is passivated');
  sim.sometimes(true, 'an agent is suspended');
  await sys.resume();
  book.paused.delete(pid);
}

async function activation(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const calm = random.chance(0.5);
  const book = new Book();
  const saves = random.chance(0.6);
  const Tenant = tenant(sim, book, calm);
  system.activate(Tenant, {
    idleMs: random.int(12) + 1, backoff: { baseMs: random.int(20), maxMs: 50 }, activationsMax: 50,
    ...(random.chance(0.4) ? { residentsMax: 1 + random.int(2) } : {}),
    ...(saves ? { passivate: (state, { path }) => save(sim, book, path, state) } : {}),
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
    else if (draw < 0.9) void pause(sim, book, ref.pid);
    else await sim.sleep(random.int(30));
  }
  await sim.sleep(REST_MS);
  check(sim, book, sent, calm);
  if (calm && saves) {
    for (const [name, all] of sent) {
      sim.equal(book.saved.get(name)?.join(' '), all.join(' '), `what comes during a save is kept, of ${name}`);
    }
  }
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
