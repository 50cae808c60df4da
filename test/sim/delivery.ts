import {
  CallError, child, defineAgent, type AgentRef, type DeliverOptions, type Guarantee, type Receipt,
  type Strategy,
} from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { Checks, Message } from './delivery-checks.js';
import { mailboxOf, optionsOf, reached } from './delivery-draws.js';
import { onError, workerOf, type Job, type WorkerDefinition } from './delivery-worker.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'b', 'c'];
/** What a sender may be told instead of a receipt. */
const REFUSALS = ['MAILBOX_FULL', 'NOPROC'];
/** And one that has stood in line before a full mailbox. */
const REFUSALS_IN_LINE = ['EXPIRED', 'EXIT', 'ZOMBIE'];
/** All messages are over by then. */
const REST_MS = 10_000;

type Op = 'ask' | 'slow' | 'work' | 'aside';
type Deliver = (
  ref: AgentRef<WorkerDefinition>, op: Op, payload: Job, options: DeliverOptions,
) => Promise<Receipt>;

/** A key in use at one destination. */
interface Keyed {
  readonly key: string;
  readonly op: Op;
  readonly message: Message;
}

/** A send whose answer is a refusal. */
interface Sent {
  readonly message: Message;
  readonly from: number;
  /** its key was in use */
  readonly taken: boolean;
  /** by a message with another payload */
  readonly conflict: boolean;
  readonly now: number;
}

/** A random program of senders and workers, with what the checks must know of every send. */
class Post {
  private jobs = 0;
  private duplicates = 0;
  private conflicts = 0;
  private cancelled = 0;
  private readonly keyed = new Map<string, Keyed>();
  private readonly again: { readonly receipt: Receipt; readonly message: Message }[] = [];
  private readonly calls: { readonly message: Message; readonly said: Promise<unknown> }[] = [];
  /** what a full mailbox has refused: nothing is a duplicate of it */
  private readonly full = new Set<Message>();
  /** sends that have no answer yet, each with its sender */
  private readonly open = new Map<Promise<void>, number>();
  private readonly states: {
    readonly message: Message;
    readonly seen: string[];
    readonly reading: Promise<void>
  }[] = [];
  constructor(
    private readonly sim: Simulation,
    private readonly checks: Checks,
  ) {}

  /** Resolves when it is known whether the message is accepted. */
  async send(
    from: number, to: string, ref: AgentRef<WorkerDefinition>, deliver: Deliver, key?: string,
  ): Promise<void> {
    const sending = this.sendOne(from, to, ref, deliver, key);
    this.open.set(sending, from);
    await sending;
    this.open.delete(sending);
  }

  /** The sending agents whose message stands in line. */
  waiting(): number[] {
    return [...this.open.values()].filter((from) => from > 0);
  }

