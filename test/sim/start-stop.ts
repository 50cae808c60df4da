import {
  child, createSystem, defineAgent, dynamicSupervisor, StartError, supervisor, type StopReport,
  type SupervisorSpec, type System,
} from '../../src/index.js';
import { defineRegistry } from '../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../src/delivery/group/public.js';
import { defineApplication } from '../../src/supervisor/application/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { kernelOf } from '../../src/system/create.js';
import { suite, type Suite } from './suite.js';

type AnyChild = SupervisorSpec['children'][number];

/** What one incarnation went through, in ms of virtual time; -1 for what did not happen. */
interface Life {
  readonly id: string;
  readonly began: number;
  ready: number;
  ending: number;
  ended: number;
}

/** One system of the scenario, and what is known of it. */
class World {
  readonly lives: Life[] = [];
  /** every start and request: what became of it */
  readonly starts: { readonly what: string; outcome: string }[] = [];
  /** when something of ours was last going on */
  lastAt = 0;
  stopAt = -1;
  /** the stop has little time */
  hurried = false;
  handled = 0;
  casts = 0;
  /** the ids of the static tree that was begun last, in start order */
  newest: readonly string[] = [];
  private n = 0;
  constructor(
    readonly sim: Simulation,
    readonly system: System,
  ) {}

  private now(): void {
    this.lastAt = this.sim.nowMs;
  }

  /** An agent whose init, work and terminate take their time. */
  readonly Worker = ((world: World) => defineAgent({
    name: 'worker',
    trapExit: true,
    async init(id: string, ms: number) {
      const life: Life = { id, began: world.sim.nowMs, ready: -1, ending: -1, ended: -1 };
      world.lives.push(life);
      if (ms > 0) await world.sim.sleep(ms);
      life.ready = world.sim.nowMs;
      world.now();
      return { life };
    },
    casts: {
      async work(self, ms: number) {
        self.timeout(3);
        if (ms > 0) await world.sim.sleep(ms);
        world.handled++;
        world.now();
        self.state.life.ready = world.sim.nowMs;
      },
    },
    info(self) {
      world.sim.equal(
        world.sim.nowMs - self.state.life.ready, 3, 'an idle timeout counts from the return of the handler',
      );
      world.now();
    },
    async terminate(self, reason) {
      const { life } = self.state;
      world.sim.equal(life.ending, -1, 'one terminate');
      // Where time is up its supervisor is killed first, and its exit signal tells so.
      world.sim.always(
        reason === 'shutdown' || (reason === 'killed' && world.hurried), `for the shutdown: ${String(reason)}`,
      );
      life.ending = world.sim.nowMs;
      await world.sim.sleep(world.sim.random.int(4));
      life.ended = world.sim.nowMs;
      world.now();
    },
  }))(this);

  id(): string {
    return `w${this.n++}`;
  }

  /** Keeps what becomes of a start. */
  track(what: string, started: PromiseLike<unknown>): void {
    const one = { what, outcome: 'open' };
    this.starts.push(one);
    void started.then(() => { one.outcome = 'ok'; this.now(); }, (error: unknown) => {
      one.outcome = error instanceof StartError ? 'failed' : String((error as { code?: unknown }).code);
      this.now();
    });
  }

  attempt(what: string, start: () => unknown): void {
    try {
      this.track(what, Promise.resolve(start()));
    } catch (error) {
      this.track(what, Promise.reject(error));
    }
  }

  worker(ids: string[]): AnyChild {
    const id = this.id();
    ids.push(id);
    return child(id, this.Worker, id, this.sim.random.int(8));
  }

  workers(ids: string[] = []): AnyChild[] {
    return Array.from({ length: 1 + this.sim.random.int(3) }, () => this.worker(ids));
  }
}

/** Ways to begin something; each may be under way when the stop comes. */
const BEGINNINGS: readonly ((world: World) => void)[] = [
  (world) => {
    const ids: string[] = [];
    const children = world.workers(ids);
    world.newest = ids;
    world.attempt('tree', () => world.system.supervise({ children }));
  },
  (world) => {
    const children = [...world.workers(), supervisor(`sub${world.id()}`, { children: world.workers() })];
    world.newest = [];
    world.attempt('nested tree', () => world.system.supervise({ children }));
  },
  (world) => {
    const children = world.workers();
    world.newest = [];
    world.attempt('application', () => world.system.applications.start(defineApplication({
      name: `app${world.id()}`,
      async start() { await world.sim.sleep(world.sim.random.int(4)); return { children }; },
    })));
  },
  (world) => world.attempt('loose', async () => {
    const ref = await world.system.start(world.Worker, world.id(), world.sim.random.int(8));
    const ms = world.sim.random.int(6);
    world.casts++;
    ref.cast('work', ms);
  }),
  (world) => world.attempt('child of a dynamic one', async () => {
    world.newest = [];
    const sup = await world.system.supervise(dynamicSupervisor('dynamic'));
    const ids: string[] = [];
    await sup.startChild(world.worker(ids));
  }),
  (world) => world.attempt('task', () => world.system.task.await(
    world.system.task.async(async () => { await world.sim.sleep(1 + world.sim.random.int(8)); }),
    { timeoutMs: 'infinity' },
  )),
  (world) => world.attempt('one after the other', async () => {
    for (let left = 3; left > 0; left--) await world.system.start(
      world.Worker, world.id(), world.sim.random.int(3),
    );
  }),
];

