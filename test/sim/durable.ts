import { child, type AgentRef, type Strategy } from '../../src/index.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Book, Sent } from './durable/book.js';
import { Life } from './durable/life.js';
import { Hands, NAMES, optionsOf, sinkOf, workerOf, type WorkerDefinition } from './durable/worker.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const REFUSALS = ['UNKNOWN', 'STORE_FAILED', 'STORE_CLOSED', 'NOPROC', 'EXIT'];
/** Everything is over by then. */
const REST_MS = 20_000;

/** One program: agents under a supervisor, one that comes and goes, and senders outside. */
class Run {
  private readonly hands: Hands;
  private readonly worker: WorkerDefinition;
  private readonly sink;
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
    private readonly book: Book,
    private readonly life: Life,
    private readonly calm: boolean,
  ) {
    const { system } = life;
    this.hands = new Hands(sim, life, book, calm, {
      worker: (name) => system.ref(this.worker, name), sink: () => this.sink.ref,
    });
    this.worker = workerOf(() => this.hands);
    const ref = system.start(sinkOf(life, book));
    this.sink = { ref };
  }

  start(): void {
    const { sim: { random }, life: { system } } = this;
    system.supervise({
      strategy: random.pick<Strategy>(['one_for_one', 'one_for_all', 'rest_for_one']),
      // With a store that has failed no start succeeds.
      intensity: this.calm ? 1_000_000 : 50,
      children: ['a', 'b'].map((name) => child(name, this.worker)),
    }, { onGiveUp: 'ignore' }).catch(() => undefined);
    if (this.calm || random.chance(0.5)) this.comeAndGo();
  }

  async acts(): Promise<void> {
    const { sim, life, disk } = this;
    const { random } = sim;
    for (let left = 4 + random.int(16); left > 0 && !life.dead; left--) {
      const draw = random.float();
      if (draw < 0.55) this.send();
      else if (draw < 0.62) this.hurt();
      else if (draw < 0.67) this.comeAndGo();
      else if (draw < 0.69) disk.failNext();
      else await sim.sleep(random.int(random.chance(0.2) ? 60 : 8));
    }
  }

  private hurt(): void {
    const { sim: { random }, life: { system } } = this;
    const name = random.pick(NAMES);
    if (system.whereis(name) !== undefined) system.exit(name, random.pick(['kill', 'shutdown', 'away']));
  }

  /** The third name is free for a while. */
  comeAndGo(): void {
    const { sim: { random }, life: { system } } = this;
    if (system.whereis('c') !== undefined) system.exit('c', random.pick(['kill', 'shutdown']));
    else Promise.resolve(system.start(this.worker, { name: 'c' })).catch(() => undefined);
  }

  /** Somebody owns the third name to the end. */
  async attend(): Promise<void> {
    const { sim, life: { system } } = this;
    for (let waited = 0; waited < REST_MS; waited += 500) {
      if (system.whereis('c') === undefined) this.comeAndGo();
      await sim.sleep(500);
      const { pending, inTransit, running } = system.stats().delivery;
      if (pending + inTransit + running === 0) return;
    }
    sim.always(false, `P19: something still waits in the end: ${JSON.stringify(system.stats().delivery)}`);
  }

  private send(): void {
    const { sim: { random }, book } = this;
    const keyed = random.chance(0.2) ? book.all.filter(({ key, parent }) => key !== undefined && parent === null) : [];
    const again = keyed.length > 0 ? random.pick(keyed) : null;
    const to = random.pick(NAMES);
    const key = random.chance(0.4);
    const sent = again ?? book.add((id) => new Sent(
      { id, depth: random.int(3), deadly: random.chance(0.03) }, to, 'work', key ? `key-${id}` : undefined,
      !key && random.chance(0.3) ? 'o' : undefined, 1 + random.int(4), null, true,
    ));
    void this.deliver(sent, this.life.system.ref(this.worker, sent.to), again !== null);
  }

  private async deliver(sent: Sent, ref: AgentRef<WorkerDefinition>, again: boolean): Promise<void> {
    const { sim, life, book } = this;
    const { random } = sim;
    try {
      const receipt = await ref.deliver('work', sent.job, optionsOf(sent, random));
      if (life.dead) return;
      book.accept(sent);
      sim.sometimes(again, 'a key is sent again');
      if (!again && sent.key === undefined && random.chance(0.1)) await this.cancel(sent, receipt);
      const { kind } = await receipt.settled;
      if (life.dead) return;
      sim.sometimes(kind === 'unknown', 'nobody knows the end of a message');
      if (kind === 'cancelled') sent.gone = sent.cancelled = true;
      else sent.told = kind === 'reply-gone' ? 'handled' : kind;
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      if (life.dead) return;
      sim.always(
        REFUSALS.includes(code), `a refusal has a reason: ${String(error)}`,
      );
      sim.sometimes(code === 'UNKNOWN', 'nobody knows whether a message is accepted');
      if (code !== 'UNKNOWN' && !again && sent.key === undefined) sent.gone = true;
    }
  }

  private async cancel(sent: Sent, receipt: { cancel(): boolean }): Promise<void> {
    const { sim, life } = this;
    await sim.sleep(sim.random.int(10));
    if (!life.dead && sim.sometimes(receipt.cancel(), 'a stored message is taken back')) sent.leaving = true;
  }
}

/** Lives of one program after another, on one disk. */
async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const level = random.pick(['disk', 'disk', 'process'] as const);
  const disk = new Disk(new Random(random.u32()), { level, latencyMsMax: random.pick([0, 1, 5]) });
  const book = new Book(sim, disk);
  const count = 1 + random.int(4);
  for (let number = 0; number < count; number++) {
    const life = new Life(sim, disk, number, { payloads: random.pick(['frozen', 'shared']) });
    const run = new Run(sim, disk, book, life, false);
    run.start();
    await run.acts();
    const draw = random.float();
    const power = !life.dead && draw < 0.25;
    if (!life.dead && draw > 0.6) {
      await Promise.race([life.stop(), deathOf(sim, life)]);
    }
    life.die(power);
    sim.sometimes(power && disk.level === 'process' && disk.lost > 0, 'a loss of power loses something');
    book.judge(life, power);
  }
  const life = new Life(sim, disk, count, {});
  const run = new Run(sim, disk, book, life, true);
  run.start();
  await run.attend();
  sim.sometimes(life.system.stats().delivery.recovered > 0, 'messages of earlier lives');
  await life.stop();
  book.judge(life, false);
  book.end();
  sim.sometimes(book.all.some(({ starts }) => starts > 1), 'a message is tried again');
}

/** A program may die in its stop. */
async function deathOf(sim: Simulation, life: Life): Promise<void> {
  while (!life.dead) await sim.sleep(1);
}

export const durableSuite: Suite = suite(
  'durable', 'P19 P21 P22 P24 P28: programs die on a disk that outlives them; nothing is lost or doubled',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2, 2]) }),
);