  private async sendOne(
    from: number, to: string, ref: AgentRef<WorkerDefinition>, deliver: Deliver, key: string | undefined,
  ): Promise<void> {
    const { sim, checks } = this;
    const { random } = sim;
    const options =
      key === undefined ? optionsOf(random) : { ...optionsOf(random), guarantee: 'exactly-once' as const, key };
    // Nobody is at the address of who has ended: there, nothing is a duplicate.
    const gone = to === 'nameless' && (ref.pid === undefined || !sim.system.alive(ref.pid));
    const place = `${to}/${options.key ?? ''}`;
    const known = options.key === undefined || gone ? undefined : this.keyed.get(place);
    if (known !== undefined && known.op !== 'work' && random.chance(0.3)) this.call(known, ref);
    const taken = known !== undefined && (!known.message.over || known.message.kept);
    const conflict = taken && random.chance(0.2);
    const op = known?.op ?? random.pick<Op>(['ask', 'ask', 'slow', 'work', 'aside']);
    const job = known?.message.job ?? this.jobs++;
    const now = performance.now();
    const message = taken ? known.message : new Message(
      job, from, to, op === 'aside', options.guarantee as Guarantee, options,
      now + (options.expiresInMs as number),
    );
    sim.sometimes(taken && message.receipt === null, 'a duplicate of one in line');
    // It may be handled before its sender hears that it is accepted.
    if (!taken) {
      message.owner = to === 'nameless' ? ref.pid : sim.system.whereis(to);
      checks.sent(message);
      if (options.key !== undefined) this.keyed.set(place, { key: options.key, op, message });
    } else if (!conflict) this.duplicates++;
    const receipt = await deliver(ref, op, conflict ? { job: -1 - job } : { job }, options).catch(
      (error: unknown) => this.refused(error, { message, from, taken, conflict, now }),
    );
    if (receipt === null) {
      if (taken) return;
      checks.unsent(message);
      if (this.keyed.get(place)?.message === message) this.keyed.delete(place);
      return;
    }
    sim.always(!conflict, 'another message with a known key is refused (P21)');
    sim.sometimes(performance.now() > now, 'accepted after a wait before a full mailbox');
    if (sim.sometimes(taken, 'a duplicate was suppressed')) {
      this.again.push({ receipt, message });
      return;
    }
    message.receipt = receipt;
    if (random.chance(0.1)) void this.cancel(message, receipt);
    sim.sometimes(known !== undefined, 'a key that was freed is used again');
    if (random.chance(0.3)) this.read(message, receipt);
  }

  private refused(error: unknown, { message, from, taken, conflict, now }: Sent): null {
    const { sim } = this;
    const code = error instanceof CallError ? error.code : String(error);
    if (sim.sometimes(code === 'MAILBOX_FULL', 'a full mailbox refuses') && !taken) this.full.add(message);
    if (sim.sometimes(code === 'KEY_CONFLICT', 'a conflict of keys')) {
      this.conflicts++;
      sim.always(conflict, 'a conflict is between different messages');
      return null;
    }
    // Before its key is looked at, or as the first one was, whose sender has not heard of it yet.
    if (code === 'NOPROC' || (taken && code === 'MAILBOX_FULL')) {
      if (taken && !conflict) this.duplicates--;
      return null;
    }
    if (sim.sometimes(code === 'ZOMBIE', 'a sender ends while its message stands in line')) {
      sim.always(from !== 0, 'the end of another sender withdraws nothing of the outside');
    }
    sim.sometimes(code === 'EXPIRED', 'a message expires in line');
    sim.sometimes(code === 'EXIT', 'the process ends before which a message stands in line');
    sim.always(!conflict && (REFUSALS.includes(code) || (REFUSALS_IN_LINE.includes(code)
      && (code !== 'EXPIRED' || taken || performance.now() > now))), `a send is refused for a reason: ${code}`);
    return null;
  }

  /** A call with the key of a delivery gets that one's outcome, or gives up. */
  private call({ key, op, message }: Keyed, ref: AgentRef<WorkerDefinition>): void {
    if (message.over && !message.kept) return;
    this.duplicates++;
    const said = ref.call(
      op as 'ask', { job: message.job },
      { guarantee: 'exactly-once', key, timeoutMs: this.sim.random.pick([3, 100_000]) },
    );
    this.calls.push({ message, said: said.catch((error: unknown) => error) });
  }

  /** Its sender takes it back, now or later: it is told whether it did (P3). */
  private async cancel(message: Message, receipt: Receipt): Promise<void> {
    const { sim } = this;
    await sim.sleep(sim.random.int(30));
    const { state } = receipt;
    const { starts } = message;
    const told = receipt.cancel();
    sim.equal(
      told, state === 'pending' || state === 'in-transit',
      `a message that is ${state} is cancelled, or not`,
    );
    if (!sim.sometimes(told, 'a message is cancelled')) return;
    sim.sometimes(starts > 0, 'a message is cancelled between its attempts');
    sim.equal((await receipt.settled).kind, 'cancelled', 'what was cancelled says so');
    sim.equal(message.starts, starts, 'and is not started any more');
    this.cancelled++;
  }

