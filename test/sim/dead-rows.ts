import { type AgentRef, child, defineAgent, type System } from '../../src/index.js';
import { decodeDeadLetter, decodeMessage, type Durability, durabilityOf } from '../../src/delivery/durable/index.js';
import { decode } from '../../src/codec/index.js';
import { unframe } from '../../src/journal/frame.js';
import { kernelOf } from '../../src/system/index.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'b'] as const;
const REFUSALS: readonly string[] = ['UNKNOWN', 'STORE_FAILED', 'STORE_CLOSED', 'NOPROC', 'EXIT', 'WINDOW_FULL'];
/** Everything is over by then. */
const REST_MS = 20_000;

interface Job {
  readonly id: number;
  readonly edits: number;
}

/** One message, as the witness knows it. */
class Told {
  accepted = false;
  /** somebody has thrown its letter away, and nobody knows whether that is written */
  pruning = false;
  pruned = false;
  /** at most so many edits of its payload */
  edits = 0;
  /** at least so many, and so many attempts of letters: they stood on the disk */
  editsSafe = 0;
  attemptsSafe = 0;
  /** of the message that died last, as far as it stood on the disk */
  died = -1;
  starts = 0;
  /** what its step was told: one key through all retries */
  readonly keys = new Set<string>();
  constructor(readonly keyed: boolean) {}
}

/** Where a message is. */
interface Place {
  readonly in: string;
  readonly edits: number;
  /** of a letter */
  readonly attempts?: number;
  readonly message?: number;
}

/** The witness outside: it outlives every program. */
class Witness {
  readonly all: Told[] = [];
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
    /** dead letters that the store keeps */
    private readonly countMax: number,
  ) {}

  at(id: number): Told {
    return this.all[id] as Told;
  }

  /** A life is over: each message is in one place of the disk, whatever was done to its letter. */
  judge(): void {
    const { sim } = this;
    const places = this.read();
    for (const [id, told] of this.all.entries()) {
      const found = places.get(id) ?? [];
      const what = `message ${id} (key: ${String(told.keyed)}): ${JSON.stringify(found)}`;
      sim.always(found.length <= 1, `P23: ${what}: in two places`);
      sim.always(told.keys.size <= 1, `P21: ${what}: a step has two keys: ${[...told.keys].join()}`);
      const [one] = found;
      if (one === undefined) {
        const allowed = told.pruning || told.pruned || !told.accepted || this.countMax < Infinity;
        sim.always(allowed, `P23: ${what}: lost`);
        told.pruned ||= told.pruning;
      } else {
        sim.always(!told.pruned, `P23: ${what}: was thrown away, and has come back`);
        told.accepted = true;
        sim.always(
          one.edits >= told.editsSafe && one.edits <= told.edits,
          `P23: ${what}: edited ${told.editsSafe} to ${told.edits} times`,
        );
        told.edits = told.editsSafe = one.edits;
        if (one.attempts !== undefined) {
          const least = told.attemptsSafe + (one.message === told.died ? 0 : 1);
          sim.always(one.attempts >= least, `P23: ${what}: at least ${least} attempts`);
          told.attemptsSafe = one.attempts;
          told.died = one.message ?? -1;
        }
      }
      told.pruning = false;
    }
  }

  /** Where each message is. */
  private read(): Map<number, Place[]> {
    const { disk: { image }, sim } = this;
    const places = new Map<number, Place[]>();
    const add = ({ id, edits }: Job, where: string, letter: Pick<Place, 'attempts' | 'message'> = {}): void => {
      const known = places.get(id);
      const place = { in: where, edits, ...letter };
      if (known === undefined) places.set(id, [place]);
      else known.push(place);
    };
    for (const { key, body } of image.records('state', '', 100)) {
      const [, , { done }] = decode(unframe('state', key, 0, body)) as [number, number, { done: Job[] }];
      for (const job of done) add(job, 'state');
    }
    for (const { seq, stream, body } of image.rows('message', null, 0, 10_000, true)) {
      add(decodeMessage(unframe('message', stream, seq, body)).payload as Job, 'waits');
    }
    const dead = image.rows('dead', null, 0, 10_000, true);
    sim.always(dead.length <= this.countMax, `${dead.length} dead letters, at most ${this.countMax}`);
    for (const { seq, stream, body } of dead) {
      const { payload, attempts, seq: message } = decodeDeadLetter(unframe('dead', stream, seq, body));
      add(payload as Job, 'dead', { attempts, message });
    }
    return places;
  }

  /** After the last life nothing is left behind. */
  end(): void {
    const { rows, records } = this.disk.image.counts();
    this.sim.equal(rows.message + rows.dead, 0, 'nothing waits in the end, and nothing is dead');
    this.sim.equal(records.step + records.attempt, 0, 'no record of a message is left');
  }
}

