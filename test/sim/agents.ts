import { defineAgent, type Receipt } from '../../src/index.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { decode } from '../../src/codec/index.js';
import { unframe } from '../../src/journal/frame.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

const CRASHES_MAX = 3;
const ACTS = ['keep', 'keep', 'keep', 'twice', 'slow', 'throw', 'caught', 'nack'] as const;
type Act = (typeof ACTS)[number];
interface Job { readonly n: number; readonly act: Act }

/** What the agents of one life do; a crash of the program is drawn from outside. */
function definitions(sim: Simulation) {
  const Talk = defineAgent({
    name: 'talk',
    durable: {
      log: true, compactAfter: { deltas: 4 },
      apply(state: number[], n: number) {
        if (n < 0) throw new Error('no such delta');
        state.push(n);
      },
    },
    init: () => [] as number[],
    calls: {
      all: (self) => [...self.state],
      async say(self, { n, act }: Job) {
        self.append(n);
        if (act === 'twice') self.append(n + 0.5);
        if (act === 'slow') await sim.sleep(1 + sim.random.int(8));
        if (act === 'throw') throw new Error('after the append');
        if (act === 'nack' && self.delivery?.attempt === 1) self.delivery.nack(0);
        if (act === 'caught') {
          try {
            self.append(-1);
          } catch {
            sim.sometimes(true, 'a delta is refused by apply');
          }
        }
        return n;
      },
    },
  });
  const Gate = defineStatem({
    name: 'gate',
    durable: true,
    init: () => ({ state: 'a', data: { steps: [] as number[], inside: [] as number[] } }),
    states: { a: {}, b: {} },
    common: {
      calls: {
        all: (self) => ({ steps: [...self.data.steps], inside: [...self.data.inside] }),
        async step(self, { n, act }: Job) {
          self.data.steps.push(n);
          if (act === 'slow') await sim.sleep(1 + sim.random.int(8));
          if (act === 'throw') throw new Error('after the step');
          return self.next(self.state === 'a' ? 'b' : 'a').reply(n).internal(n);
        },
      },
      async internal(self, n) {
        if (sim.random.chance(0.3)) await sim.sleep(sim.random.int(4));
        self.data.inside.push(n as number);
      },
    },
  });
  const Frail = defineAgent({
    name: 'frail',
    durable: { crashesMax: CRASHES_MAX },
    init: () => ({ good: 0 }),
    calls: {
      work(self, bad: boolean) {
        self.state.good++;
        if (bad) throw new Error('poison');
        return self.state.good;
      },
    },
  });
  return { Talk, Gate, Frail };
}
type Definitions = ReturnType<typeof definitions>;

/** The witness outside: what was told, and what must not be there. */
class Witness {
  next = 1;
  readonly talk = new Told();
  readonly gate = new Told();
  /** crashes in a row of the frail one: at least, at most */
  least = 0;
  most = 0;
}

class Told {
  readonly kept: number[] = [];
  readonly gone = new Set<number>();
}

type Answer = { readonly value: unknown } | { readonly error: { readonly code?: string; readonly reason?: unknown } };