  private read(message: Message, receipt: Receipt): void {
    const seen: string[] = [];
    const reading = (async () => { for await (const state of receipt.changes) seen.push(state); })();
    this.states.push({ message, seen, reading });
  }

  async end(): Promise<void> {
    const { sim, checks } = this;
    sim.equal(this.open.size, 0, 'every sender hears whether its message is accepted');
    await checks.end();
    for (const { receipt, message } of this.again) {
      sim.equal(await receipt.settled, message.outcome, 'a duplicate has the outcome of the first one (P21)');
    }
    for (const { message, said } of this.calls) this.answered(message, await said);
    for (const { message, seen, reading } of this.states) {
      await reading;
      const over = seen.filter((state) => !['pending', 'in-transit', 'delivered'].includes(state));
      sim.equal(over.join(), message.outcome?.kind, 'a receipt tells its end once');
      sim.equal(seen.at(-1), message.outcome?.kind, 'and last');
    }
    const { delivery } = sim.system.stats();
    sim.equal(delivery.duplicatesSuppressed, this.duplicates, 'duplicates');
    sim.equal(delivery.conflicts, this.conflicts, 'conflicts');
    sim.equal(delivery.cancelled, this.cancelled, 'cancelled');
    reached(sim, checks);
  }

  private answered(message: Message, said: unknown): void {
    const { sim } = this;
    const code = said instanceof CallError ? said.code : undefined;
    if (sim.sometimes(code === 'TIMEOUT', 'a call gives up')) return;
    if (this.full.has(message)) this.duplicates--;
    if (message.outcome === null) {
      return sim.always(
        [...REFUSALS, ...REFUSALS_IN_LINE].includes(code ?? ''),
        `a call of what was not accepted is told so: ${String(said)}`,
      );
    }
    const { kind, reply } = message.outcome;
    if (sim.sometimes(
      kind === 'handled', 'a call is answered by the one handling',
    )) sim.equal(said, reply, 'a call gets the reply of the one handling');
    else sim.equal(code, kind === 'refused' ? 'REFUSED' : kind === 'expired'
      ? 'EXPIRED'
      : kind === 'cancelled' ? 'CANCELLED' : kind !== 'dead-lettered'
      ? 'MAILBOX_FULL'
      : message.outcome?.reason === 'noproc' ? 'NOPROC' : 'EXIT', `a call of what ended ${kind} (${String(
        message.outcome?.reason,
      )}) and was told ${String(said)}`);
  }
}

/** The workers: two under a supervisor, one by name that comes and goes, one without a name. */
class World {
  readonly definition: WorkerDefinition;
  readonly nameless: AgentRef<WorkerDefinition>;
  constructor(
    private readonly sim: Simulation,
    private readonly checks: Checks,
  ) {
    const { random } = sim;
    this.definition = workerOf(sim, checks, { escalates: random.chance(0.1), calm: random.chance(0.3) });
    this.nameless = sim.system.start(this.definition, { mailbox: mailboxOf(random, this.checks.disturbed) });
  }

  async supervise(): Promise<void> {
    const { random, system } = this.sim;
    const children =
      ['a', 'b'].map((name) =>
        child(name, this.definition, { mailbox: mailboxOf(random, this.checks.disturbed) }));
    await system.supervise({
      strategy: random.pick<Strategy>(['one_for_one', 'one_for_all', 'rest_for_one']),
      intensity: random.pick([3, 1_000, 1_000]), children,
    }, { onGiveUp: 'ignore' });
  }

  /** The third name is free for a while. */
  comeAndGo(): void {
    const { random, system } = this.sim;
    if (system.whereis(
      'c',
    ) === undefined) system.start(this.definition, {
      name: 'c', mailbox: mailboxOf(random, this.checks.disturbed),
    });
    else system.exit('c', random.pick(['kill', 'shutdown', 'away']));
  }

  target(): readonly [string, AgentRef<WorkerDefinition>] {
    const { random, system } = this.sim;
    if (random.chance(0.12)) return ['nameless', this.nameless];
    const name = random.pick(NAMES);
    return [name, system.ref(this.definition, name)];
  }

