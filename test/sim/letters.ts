import { defineAgent, type DeadLetter, type LetterQuery } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

interface Note {
  readonly n: number;
  readonly edits: number;
}

const NAMES = ['a', 'b', 'c'] as const;
const CAPACITIES = [3, 10, 1_000, 1_000] as const;

/**
 * What was sent to names that come and go: each is handled, kept as a letter, thrown away or had to
 * make room.
 */
class Office {
  /** times each was handled, or thrown away */
  private readonly handled: number[] = [];
  private readonly pruned: number[] = [];
  /** edits of each that were accepted */
  private readonly edits: number[] = [];
  private readonly taker = defineAgent({
    name: 'taker',
    casts: { take: (self, note: Note) => { this.take(self.pid, note); } },
    info: (self, note) => { this.take(self.pid, note as Note); },
  });
  private measuring = false;
  constructor(private readonly sim: Simulation) {
    sim.system.deadLetters.subscribe(() => {
      if (sim.random.chance(0.1)) this.retry({ limit: 1 });
    });
  }

  private take(pid: string, { n, edits }: Note): void {
    const { sim } = this;
    sim.always(sim.system.alive(pid), 'the dead take nothing');
    this.handled[n] = (this.handled[n] ?? 0) + 1;
    sim.equal(this.handled[n], 1, 'nothing is handled twice, however it was retried');
    sim.equal(edits, this.edits[n] ?? 0, 'what is handled is what was edited last');
  }

  send(): void {
    const { random, system } = this.sim;
    const n = this.edits.push(0) - 1;
    const name = random.pick(NAMES);
    const note: Note = { n, edits: 0 };
    const ref = system.ref(this.taker, name);
    const draw = random.int(4);
    if (draw === 0) system.send(name, note);
    else if (draw === 1) void ref.deliver('take', note, {
      guarantee: random.pick(['at-most-once', 'at-least-once', 'exactly-once'] as const),
      expiresInMs: random.pick([2, 10]),
    });
    else ref.cast('take', note);
  }

  /** To nobody: a letter at once, which may have to make room. */
  private lose(): void {
    this.sim.system.send('nobody', { n: this.edits.push(0) - 1, edits: 0 } satisfies Note);
  }

  /** Measuring a message is the user's code, and runs while a letter is sent again. */
  private measure(): number {
    if (!this.measuring && this.sim.random.chance(0.3)) {
      this.measuring = true;
      this.lose();
      this.measuring = false;
    }
    return 8;
  }

  comeOrGo(): void {
    const { random, system } = this.sim;
    const name = random.pick(NAMES);
    if (system.whereis(name) === undefined) system.start(
      this.taker,
      { name, ...(random.chance(0.3)
        ? { mailbox: { capacityBytes: 1_000, sizeOf: () => this.measure() } }
        : {}) },
    );
    else system.exit(name, random.pick(['kill', 'away']));
  }

  private query(): LetterQuery {
    const { random } = this.sim;
    return {
      ...(random.chance(0.5) ? { to: random.pick(NAMES) } : {}),
      ...(random.chance(0.3) ? { op: random.pick(['take', 'info']) } : {}),
      ...(random.chance(0.5) ? { limit: 1 + random.int(3) } : {}),
      ...(random.chance(0.3) ? { where: ({ payload }: DeadLetter) => (payload as Note).n % 2 === 0 } : {}),
    };
  }

  edit(): void {
    const { sim } = this;
    const letters = sim.system.deadLetters.list();
    if (letters.length === 0) return;
    const { id, payload } = sim.random.pick(letters);
    const { n, edits } = payload as Note;
    const now = sim.system.deadLetters.edit(id, { n, edits: edits + 1 });
    sim.sometimes(true, 'a letter is edited');
    this.edits[n] = edits + 1;
    sim.equal((now?.payload as Note).edits, edits + 1, 'an edit is seen at once');
    sim.equal(sim.system.deadLetters.list().length, letters.length, 'an edit takes none and adds none');
  }

  retry(query: LetterQuery = this.query()): void {
    const { deadLetters } = this.sim.system;
    const before = deadLetters.list(query);
    const others = deadLetters.size - before.length;
    const { total } = deadLetters;
    const { retried, refused } = deadLetters.retry(query);
    this.sim.sometimes(
      retried.length > 0 && deadLetters.total > total, 'letters come while others are retried',
    );
    this.sim.sometimes(retried.length > 0, 'a letter is retried');
    this.sim.sometimes(refused.length > 0, 'a retry is refused');
    this.sim.equal(
      [...retried, ...refused.map(({ id }) => id)].sort((a, b) => a - b).join(),
      before.map(({ id }) => id).sort((a, b) => a - b).join(), 'a retry tells of each letter once',
    );
    for (const id of retried) this.sim.equal(deadLetters.peek(id), undefined, 'who is sent again has left');
    if (deadLetters.total === total) {
      this.sim.equal(deadLetters.size, others + refused.length, 'who is refused stays, as do all others');
    }
  }

  prune(): void {
    const { deadLetters } = this.sim.system;
    const query = this.query();
    const all = deadLetters.list();
    const gone = new Set(deadLetters.list(query).map(({ id }) => id));
    this.sim.sometimes(gone.size > 0 && gone.size < all.length, 'some are pruned');
    this.sim.always(gone.size <= (query.limit ?? Infinity), 'no more than the limit');
    this.sim.equal(deadLetters.prune(query), gone.size, 'a prune says how many');
    for (const { payload } of all.filter(({ id }) => gone.has(id))) this.pruned[(payload as Note).n] = 1;
    this.sim.equal(
      deadLetters.list().map(({ id }) => id).join(),
      all.filter(({ id }) => !gone.has(id)).map(({ id }) => id).join(),
      'a prune takes those that fit, no others',
    );
  }

  /** At rest nothing is on its way. */
  check(atRest: boolean): void {
    const { sim } = this;
    const { total, size, retried, pruned, evicted } = sim.system.deadLetters;
    sim.equal(total, size + retried + pruned + evicted, 'total = size + retried + pruned + evicted');
    sim.always(size <= 1_000, 'never more than the capacity');
    sim.sometimes(evicted > 0, 'a letter makes room');
    const kept: number[] = [];
    for (const { payload } of sim.system.deadLetters.list()) {
      const { n } = payload as Note;
      kept[n] = (kept[n] ?? 0) + 1;
    }
    let missing = 0;
    for (const n of this.edits.keys()) {
      const places = (this.handled[n] ?? 0) + (this.pruned[n] ?? 0) + (kept[n] ?? 0);
      sim.always(places <= 1, `nothing is in two places: ${n}`);
      missing += 1 - places;
    }
    // What is late in its mailbox ends there, and is no letter.
    if (atRest) {
      sim.equal(
        missing, evicted + sim.system.stats().delivery.expired,
        'nothing is lost but what had to make room or came too late',
      );
    }
  }
}

export const lettersSuite: Suite = suite('letters', 'P3, P23: dead letters queried, edited, retried and pruned at any moment are never lost and never doubled', async (
  sim,
) => {
  const office = new Office(sim);
  for (let left = 20 + sim.random.int(60); left > 0; left--) {
    const draw = sim.random.float();
    if (draw < 0.45) office.send();
    else if (draw < 0.6) office.comeOrGo();
    else if (draw < 0.68) office.edit();
    else if (draw < 0.8) office.retry();
    else if (draw < 0.85) office.prune();
    else await sim.sleep(sim.random.int(8));
    office.check(false);
  }
  await sim.sleep(1_000);
  office.check(true);
}, (random) => ({ system: { deadLetters: { capacity: random.pick(CAPACITIES) } } }));