/** Lives of one program on one disk, each question after the other. */
class Run {
  readonly life: Life;
  private readonly made: Definitions;
  private readonly death: Promise<null>;
  private die: (() => void) | null = null;
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
    private readonly witness: Witness,
    number: number,
  ) {
    this.life = new Life(sim, disk, number, {});
    this.made = definitions(sim);
    this.death = new Promise((resolve) => {
      this.die = () => resolve(null);
    });
  }

  /** kill -9 */
  kill(): void {
    this.life.die(false);
    this.die?.();
  }

  /** Null when the program has died before the answer. */
  private async answer(asked: Promise<unknown>): Promise<Answer | null> {
    const answered = asked.then(
      (value): Answer => ({ value }), (error: unknown): Answer => ({ error: error as object }),
    );
    return Promise.race([answered, this.death]);
  }

  /** The one of that name, started where it does not live. */
  private async owner(name: 'talk' | 'gate' | 'frail'): Promise<Answer | null> {
    const { life: { system }, made } = this;
    if (system.whereis(name) !== undefined) return { value: true };
    const definition = name === 'talk' ? made.Talk : name === 'gate' ? made.Gate : made.Frail;
    return this.answer(Promise.resolve(system.start(definition as Definitions['Talk'], { name })));
  }

  async acts(count: number): Promise<void> {
    const { sim: { random } } = this;
    for (let left = count; left > 0 && !this.life.dead; left--) {
      const draw = random.float();
      if (draw < 0.4) await this.talks();
      else if (draw < 0.7) await this.steps();
      else if (draw < 0.95) await this.works();
      else await this.hurts();
    }
  }

  private async hurts(): Promise<void> {
    const { sim, life: { system } } = this;
    const name = sim.random.pick(['talk', 'gate', 'frail']);
    if (system.whereis(name) !== undefined) system.exit(name, 'kill');
    await sim.sleep(1);
  }

  private async talks(): Promise<void> {
    const { sim, witness, life: { system }, made } = this;
    const act = sim.random.pick(ACTS);
    const n = witness.next++;
    const started = await this.owner('talk');
    if (started === null) return;
    sim.always('value' in started, `P21: the log starts: ${'error' in started ? String(started.error) : ''}`);
    const talk = system.ref(made.Talk, 'talk');
    const said = await this.answer(act === 'nack'
      ? again(talk.deliver('say', { n, act }, { durable: false }))
      : talk.call('say', { n, act }));
    this.note(witness.talk, n, said, act);
    if (act === 'twice') this.note(witness.talk, n + 0.5, said, act);
  }

  private async steps(): Promise<void> {
    const { sim, witness, life: { system }, made } = this;
    const act = sim.random.pick(ACTS);
    const n = witness.next++;
    const started = await this.owner('gate');
    if (started === null) return;
    sim.always('value' in started, `P21: the machine starts: ${'error' in started ? String(started.error) : ''}`);
    this.note(witness.gate, n, await this.answer(system.ref(made.Gate, 'gate').call('step', { n, act })), act);
  }

  private note(told: Told, n: number, said: Answer | null, act: Act): void {
    if (said === null) return;
    if ('value' in said) told.kept.push(n);
    else if (act === 'throw') told.gone.add(n);
  }

  private async works(): Promise<void> {
    const { sim, witness, life: { system }, made } = this;
    const started = await this.owner('frail');
    if (started === null) return;
    if ('error' in started) {
      sim.always(
        witness.most >= CRASHES_MAX && (started.error.reason as { code?: string }).code === 'AGENT_ASIDE',
        `P21: refused after ${witness.least} to ${witness.most} crashes: ${String(started.error)}`,
      );
      sim.sometimes(true, 'an agent is set aside');
      const reset = sim.random.chance(0.3);
      witness.least = 0;
      const over = await this.answer(system.store.aside[reset ? 'reset' : 'resume']('frail'));
      if (over !== null) witness.most = 0;
      return;
    }
    sim.always(witness.least < CRASHES_MAX, `P21: it starts after ${witness.least} crashes in a row`);
    const bad = sim.random.chance(0.75);
    if (bad) witness.most++;
    else witness.least = 0;
    const said = await this.answer(system.ref(made.Frail, 'frail').call('work', bad));
    if (said === null) return;
    if (!bad) witness.most = 'value' in said ? 0 : witness.most;
    else if (await this.answer(system.store.flush()) !== null) witness.least = witness.most;
  }

  /** What is on the disk after this life. */
  judge(): void {
    const { sim, disk: { image }, witness } = this;
    const talk = stateOf(image.records('state', '', 100), 'talk');
    const numbers = [...(talk?.[2] as number[] | undefined) ?? []];
    let last = (talk?.[5] as number | undefined) ?? 0;
    let deltas = 0;
    for (const { seq, stream, body } of image.rows('delta', null, 0, 10_000, true)) {
      const [, , number, n] = decode(unframe('delta', stream, seq, body)) as [number, number, number, number];
      sim.equal(number, last + 1, 'P21: the deltas of a log are in a row, behind its whole state');
      last = number;
      numbers.push(n);
      deltas++;
    }
    sim.always(deltas <= 4, `P21: a log is compacted: ${deltas} deltas`);
    sim.sometimes(deltas > 0 && last > deltas, 'a log has a compacted part, and deltas');
    this.compare('log', numbers, witness.talk);
    const gate = stateOf(image.records('state', '', 100), 'gate')?.[2] as [string, { steps: number[] }] | undefined;
    const steps = gate?.[1].steps ?? [];
    if (gate !== undefined) {
      sim.equal(gate[0], steps.length % 2 === 0 ? 'a' : 'b', 'P21: state and data of a machine are of one event');
    }
    this.compare('machine', steps, witness.gate);
    const record = image.records('meta', '', 100).find(({ key }) => key === 'aside/frail');
    const counted = record === undefined ? [] : decode(unframe('meta', record.key, 0, record.body)) as number[];
    const crashes = counted[1] ?? 0;
    sim.always(
      crashes >= witness.least && crashes <= witness.most,
      `P21: ${crashes} crashes are counted, ${witness.least} to ${witness.most} were seen`,
    );
    witness.least = witness.most = crashes;
  }

  private compare(what: string, found: readonly number[], { kept, gone }: Told): void {
    const { sim } = this;
    sim.equal(new Set(found).size, found.length, `P21: the ${what} has something twice: ${found.join()}`);
    for (const n of kept) sim.always(found.includes(n), `P21: the ${what} has lost ${n}: ${found.join()}`);
    for (const n of gone) sim.always(!found.includes(n), `P21: the ${what} has kept ${n} of a turn that failed`);
    for (let at = 1; at < found.length; at++) {
      sim.always((found[at - 1] as number) < (found[at] as number), `P24: the ${what} is in order: ${found.join()}`);
    }
  }

  /** In memory as on the disk, and what was inserted is handled once. */
  async rest(): Promise<void> {
    const { sim, life: { system }, made, disk: { image } } = this;
    await this.owner('talk');
    await this.owner('gate');
    const all = await system.ref(made.Talk, 'talk').call('all');
    this.compare('log in memory', all, this.witness.talk);
    const { steps, inside } = await system.ref(made.Gate, 'gate').call('all');
    await system.store.flush();
    sim.equal(inside.join(), steps.join(), 'P21: each inserted event is handled once, in order');
    sim.sometimes(image.rows('delta', null, 0, 10, false).length > 0, 'deltas wait for a later life');
  }
}