  hurt(): void {
    const { random, system, faults } = this.sim;
    const name = random.pick(NAMES);
    if (system.whereis(name) === undefined) return;
    if (random.chance(
      0.5,
    )) faults.crash(name, { after: 1 + random.int(4), reason: random.pick(['kill', 'crash', 'shutdown']) });
    else system.exit(random.chance(0.1) && this.nameless.pid !== undefined && system.alive(this.nameless.pid)
      ? this.nameless
      : name, random.pick(['kill', 'shutdown', 'hurt']));
  }

  noise(): void {
    const [, ref] = this.target();
    const { random } = this.sim;
    if (random.chance(0.5)) ref.tryCast('noise', random.int(4));
    else void ref.put('noise', random.int(4), { timeoutMs: 20 }).catch(() => undefined);
  }

  disturb(): void {
    const { random, faults } = this.sim;
    const match = { op: random.pick(['ask', 'work', 'slow', 'aside']), after: random.int(3) };
    if (random.chance(0.34)) faults.drop(match);
    else if (random.chance(0.5)) faults.duplicate(match);
    else faults.delay(random.int(30), match);
  }
}

/** Who is refused at once, or by the end of somebody, knows it before the next step. */
async function hops(): Promise<void> {
  for (let hop = 0; hop < 10; hop++) await Promise.resolve();
}

async function program(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const checks = new Checks(sim, STEP_MS);
  const stops = random.chance(0.2);
  // What a fault delays would outlast the stop.
  checks.disturbed = !stops && random.chance(0.3);
  const post = new Post(sim, checks);
  const world = new World(sim, checks);
  const outside: Deliver = (ref, op, payload, options) => ref.deliver(op, payload, options);
  const Sender = defineAgent({
    name: 'sender',
    init: (id: number) => ({ id }),
    casts: {
      go(self): Promise<void> {
        const [to, ref] = world.target();
        return post.send(
          self.state.id, to, ref, (target, op, payload, options) => self.deliver(target, op, payload, options),
        );
      },
    },
  });
  await world.supervise();
  const senders = [1, 2].map((id) => system.start(Sender, id));
  for (let left = 8 + random.int(24); left > 0; left--) {
    const draw = random.float();
    if (draw < 0.28) void post.send(0, ...world.target(), outside);
    else if (draw < 0.3) {
      const [to, ref] = world.target();
      for (let copies = 3; copies > 0; copies--) {
        void post.send(0, to, ref, outside, 'k0');
        // By the next turn of the event loop it is known whether the one before was refused.
        await sim.sleep(0);
        await hops();
      }
    }
    else if (draw < 0.62) for (let burst = random.int(4); burst >= 0; burst--) random.pick(senders).cast('go');
    else if (draw < 0.7) world.hurt();
    else if (draw < 0.77) world.comeAndGo();
    else if (draw < 0.79 || (post.waiting().length > 0 && random.chance(0.2))) {
      const at = random.pick([...post.waiting(), 1 + random.int(2)]) - 1;
      system.exit(senders[at] as AgentRef<typeof Sender>, 'kill');
      senders[at] = system.start(Sender, at + 1);
    }
    else if (draw < 0.83) world.noise();
    else if (draw < 0.86 && checks.disturbed) world.disturb();
    else await sim.sleep(random.int(random.chance(0.2) ? 60 : 8));
    await hops();
  }
  if (sim.sometimes(
    stops, 'the system stops in the middle',
  )) await system.stop({ timeoutMs: 1_000, drain: random.chance(0.3) });
  else await sim.sleep(REST_MS);
  await post.end();
}

const STEP_MS = 0.5;

export const deliverySuite: Suite = suite('delivery', 'P9, P12, P18 to P25: outcomes, attempts, keys, order and expiry of deliveries through crashes, full mailboxes and free names', async (
  sim,
) => {
  await program(sim);
}, (random) => ({ stepMs: random.chance(0.5) ? 0 : STEP_MS, system: { delivery: { onError } } }));
