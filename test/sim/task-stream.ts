import { taskSupervisor } from '../../src/index.js';
import type {
  CastcallError, ProcessSelf, StreamOutcome, TaskSelf, TaskStream, TaskStreamOptions, TaskSupervisorRef,
} from '../../src/index.js';
import { Random, type Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';
import { Feed, type Job } from './task-feed.js';

type Outcome = StreamOutcome<Job, number>;
type Options = TaskStreamOptions & { readonly concurrency: number; readonly timeoutMs: number | 'infinity' };
/** One loop takes at most so much virtual time, if it does not hang. */
const LONG_MS = 3_000;

/** How many processes this seed has room for; undefined: for all. */
function roomOf(random: Random): number | undefined {
  return random.chance(0.35) ? 3 + random.int(6) : undefined;
}

/** Whose loop it is. */
interface Consumer {
  readonly pid: string | null;
  readonly traps: boolean;
}

/** One loop over one stream: what was given, begun and told, and what must hold of each. */
class Loop {
  /** `next()` was called so often, and has answered so often */
  asked = 0;
  private taken = 0;
  /** its reader has left it */
  left = false;
  private over = false;
  private failed = false;
  private consumer: Consumer = { pid: null, traps: false };
  private iterator: AsyncIterator<Outcome> | undefined;
  private readonly options: Options;
  private readonly linked: boolean;
  private supervised = false;
  private readonly feed: Feed;
  private readonly begun = new Map<Job, { readonly pid: string; readonly at: number }>();
  private readonly told = new Set<Job>();
  /** ended by the stop of the system */
  private shutDown = 0;
  private readonly reasons = new Map<Job, unknown>();
  private readonly leavesAfter: number;
  private readonly breaksBy: 'return' | 'throw';
  constructor(private readonly sim: Simulation, private readonly town: Town) {
    const { random } = sim;
    this.options = {
      concurrency: 1 + random.int(4), ordered: random.chance(0.5),
      timeoutMs: random.pick([15, 40, 'infinity'] as const),
      onTimeout: random.pick(['exit', 'kill']), zipInputOnExit: random.chance(0.5),
    };
    this.linked = random.chance(0.5);
    this.leavesAfter = random.chance(0.4) ? random.int(6) : Infinity;
    this.breaksBy = random.pick(['return', 'throw']);
    this.feed = new Feed(sim, this);
  }

  get concurrency(): number {
    return this.options.concurrency;
  }

  /** its consumer lives, and has not left it */
  get wanted(): boolean {
    return !this.left && !this.town.over && this.alive;
  }

  /** when its consumer ended */
  private endedAt = Infinity;

  private get alive(): boolean {
    return this.consumer.pid === null || this.sim.system.alive(this.consumer.pid);
  }

  /* ---- the consumer ---- */

  /** A process loops, or the outside; a process that loops made the stream, or binds one of the outside. */
  begin(): void {
    const { sim } = this;
    const { random, system } = sim;
    if (random.chance(0.3)) {
      void this.read(this.stream(system.task));
      return;
    }
    const traps = random.chance(0.5);
    const stays = random.chance(0.7);
    try {
      const ref = system.spawn(async (self) => {
        self.trapExit(traps);
        const made = this.stream(random.chance(0.3) ? system.task : self.task);
        const reading = this.read(self.bind(made));
        if (stays) await reading;
        else await sim.sleep(random.int(60));
      });
      this.consumer = { pid: ref.pid, traps };
      void system.monitor(ref).down.then(() => { this.endedAt = sim.nowMs; });
    } catch (error) {
      sim.equal((error as CastcallError).code, 'PROCESS_LIMIT', 'a consumer starts if there is room');
      this.over = true;
      this.left = true;
    }
  }

  private stream(verbs: ProcessSelf['task']): TaskStream<Job, number> {
    const { supervisor } = this.town;
    const supervised = supervisor !== undefined && this.sim.random.chance(0.5);
    const from = supervised ? supervisor : verbs;
    this.supervised = supervised;
    const run = (self: TaskSelf, job: Job): Promise<number> => this.run(self, job);
    const items = this.feed.items as AsyncIterable<Job>;
    return this.linked ? from.stream(items, run, this.options) : from.streamNolink(items, run, this.options);
  }

  private async read(stream: TaskStream<Job, number>): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const loop = stream[Symbol.asyncIterator]();
    this.iterator = loop;
    while (!this.over) {
      if (random.chance(0.3)) await sim.sleep(random.int(10));
      if (this.taken >= this.leavesAfter) {
        await this.leave(loop);
        return;
      }
      const since = sim.nowMs;
      const many = random.chance(0.2) ? 2 : 1;
      const steps = await Promise.allSettled(Array.from({ length: many }, () => {
        this.asked++;
        return loop.next();
      }));
      const heard = this.alive || this.left || this.endedAt === sim.nowMs;
      sim.always(heard, 'the loop of a dead process gets nothing');
      for (const step of steps) this.step(step, since);
      if (this.over) sim.equal((await loop.next()).done, true, 'a loop that has ended stays ended');
    }
  }

  /** As a `break` does it, or a throw in the body of the loop. */
  private async leave(loop: AsyncIterator<Outcome>): Promise<void> {
    const { sim } = this;
    sim.sometimes(this.running.length > 0, 'a loop is left while its tasks run');
    const began = sim.nowMs;
    await (async () => {
      const leave = (): unknown => {
        this.end();
        return loop.return?.();
      };
      for await (const one of { [Symbol.asyncIterator]: () => once(loop, leave) }) {
        if (this.breaksBy === 'throw') throw new Error(String(one));
        break;
      }
    })().catch(() => undefined);
    sim.equal(sim.nowMs, began, 'leaving a loop waits for nothing');
    sim.equal((await loop.next()).done, true, 'a loop that was left stays so');
  }

  /** Its reader breaks off, whatever it waits for. */
  end(): void {
    const waiting = this.iterator !== undefined && this.asked > this.taken;
    this.left = true;
    void this.iterator?.return?.();
    this.over = this.over || !waiting;
    this.sim.equal(this.running.length, 0, 'the tasks of a loop that was left are dead at once');
  }

  private step(step: PromiseSettledResult<IteratorResult<Outcome>>, since: number): void {
    if (step.status === 'rejected') this.fails(step.reason, since);
    else if (step.value.done === true) this.ends();
    else this.takes(step.value.value);
  }

  private takes(outcome: Outcome): void {
    const { sim, options } = this;
    sim.always(!this.over, 'nothing comes behind the end');
    const shutDown = !outcome.ok && this.town.stopped && outcome.reason === 'shutdown';
    if (shutDown && options.ordered === false && outcome.input === undefined) {
      this.taken++;
      this.shutDown++; // of which one cannot be said
      return;
    }
    const job = options.ordered === true ? this.feed.jobs[this.taken] : this.jobOf(outcome);
    this.taken++;
    if (job === undefined) {
      sim.always(false, 'an outcome is that of an element');
      return;
    }
    sim.always(!this.told.has(job), 'each outcome comes once');
    this.told.add(job);
    const late = this.isLate(job);
    const told = !late || options.onTimeout === 'kill' || this.town.stopped;
    sim.always(told, 'an element that takes too long has an outcome where it is killed only');
    if (outcome.ok) {
      const returns = !late && job.does === 'returns';
      sim.always(returns && outcome.value === job.n, 'an element that returns has its value');
    } else if (shutDown) sim.sometimes(true, 'a task is shut down with its system');
    else {
      const reason = late ? 'timeout' : job.does === 'dies' ? 'killed' : this.reasons.get(job);
      sim.equal(outcome.reason, reason, 'an element that fails has its reason');
      sim.equal('input' in outcome, options.zipInputOnExit, 'its item is told if asked for');
      sim.always(late || !this.endedByCrash, 'a crash ends a consumer that is linked and does not trap');
    }
    sim.sometimes(late, 'an element is killed by its timeout');
    sim.sometimes(!outcome.ok && !late, 'an element fails');
  }

  /** a failing element ends the consumer */
  private get endedByCrash(): boolean {
    return this.linked && this.consumer.pid !== null && !this.consumer.traps;
  }

  /** Which element it is of, by what it says; of equal ones any. */
  private jobOf(outcome: Outcome): Job | undefined {
    if (outcome.ok) return this.feed.jobs[outcome.value];
    if (outcome.input !== undefined) return outcome.input;
    return this.feed.jobs.find((job) => {
      if (this.told.has(job)) return false;
      if (outcome.reason === 'timeout') return this.isLate(job);
      if (outcome.reason === 'killed') return job.does === 'dies' && !this.isLate(job);
      return this.reasons.get(job) === outcome.reason;
    });
  }

  private isLate(job: Job): boolean {
    const { timeoutMs } = this.options;
    return timeoutMs !== 'infinity' && (job.does === 'hangs' || job.takesMs > timeoutMs);
  }

  private ends(): void {
    const { sim, feed } = this;
    if (this.over && (this.failed || this.left)) return;
    this.over = true;
    if (this.left) return;
    sim.always(feed.ended, 'a loop ends with its source');
    sim.equal(this.told.size + this.shutDown, feed.jobs.length, 'each element has had its outcome');
    sim.sometimes(this.told.size > 3, 'a loop comes to its end');
  }

  private fails(error: unknown, since: number): void {
    const { sim, feed, town } = this;
    sim.always(!this.over || this.left, 'a loop fails once');
    this.over = true;
    this.failed = true;
    sim.equal(this.running.length, 0, 'the tasks of a loop that has failed are dead');
    if (error === feed.error || (feed.error === 'lies' && error instanceof TypeError)) {
      sim.sometimes(true, 'a source throws');
      return;
    }
    const { code } = error as { readonly code?: unknown };
    if (code === 'TIMEOUT') this.timedOut(since);
    else if (code === 'PROCESS_LIMIT') {
      sim.always(town.room !== undefined, 'a loop fails by the limit of processes where there is one');
      sim.sometimes(true, 'a loop finds no room for a task');
    } else if (code === 'SYSTEM_STOPPED') {
      sim.always(town.stopped && this.consumer.pid === null, 'the stop fails loops from outside');
      sim.sometimes(true, 'a loop ends with its system');
    } else if (code === 'REFUSED') sim.always(this.supervised, 'a supervisor refuses its own tasks only');
    else sim.always(town.stopped && this.supervised, `no such failure of a loop: ${String(error)}`);
  }

  private timedOut(since: number): void {
    const { sim, options } = this;
    const late = [...this.begun].filter(([job]) => this.isLate(job) && !this.told.has(job));
    const due = late.map(([, { at }]) => at + Number(options.timeoutMs));
    sim.always(options.onTimeout === 'exit' && due.length > 0, 'a loop times out by an element');
    const first = Math.min(...due);
    if (!this.town.stopped) sim.equal(sim.nowMs, Math.max(first, since), 'exactly when it is due');
    sim.sometimes(true, 'a loop times out');
  }

  /* ---- the elements ---- */

  private get running(): readonly Job[] {
    return [...this.begun].filter(([, { pid }]) => this.sim.system.alive(pid)).map(([job]) => job);
  }

  private async run(self: TaskSelf, job: Job): Promise<number> {
    const { sim } = this;
    sim.always(this.wanted && !this.failed, 'no task begins for a loop that has ended');
    sim.always(!this.begun.has(job) && this.feed.jobs.includes(job), 'an element begins once');
    this.begun.set(job, { pid: self.pid, at: sim.nowMs });
    sim.always(this.running.length <= this.concurrency, 'so many at once');
    if (sim.random.chance(0.02)) {
      sim.sometimes(true, 'a task ends its consumer');
      if (sim.random.chance(0.5)) this.end();
      else this.kill();
      if (!this.wanted) throw new Error('nobody hears it');
    }
    if (job.takesMs > 0) await sim.sleep(job.takesMs);
    if (job.does === 'hangs') await new Promise(() => undefined);
    if (job.does === 'returns') return job.n;
    if (job.does === 'dies') sim.system.exit(self.pid, 'kill');
    const reason = new Error(`element ${job.n}`);
    this.reasons.set(job, reason);
    throw reason;
  }

  /* ---- disturbance and judgement ---- */

  kill(): void {
    const { sim } = this;
    const { pid } = this.consumer;
    if (pid === null || !this.alive) return;
    sim.sometimes(this.running.length > 0, 'a consumer dies while its tasks run');
    sim.system.exit(pid, sim.random.pick(['kill', 'odd']));
  }

  /** Everybody has gone. */
  check(): void {
    const { sim, feed } = this;
    sim.equal(this.running.length, 0, 'no task is left');
    sim.always(this.over || !this.alive, 'a loop whose consumer lives has ended');
    feed.check();
  }
}