/** Once it is handled, the second time: it has no row, and is told when its turn is safe all the same. */
async function again(sent: Promise<Receipt<unknown>>): Promise<number> {
  const outcome = await (await sent).settled;
  if (outcome.kind === 'handled') return outcome.attempts;
  throw new Error(outcome.kind);
}

type Found = readonly unknown[] | undefined;

function stateOf(records: readonly { readonly key: string; readonly body: Uint8Array }[], name: string): Found {
  const record = records.find(({ key }) => key === name);
  return record === undefined ? undefined : decode(unframe('state', name, 0, record.body)) as unknown[];
}

/** Programs die at any point, on a disk that outlives them. */
async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const disk = new Disk(new Random(random.u32()), { latencyMsMax: random.pick([0, 1, 5]) });
  const witness = new Witness();
  const count = 1 + random.int(4);
  for (let number = 0; number < count; number++) {
    const run = new Run(sim, disk, witness, number);
    const { life } = run;
    const end = sim.sleep(5 + random.int(120)).then(() => {
      if (random.chance(0.8)) run.kill();
    });
    await run.acts(4 + random.int(20));
    await end;
    if (!life.dead) await life.stop();
    run.judge();
  }
  const run = new Run(sim, disk, witness, count);
  await run.acts(6);
  await run.rest();
  await run.life.stop();
  run.judge();
}

export const agentsSuite: Suite = suite(
  'agents', 'P21 P24: logs, machines and agents that crash, in programs that die at any point', lives,
  (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2, 2]) }),
);