/** A start that is ended at any microtask of its init tells the reason. */
async function endedStart(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const after = random.int(5) - 1;
  const own = random.chance(0.5);
  const Throwing = defineAgent({ init() { system.exit(this.pid, 'asked'); throw new Error('later'); } });
  let thrown: unknown;
  try { void system.start(Throwing); } catch (error) { thrown = (error as StartError).reason; }
  sim.equal(thrown, 'asked', 'what a synchronous init throws after its end is not the reason');
  const Agent = defineAgent({
    async init() {
      for (let n = 0; n <= after; n++) await Promise.resolve();
      if (own) system.exit(this.pid, 'asked');
      else system.exit(this.pid, 'kill');
      if (random.chance(0.5)) throw new Error('later');
      if (random.chance(0.5)) await sim.sleep(2);
      return {};
    },
  });
  const reason: unknown = await Promise.resolve(system.start(Agent)).then(
    () => 'started', (error: unknown) => (error instanceof StartError ? error.reason : error),
  );
  sim.equal(
    reason, own ? 'asked' : 'killed',
    `a start whose init was ended ${after < 0 ? 'in its synchronous part' : 'later'}`,
  );
}

/**
 * A stop while locks are held and waited for, and while streams run through a pool whose workers may
 * die: who waits hears of it, nobody comes into a lock after the end of its registry, no stream stays.
 */
async function heldAtStop(sim: Simulation): Promise<void> {
  const { random } = sim;
  const system = createSystem({ name: 'held', logger: false, env: kernelOf(sim.system).env });
  const Doors = defineRegistry({ name: 'doors', keys: 'unique' });
  let closed = 0;
  const Feed = defineAgent({
    calls: {
      async *feed() {
        try {
          for (let n = 0; ; n++) { if (n % 3 === 2) await sim.sleep(1); yield n; }
        } finally { closed++; }
      },
    },
  });
  const feed = pool('feeds', Feed, { min: 1, max: 3 });
  await system.supervise({ intensity: 1_000, children: [child('doors', Doors), feed] });
  const doors = system.ref(Doors);
  const feeds = system.ref(poolOf(Feed), 'feeds');
  const outcomes: string[] = [];
  const noted = (what: Promise<unknown>): void => void what.then(
    () => outcomes.push('done'), (error: unknown) => outcomes.push(String((error as { code?: string }).code)),
  );
  let inside: string | null = null;
  let early = false;
  let asked = 0; // a body whose process ends before its first turn asks for nothing
  for (let n = 1 + random.int(6); n > 0; n--) {
    system.spawn((self) => {
      asked++;
      // no registry lives between its death and its restart, which is a throw
      noted(Promise.resolve().then(() => doors.lock(self, 'one', async () => {
        sim.always(inside === null || !system.alive(inside) || early, 'one at a time');
        inside = self.pid;
        await sim.sleep(random.int(8));
        if (inside === self.pid) inside = null;
      })));
      return self.receive();
    });
  }
  const readers = 1 + random.int(4);
  for (let n = 0; n < readers; n++) {
    const leaves = random.chance(0.3) ? random.int(5) : Infinity;
    noted((async () => { for await (const item of feeds.stream('feed')) if (item >= leaves) break; })());
  }
  for (let n = random.int(6); n > 0; n--) {
    await sim.sleep(random.int(3));
    const living = system.processes();
    if (living.length > 0 && random.chance(0.3)) system.exit(random.pick(living), 'kill');
    early ||= system.stats().crashes > 0;
  }
  await system.stop({ drain: random.chance(0.3), timeoutMs: 20 });
  await sim.sleep(50);
  sim.equal(outcomes.length, asked + readers, `each hears of the end: ${outcomes.join()}`);
  sim.equal(system.stats().processes, 0, 'nothing of it lives on');
  sim.sometimes(outcomes.includes('EXIT'), 'a lock or a stream ends with the system');
  sim.sometimes(closed > 1, 'streams are closed');
}

