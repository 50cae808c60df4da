import { CallError, defineAgent, type AgentRef, type Self } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** What a producer does at its n-th item; it yields before and after. */
type Turn = 'yields' | 'pauses' | 'hangs' | 'throws' | 'dies' | 'refuses' | 'ends' | 'disturbs';
const ODD: readonly Turn[] = [
  'pauses', 'pauses', 'pauses', 'hangs', 'throws', 'dies', 'refuses', 'ends', 'disturbs',
];

/** One stream, as its consumer asks for it: what the producer does, one after the other. */
interface Script {
  readonly id: number;
  readonly turns: readonly Turn[];
  readonly pauseMs: number;
  /** in its `finally` */
  readonly cleanUpMs: number;
  readonly throwsAtEnd: boolean;
  /** a plain generator: it cannot wait */
  readonly plain: boolean;
  /** in a process of its own */
  readonly beside: boolean;
}

interface Item {
  readonly id: number;
  readonly n: number;
}
/** ms without demand after which the runtime ends a stream */
const PATIENCE_MS = 30_000;
const BOOM = new Error('boom');
const CLEAN = new Error('clean up');

/** The producers: agents that run one stream at a time, and only while an item is asked for. */
function producerOf(sim: Simulation, readers: ReadonlyMap<number, Reader>) {
  const inside = new Map<string, number>();
  const readerOf = ({ id }: Script): Reader => readers.get(id) as Reader;
  const enter = (self: Self<undefined>, script: Script): Reader => {
    sim.equal(inside.get(self.pid), undefined, 'one stream at a time (P7)');
    inside.set(self.pid, script.id);
    const reader = readerOf(script);
    reader.begins(self.pid);
    return reader;
  };
  const leave = (self: Self<undefined>, script: Script): void => {
    sim.equal(inside.get(self.pid), script.id, 'a stream ends before another begins');
    inside.delete(self.pid);
    readerOf(script).closed++;
    if (script.throwsAtEnd) throw CLEAN;
  };
  const now = (self: Self<undefined>, turn: Turn): unknown => {
    if (turn === 'throws') throw BOOM;
    if (turn === 'dies') self.exit('odd');
    return turn === 'refuses' ? self.refuse('ENOUGH') : undefined;
  };
  async function* items(self: Self<undefined>, script: Script): AsyncGenerator<Item, unknown> {
    const reader = enter(self, script);
    try {
      for (let n = 0; n < script.turns.length; n++) {
        const turn = script.turns[n] as Turn;
        reader.wanted(n);
        if (turn === 'pauses') await sim.sleep(script.pauseMs);
        if (turn === 'hangs') await gone(self.signal);
        if (turn === 'ends') return undefined;
        if (turn === 'disturbs') reader.disturb();
        const refusal = now(self, turn);
        if (refusal !== undefined) return refusal;
        reader.made = n + 1;
        yield { id: script.id, n };
      }
      reader.wanted(script.turns.length);
      return undefined;
    } finally {
      if (script.cleanUpMs > 0) await sim.sleep(script.cleanUpMs);
      leave(self, script);
    }
  }
  function* plain(self: Self<undefined>, script: Script): Generator<Item, unknown> {
    const reader = enter(self, script);
    try {
      for (let n = 0; n < script.turns.length; n++) {
        const turn = script.turns[n] as Turn;
        reader.wanted(n);
        if (turn === 'ends') return undefined;
        if (turn === 'disturbs') reader.disturb();
        const refusal = now(self, turn);
        if (refusal !== undefined) return refusal;
        reader.made = n + 1;
        yield { id: script.id, n };
      }
      reader.wanted(script.turns.length);
      return undefined;
    } finally { leave(self, script); }
  }
  const Producer = defineAgent({
    name: 'producer',
    calls: {
      items,
      plain,
      besideItems: { concurrent: true, handle: items },
      besidePlain: { concurrent: true, handle: plain },
      ping(self) {
        sim.equal(inside.get(self.pid), undefined, 'nothing is handled while a stream holds its agent (P7)');
        return 'pong';
      },
    },
  });
  return Producer;
}