/** One program: agents that fail, and people who look after what they have left. */
class Office {
  private readonly system: System;
  constructor(
    private readonly sim: Simulation,
    private readonly life: Life,
    private readonly witness: Witness,
    private readonly calm: boolean,
  ) {
    this.system = life.system;
    const Worker = this.workerOf();
    this.ref = (name) => this.system.ref(Worker, name);
    this.system.supervise({
      intensity: 1_000_000, children: NAMES.map((name) => child(name, Worker)),
    }, { onGiveUp: 'ignore' }).catch(() => undefined);
  }

  private readonly ref: (name: string) => AgentRef<ReturnType<Office['workerOf']>>;

  private workerOf() {
    const { sim: { random } } = this;
    const onError = random.chance(0.5) ? { onError: () => 'retry' as const } : {};
    return defineAgent({
      name: 'worker',
      durable: { crashesMax: 'infinity' },
      delivery: { attemptsMax: 1 + random.int(3), backoff: { baseMs: 1 }, expiresInMs: 1e9, ...onError },
      init: () => ({ done: [] as Job[] }),
      calls: {
        work: async (self, job: Job) => {
          await this.work((key) => self.once('step', key), job);
          self.state.done.push(job);
        },
      },
    });
  }

  private async work(once: (fn: (key: string) => void) => Promise<unknown>, { id }: Job): Promise<void> {
    const { sim: { random }, life, witness, calm } = this;
    const told = witness.at(id);
    const fate = calm ? 1 : random.float();
    if (!life.dead && fate < 0.05) life.die(false);
    if (life.dead) return new Promise(() => undefined);
    told.starts++;
    if (fate > 0.2) await once((key) => void told.keys.add(key));
    if (life.dead) return new Promise(() => undefined);
    if (fate < 0.6) throw new Error('not yet');
  }

  async acts(): Promise<void> {
    const { sim, life } = this;
    const { random } = sim;
    for (let left = 5 + random.int(20); left > 0 && !life.dead; left--) {
      const draw = random.float();
      if (draw < 0.35) void this.send();
      else if (draw < 0.5) this.retry();
      else if (draw < 0.56) this.edit();
      else if (draw < 0.62) this.prune();
      else if (draw < 0.7) void this.byRow();
      else if (draw < 0.72) this.system.exit(random.pick(NAMES), 'kill');
      else await sim.sleep(random.int(8));
      this.check();
    }
  }

  private async send(): Promise<void> {
    const { sim: { random }, life, witness } = this;
    const keyed = random.chance(0.5);
    const id = witness.all.push(new Told(keyed)) - 1;
    const options = keyed
      ? { guarantee: 'exactly-once', key: `key ${id}` } as const
      : { guarantee: random.pick(['at-least-once', 'exactly-once'] as const) };
    try {
      await this.ref(random.pick(NAMES)).deliver('work', { id, edits: 0 }, options);
      if (!life.dead) witness.at(id).accepted = true;
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      if (!life.dead) this.sim.always(REFUSALS.includes(code), `a refusal has a reason: ${String(error)}`);
    }
  }

  /** Letters of this life, and of those before. */
  retry(): void {
    const { sim, system: { deadLetters } } = this;
    const { recovered, size } = deadLetters;
    const { retried, refused } = deadLetters.retry(sim.random.chance(0.5) ? {} : { limit: 1 });
    sim.sometimes(retried.length > 0 && recovered === size, 'a letter of an earlier life is sent again');
    for (const { code } of refused) {
      sim.always([...REFUSALS, 'PROTOCOL_MISMATCH'].includes(code), `a retry is refused: ${code}`);
    }
  }