/** An iterator with one step, and a way to leave it. */
function once(loop: AsyncIterator<Outcome>, leave: () => unknown): AsyncIterator<string> {
  return {
    next: () => Promise.resolve({ done: false, value: String(loop) }),
    return: () => Promise.resolve(leave()) as Promise<IteratorResult<string>>,
  };
}

/** What all loops of a seed share. */
class Town {
  /** the system is being stopped, and has stopped */
  stopped = false;
  over = false;
  supervisor: TaskSupervisorRef | undefined;
  constructor(readonly room: number | undefined) {}
}

async function taskStreams(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const town = new Town(roomOf(new Random(sim.seed)));
  if (random.chance(0.5)) {
    const spec = random.chance(0.4) ? { maxChildren: 1 + random.int(4) } : {};
    town.supervisor = await system.supervise(taskSupervisor('tasks', spec));
  }
  const loops = Array.from({ length: 1 + random.int(6) }, () => new Loop(sim, town));
  for (const loop of loops) {
    if (random.chance(0.3)) await sim.sleep(random.int(20));
    loop.begin();
  }
  for (let n = random.int(8); n > 0; n--) {
    await sim.sleep(random.int(40));
    for (let microtasks = random.int(6); microtasks > 0; microtasks--) await Promise.resolve();
    if (random.chance(0.5)) random.pick(loops).kill();
    else if (random.chance(0.3)) random.pick(loops).end();
  }
  if (random.chance(0.3)) {
    town.stopped = true;
    await system.stop();
    town.over = true;
  } else {
    await sim.sleep(LONG_MS);
    for (const loop of loops) loop.end();
    for (const loop of loops) loop.kill();
  }
  await sim.sleep(100);
  for (const loop of loops) loop.check();
  const left = town.supervisor === undefined ? 0 : 1;
  if (!town.stopped) sim.equal(system.stats().processes, left, 'no process is left');
}

export const taskStreamSuite: Suite = suite(
  'task-stream',
  'TK-11 to TK-16, P15, P17: sources that stall, throw and lie; consumers that leave and die',
  taskStreams,
  (random) => ({ system: { processesMax: roomOf(random) } }),
);