/** Waits until nobody wants it, as a careful producer does. */
function gone(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

type Producer = ReturnType<typeof producerOf>;
type End = 'open' | 'done' | 'left' | 'failed';

/** One consumer of one stream. */
class Reader {
  end: End = 'open';
  closed = 0;
  begun = 0;
  /** items that the producer has given */
  made = 0;
  producer: string | undefined;
  pid: string | undefined;
  private agent: string | undefined;
  private asked = 0;
  private taken = 0;
  private since = 0;
  private stream: AsyncIterableIterator<Item> | undefined;
  private readonly controller = new AbortController();
  private readonly timeoutMs: number | 'infinity';
  private readonly credit: number;
  readonly script: Script;
  constructor(private readonly sim: Simulation, private readonly town: Town, private readonly id: number) {
    const { random } = sim;
    this.timeoutMs = random.pick([20, 80, 'infinity'] as const);
    this.credit = random.pick([1, 1, 2, 4, 64]);
    const plain = random.chance(0.3);
    const beside = random.chance(0.3);
    const turn = (): Turn => (random.chance(0.6) ? 'yields' : random.pick(ODD));
    const turns = Array.from({ length: random.int(8) }, turn);
    const pauseMs = random.pick([1, 10, 30, 100]);
    const cleanUpMs = random.pick([0, 0, 5, 50]);
    this.script = { id, plain, beside, turns, pauseMs, cleanUpMs, throwsAtEnd: random.chance(0.05) };
  }

  /* ---- the producer's side ---- */

  begins(pid: string): void {
    this.begun++;
    this.producer = pid;
    this.sim.equal(this.begun, 1, 'a stream begins once');
  }

  /**
   * The producer makes its n-th item only while it is asked for, or within its credit: an item may be
   * on its way to a reader that has not seen it yet. One that is told later ends at its next yield.
   */
  wanted(n: number): void {
    const { sim, credit } = this;
    sim.sometimes(n > this.taken + 1, 'items lie ready');
    const asked = this.asked > this.taken || this.end !== 'open';
    if (credit === 1) sim.always(asked, 'a producer runs only while an item is asked for');
    else sim.always(n <= this.taken + credit || this.end !== 'open', 'a producer runs ahead within its credit');
  }

  /* ---- the consumer's side ---- */

  begin(ref: AgentRef<Producer>): void {
    const { random, system } = this.sim;
    if (random.chance(0.4)) {
      void this.read(ref);
      return;
    }
    const stays = random.chance(0.8);
    const { pid } = system.spawn(async (self) => {
      const reading = this.read(self.bind(ref));
      if (stays) await reading;
      else await this.sim.sleep(random.int(60));
    });
    this.pid = pid;
  }

  private get alive(): boolean {
    return this.pid === undefined || this.sim.system.alive(this.pid);
  }

  private async read(ref: AgentRef<Producer>): Promise<void> {
    const { sim, script } = this;
    const { random } = sim;
    const leavesAfter = random.chance(0.3) ? random.int(5) : Infinity;
    if (this.end !== 'open') return; // somebody was in a hurry
    const { timeoutMs, credit, controller: { signal } } = this;
    const bytes: { creditBytes?: number } =
      credit > 1 && random.chance(0.3) ? { creditBytes: 1 + random.int(200) } : {};
    const op = script.beside ? script.plain ? 'besidePlain' : 'besideItems' : script.plain ? 'plain' : 'items';
    this.stream = ref.stream(op, script, { timeoutMs, credit, signal, ...bytes });
    const eager = credit > 1 && bytes.creditBytes === undefined && script.turns.every((turn) => turn === 'yields');
    this.agent = ref.pid;
    while (this.end === 'open') {
      if (random.chance(0.25)) {
        await sim.sleep(random.chance(0.15) ? PATIENCE_MS + 1_000 : random.int(15));
        if (eager) await this.checkAhead();
      }
      if (this.taken >= leavesAfter) {
        this.leave();
        break;
      }
      await this.once(this.stream);
    }
    if (this.alive) sim.equal((await this.stream.next()).done, true, 'a stream that has ended stays so');
  }

  /** Credit is given back: the producer has made what it may, without being asked. */
  private async checkAhead(): Promise<void> {
    const { sim, script, credit } = this;
    await sim.settle();
    if (this.end !== 'open' || this.producer === undefined || !sim.system.alive(this.producer)) return;
    const least = Math.min(script.turns.length, this.taken + ((credit - 1) >> 1) + 1);
    sim.always(this.made >= least || this.closed > 0, 'a producer goes on when half of what lay ready is read');
  }

  private async once(stream: AsyncIterableIterator<Item>): Promise<void> {
    const { sim } = this;
    this.asked++;
    this.since = sim.nowMs;
    const { aborted } = this.controller.signal;
    try {
      const { done, value } = await stream.next();
      if (done === true) {
        if (this.end === 'open') this.finished();
        return;
      }
      sim.always(!aborted, 'what lay ready is dropped when the signal fires');
      sim.always(value.id === this.id && value.n === this.taken, 'each item comes once, in order');
      this.taken++;
      const inTime = this.timeoutMs === 'infinity' || sim.nowMs - this.since <= this.timeoutMs;
      sim.always(inTime, 'an item comes in time');
      sim.sometimes(this.taken > 3, 'some items come');
    } catch (error) {
      this.fails(error);
    }
  }

  private finished(): void {
    const { sim, script } = this;
    this.end = 'done';
    const turn = script.turns[this.taken];
    sim.always(turn === undefined || turn === 'ends', 'a stream ends where its producer does');
    sim.sometimes(this.taken > 2, 'a stream comes to its end');
  }

  private fails(error: unknown): void {
    const { sim, town } = this;
    if (this.end !== 'open') return;
    this.end = 'failed';
    const turn = this.script.turns[this.taken];
    if (this.controller.signal.aborted && error === this.controller.signal.reason) {
      sim.sometimes(this.begun > 0, 'a stream is aborted');
      return;
    }
    sim.always(error instanceof CallError, `a stream fails with a CallError: ${String(error)}`);
    const { code, reason } = error as CallError;
    switch (code) {
      case 'TIMEOUT': return this.timedOut(error as CallError);
      case 'REFUSED': return sim.equal(turn, 'refuses', 'a refusal is told where it was made');
      case 'EXIT': {
        const ended = this.producer === undefined || !sim.system.alive(this.producer);
        sim.always(ended, 'EXIT is of an agent that has ended');
        sim.always(reason !== BOOM || town.boom, 'the reason is that of the end');
        sim.sometimes(turn === 'throws' && reason === BOOM, 'a producer throws');
        sim.sometimes(this.begun === 0, 'a producer dies before a stream begins');
        return;
      }
      case 'ZOMBIE': return sim.always(!this.alive, 'ZOMBIE is for the dead');
      case 'MAILBOX_FULL': return sim.equal(this.begun, 0, 'who is refused is never begun');
      default: sim.equal(code, 'NOPROC', 'no such failure of a stream');
    }
  }

  private timedOut(error: CallError): void {
    const { sim } = this;
    const forgot = error.message.includes(`${PATIENCE_MS} ms`);
    if (sim.sometimes(forgot, 'a consumer asks for nothing for too long')) return;
    sim.equal(sim.nowMs - this.since, this.timeoutMs, 'a wait for an item ends when it said');
    sim.sometimes(this.begun === 0, 'a wait for a turn times out');
    sim.sometimes(this.begun > 0, 'a wait for an item times out');
  }

  leave(): void {
    if (this.end === 'open') this.end = 'left';
    this.sim.sometimes(this.begun > this.closed, 'a stream is left that runs');
    void this.stream?.return?.();
  }

  disturb(): void {
    const { sim } = this;
    const { random } = sim;
    if (random.chance(0.3)) this.leave();
    else if (random.chance(0.4)) {
      this.controller.abort(random.pick([undefined, 'enough', new Error('enough')]));
    } else if (this.pid !== undefined && this.alive) {
      sim.sometimes(this.begun > this.closed, 'a consumer dies while its stream runs');
      if (this.end === 'open') this.end = 'left';
      sim.system.exit(this.pid, random.pick(['kill', 'odd']));
    }
  }

  /** Some time has passed: no handler outlives its agent. */
  checkOrphan(): void {
    const { sim, agent, producer } = this;
    if (agent === undefined || producer === undefined || sim.system.alive(agent)) return;
    sim.always(!sim.system.alive(producer), 'a concurrent handler ends with its agent');
  }

  /** Some time has passed: a consumer that has ended holds no producer. */
  checkDead(): void {
    const { sim } = this;
    if (this.alive || this.producer === undefined || !sim.system.alive(this.producer)) return;
    sim.equal(this.closed, this.begun, 'the stream of a dead consumer ends at its next item');
  }

  /** Nobody reads any more. */
  check(): void {
    const { sim } = this;
    sim.always(this.end !== 'open' || !this.alive, 'the stream of a consumer that lives has ended');
    sim.always(this.closed <= this.begun, 'a producer is finished once');
    if (this.producer === undefined || !sim.system.alive(this.producer)) return;
    sim.equal(this.closed, this.begun, 'what a living producer has begun it has finished');
    sim.always(!this.script.beside, 'the process of a concurrent handler ends with its stream');
  }
}

/** What all streams of a seed share. */
class Town {
  /** some producer throws */
  boom = false;
}

async function streams(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const town = new Town();
  const readers = new Map<number, Reader>();
  const Producer = producerOf(sim, readers);
  const mailbox = random.chance(0.2) ? { capacity: 1 + random.int(2), overflow: 'reject' as const } : {};
  const refs = Array.from({ length: 1 + random.int(2) }, () => system.start(Producer, { mailbox }));
  for (let id = 0; id < 2 + random.int(8); id++) {
    const reader = new Reader(sim, town, id);
    readers.set(id, reader);
    town.boom ||= reader.script.turns.includes('throws');
    if (random.chance(0.4)) await sim.sleep(random.int(20));
    reader.begin(random.pick(refs));
  }
  const all = [...readers.values()];
  for (let n = random.int(8); n > 0; n--) {
    await sim.sleep(random.int(40));
    for (const reader of all) reader.checkOrphan();
    for (let microtasks = random.int(6); microtasks > 0; microtasks--) await Promise.resolve();
    if (random.chance(0.7)) random.pick(all).disturb();
    else if (random.chance(0.3)) system.exit(random.pick(refs), random.pick(['kill', 'odd']));
    else if (random.chance(0.4)) void random.pick(refs).stop().catch(() => undefined);
  }
  if (random.chance(0.2)) {
    const running = all.some((one) => one.begun > one.closed);
    await system.stop();
    sim.sometimes(running, 'the system stops while a stream runs');
    await sim.sleep(10 * PATIENCE_MS); // a reader may sleep before each item that lies ready
  } else {
    await sim.sleep(random.chance(0.4) ? 2 * PATIENCE_MS : 1_000);
    for (const reader of all) {
      reader.checkDead();
      reader.leave();
    }
    await sim.sleep(8 * PATIENCE_MS);
    for (const ref of refs) {
      if (!ref.stats().alive) continue;
      sim.equal(await ref.call('ping'), 'pong', 'the agent is free again');
      const { sent, handled, rejected, dropped, expired } = ref.stats().mailbox;
      sim.equal(handled + rejected + dropped + expired, sent, 'each request has one outcome');
    }
  }
  for (const reader of all) reader.check();
}

export const streamSuite: Suite = suite(
  'stream',
  'P7, P15: consumers that leave, die, abort and time out; producers that hang, throw, die, refuse and run ahead',
  streams,
);