  private edit(): void {
    const { sim: { random }, system: { deadLetters }, witness } = this;
    const letters = deadLetters.list();
    if (letters.length === 0) return;
    const { id: letter, payload } = random.pick(letters);
    const { id, edits } = payload as Job;
    this.safely(() => {
      deadLetters.edit(letter, { id, edits: edits + 1 });
      witness.at(id).edits = edits + 1;
    });
  }

  private prune(): void {
    const { system: { deadLetters }, witness } = this;
    const [letter] = deadLetters.list({ limit: 1 });
    if (letter === undefined) return;
    this.safely(() => {
      deadLetters.prune({ limit: 1 });
      witness.at((letter.payload as Job).id).pruning = true;
    });
  }

  /** As the command line does it. */
  async byRow(): Promise<void> {
    const { sim: { random }, life, system, witness } = this;
    const { letters, journal } = durabilityOf(kernelOf(system)) as Durability;
    try {
      const rows = await journal.rows('dead', null, 0, 100, true);
      if (rows.length === 0 || life.dead) return;
      const row = random.pick(rows);
      if (this.calm || random.chance(0.8)) await letters.retry([row.seq], null);
      else {
        witness.at((decodeDeadLetter(row.body).payload as Job).id).pruning = true;
        await letters.prune([row.seq]);
      }
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      if (!life.dead) this.sim.always(REFUSALS.includes(code), `a command is refused: ${String(error)}`);
    }
  }

  /** A store that has failed says so, and a name may have no owner. */
  private safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      this.sim.always(REFUSALS.includes(code), `a letter is refused: ${String(error)}`);
    }
  }

  check(): void {
    const { total, recovered, size, retried, pruned, evicted } = this.system.deadLetters;
    this.sim.equal(
      total + recovered, size + retried + pruned + evicted, 'total + recovered = size + retried + pruned + evicted',
    );
  }

  /** Until nothing is dead any more: those that are not in memory are sent again by their rows. */
  async rest(disk: Disk): Promise<void> {
    const { sim, system } = this;
    for (let waited = 0; waited < REST_MS; waited += 100) {
      this.retry();
      await this.byRow();
      await sim.sleep(100);
      const { pending, inTransit, running } = system.stats().delivery;
      const { rows } = disk.image.counts();
      if (pending + inTransit + running + rows.dead === 0) return;
    }
    sim.always(false, `P19: something is left in the end: ${JSON.stringify(system.stats().delivery)}`);
  }
}

/** Lives of one program after another, on one disk. */
async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const disk = new Disk(new Random(random.u32()), { latencyMsMax: random.pick([0, 1, 5]) });
  const countMax = random.pick([Infinity, Infinity, 3]);
  const witness = new Witness(sim, disk, countMax);
  const options = () => ({
    deadLetters: { capacity: random.pick([0, 2, 1_000]) },
    ...(countMax === Infinity ? {} : { retention: { deadLetters: { countMax } } }),
  });
  const count = 1 + random.int(6);
  for (let number = 0; number < count; number++) {
    const life = new Life(sim, disk, number, options());
    const office = new Office(sim, life, witness, false);
    await office.acts();
    if (!life.dead && random.chance(0.5)) {
      office.retry();
      await sim.sleep(random.int(12));
    }
    if (!life.dead && random.chance(0.1)) disk.failNext();
    if (!life.dead && random.chance(0.3)) await Promise.race([life.stop(), deathOf(sim, life)]);
    sim.sometimes(!life.dead && life.system.deadLetters.size > 0, 'a program dies with letters');
    life.die(random.chance(0.3));
    witness.judge();
  }
  const life = new Life(sim, disk, count, options());
  const office = new Office(sim, life, witness, true);
  await life.system.store.ready;
  sim.sometimes(life.system.deadLetters.recovered > 0, 'letters of earlier lives');
  await office.rest(disk);
  office.check();
  await life.stop();
  witness.judge();
  witness.end();
}

/** A program may die in its stop. */
async function deathOf(sim: Simulation, life: Life): Promise<void> {
  while (!life.dead) await sim.sleep(1);
}

export const deadRowsSuite: Suite = suite(
  'dead-rows', 'P21 P23: stored dead letters are edited, sent again, thrown away while programs die, in one place',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2]) }),
);