/** A child that hangs in its init, and does not trap exits, holds nothing up. */
async function hangingStart(sim: Simulation): Promise<void> {
  const { random } = sim;
  const system = createSystem({ name: 'third', logger: false, env: kernelOf(sim.system).env });
  const children = [child('hang', defineAgent({ init: () => new Promise<object>(() => undefined) }))];
  const started = random.chance(0.5)
    ? system.supervise({ children })
    : system.supervise({ children: [supervisor('sub', { children })] });
  const outcome = started.then(() => 'started', (error: unknown) => (error as StartError).reason);
  await sim.sleep(random.int(2));
  const began = sim.nowMs;
  await system.stop({ timeoutMs: 10_000 });
  sim.equal(sim.nowMs - began, 0, 'a child that hangs in its init does not hold up the stop');
  sim.equal(await outcome, 'shutdown', 'the start of its tree fails with the shutdown');
}

/** Stops one world, perhaps beginning more meanwhile, and judges what became of everything. */
async function stop(world: World, drain: boolean, timeoutMs: number): Promise<void> {
  const { sim, system } = world;
  world.stopAt = sim.nowMs;
  world.lastAt = sim.nowMs;
  const open = world.starts.filter(({ outcome }) => outcome === 'open');
  const { newest } = world;
  let stoppedAt = -1;
  world.hurried = timeoutMs < 1_000;
  const stopping: Promise<StopReport> = system.stop({ drain, timeoutMs }).then((report) => {
    stoppedAt = sim.nowMs;
    return report;
  });
  for (let more = sim.random.int(3); more > 0; more--) {
    await sim.sleep(sim.random.int(4));
    sim.random.pick(BEGINNINGS)(world);
  }
  const report = await stopping;
  const tookMs = stoppedAt - world.stopAt;
  await sim.settle();
  sim.always(tookMs <= timeoutMs + 1, `a stop keeps its time: ${tookMs} of ${timeoutMs}`);
  sim.equal(system.stats().processes, 0, 'no process is left');
  sim.equal(
    world.starts.filter(({ outcome }) => outcome === 'open').map(({ what }) => what).join(), '',
    'every start has an outcome',
  );
  sim.equal(system.stats().restarts, 0, 'nothing is restarted');
  if (sim.sometimes(timeoutMs < 1_000, 'a stop with little time')) return;
  sim.equal(report.killed, 0, 'nothing had to be killed');
  sim.always(
    stoppedAt - world.lastAt <= 1,
    `it ends with the last thing that went on, not at its limit: ${stoppedAt - world.lastAt} ms later`,
  );
  for (const { id, ready, ended } of world.lives) {
    sim.equal(ended >= 0, ready >= 0, `${id}: who became ready has a whole terminate, nobody else`);
  }
  order(world, newest, drain);
  if (!drain) return;
  sim.equal(report.drained, true, 'it drains');
  sim.equal(
    open.filter(({ outcome }) => outcome !== 'ok').map(({ what, outcome }) => `${what} ${outcome}`).join(), '',
    'what was starting has started',
  );
  sim.sometimes(open.length > 0, 'a drain while something starts');
}

/**
 * The tree that was begun last: its children end newest first, one after the other; told to end it
 * starts no further one.
 */
function order(world: World, ids: readonly string[], drain: boolean): void {
  const { sim } = world;
  const lives = ids.map((id) => world.lives.find((life) => life.id === id))
    .filter((life) => life !== undefined);
  const ended = lives.filter(({ ended: at }) => at >= 0);
  for (let i = 1; i < ended.length; i++) {
    sim.always(
      (ended[i] as Life).ended <= (ended[i - 1] as Life).ending,
      'a tree ends newest first, one after the other',
    );
  }
  if (drain) return;
  for (const { began } of lives) {
    sim.always(began <= world.stopAt, 'a tree that is told to end starts no further child');
  }
  sim.sometimes(lives.length > 0 && lives.length < ids.length, 'a tree is told to end while it starts');
}

export const startStopSuite: Suite = suite('start-stop', 'systems that stop while trees, applications, agents and tasks start: in order, in time, nothing killed, nothing left', async (
  sim,
) => {
  const { random } = sim;
  await endedStart(sim);
  await hangingStart(sim);
  await heldAtStop(sim);
  const { env } = kernelOf(sim.system);
  const worlds = [
    new World(sim, sim.system),
    new World(sim, createSystem({ name: 'second', logger: false, env })),
  ];
  for (let more = 1 + random.int(6); more > 0; more--) {
    random.pick(BEGINNINGS)(random.pick(worlds));
    if (random.chance(0.6)) await sim.sleep(random.int(5));
  }
  const timeoutMs = random.pick([10_000, 10_000, 10_000, 3]);
  await Promise.all(worlds.map(async (world) => {
    if (random.chance(0.5)) await sim.sleep(random.int(4));
    await stop(world, random.chance(0.5), timeoutMs);
  }));
  for (const { system } of worlds) {
    const {
      sent, handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running,
      held,
    } =
      system.stats();
    sim.equal(sent, handled + rejected + dropped + superseded + expired + deadLettered + unknown
      + queued + running
      + held, 'the books of each system');
  }
});
