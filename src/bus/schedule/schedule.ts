import { Deadline, DELAY_MAX_MS, Ring, settle } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { guardedController } from '../../behaviour/gen/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import type { Schedule, ScheduledRun, ScheduleStats } from '../../api/bus/schedule.js';
import { BusError } from '../core/index.js';
import { NOTICED_MS } from './calendar.js';
import type { Job } from './job.js';
import type { Keeper, ScheduleRecord } from './keeper.js';
import { PASSED_MAX, type ReadSchedule } from './options.js';

/** One run that is due: now, or once those before it have ended. */
interface Due {
  /** on the clock of the schedule */
  readonly at: number;
  readonly missed: boolean;
}

/** ms after which is tried again what cannot run now. */
const AGAIN_MS = 1_000;

/** Where the schedules of a system stand. */
export interface Table {
  readonly kernel: Kernel;
  ended(schedule: ScheduleImpl): void;
}

/**
 * One schedule. As a deadline it is its next time, or the next look at a wall clock that may have
 * been set.
 */
export class ScheduleImpl extends Deadline implements Schedule, Holding {
  readonly #table: Table;
  readonly #asked: ReadSchedule;
  readonly #job: Job;
  readonly #owner: Process | null;
  readonly #counts = { runs: 0, failed: 0, skipped: 0, missed: 0, madeUp: 0 };
  readonly #running = new Map<ScheduledRun, AbortController>();
  readonly #waiting = new Ring<Due>();
  /** runs that may still be begun or wait */
  #left: number;
  /** the next time, and the moment at which it is served: later by the jitter */
  #due: number;
  #servedAt = 0;
  #lookedAt: number;
  #lookedMono: number;
  #active = true;
  /** its record; null for one that is not durable */
  readonly #keeper: Keeper | null;
  /** a durable one waits for its store */
  #begun = false;

  /** @internal Use `schedule`. */
  constructor(table: Table, asked: ReadSchedule, job: Job, owner: Process | null, keeper: Keeper | null) {
    super();
    this.#table = table;
    this.#asked = asked;
    this.#job = job;
    this.#owner = owner;
    this.#keeper = keeper;
    this.#left = asked.timesMax;
    this.#lookedAt = asked.times.now();
    this.#lookedMono = table.kernel.env.mono();
    this.#due = asked.times.first();
    if (owner !== null) hold(owner, this);
    if (keeper === null) this.#goOn();
  }

  /** @internal Its store is ready: it goes on where it was. */
  begin(record: ScheduleRecord | null): void {
    if (!this.#active) return;
    const { times, timesMax } = this.#asked;
    if (record !== null) {
      const { dueAt, runs, waiting } = record;
      this.#counts.runs = runs;
      this.#left = Math.max(0, timesMax - runs - waiting.length);
      this.#due = dueAt === null ? Infinity : times.atOf(dueAt);
      if (dueAt !== null) times.align(this.#due);
      for (const [at, missed] of waiting) this.#waiting.push({ at: times.atOf(at), missed });
    }
    this.#save();
    this.#goOn();
  }

  #goOn(): void {
    this.#begun = true;
    this.#draw();
    this.#arm();
  }

  /** Its record moves on, in the transaction of the deliveries of this step. */
  #save(): void {
    if (this.#keeper === null || !this.#active) return;
    const { times } = this.#asked;
    const waiting: [number, boolean][] = [];
    for (let n = 0; n < this.#waiting.size; n++) {
      const { at, missed } = this.#waiting.at(n);
      waiting.push([times.wallOf(at), missed]);
    }
    const comes = this.#left > 0 && this.#due !== Infinity;
    this.#keeper.save({ dueAt: comes ? times.wallOf(this.#due) : null, runs: this.#counts.runs, waiting });
  }

  get name(): string {
    return this.#asked.name;
  }

  get active(): boolean {
    return this.#active;
  }

  stats(): ScheduleStats {
    const comes = this.#left > 0 && this.#due !== Infinity;
    return {
      name: this.name, ...this.#counts, running: this.#running.size, waiting: this.#waiting.size,
      nextAt: comes ? this.#asked.times.wallOf(this.#due) : undefined,
    };
  }

  cancel(): boolean {
    if (!this.#active) return false;
    this.end(new BusError('CANCELLED', this.#subject, 'it was cancelled'));
    return true;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  /** @internal The process that made it has ended. */
  release(p: Process): void {
    this.end(new BusError('ZOMBIE', this.#subject, `the process ${p.pid} that made it has ended`));
  }

  /** @internal No run begins any more; those that have not ended are told why. */
  end(why: BusError, forgets: boolean = true): void {
    if (!this.#active) return;
    this.#leave(forgets);
    for (const controller of [...this.#running.values()]) controller.abort(why);
  }

  /** @internal Its time has come, or a look at the clock. */
  expire(): void {
    const { times } = this.#asked;
    if (this.#keeper !== null && this.#keeper.held) {
      this.#again();
      return;
    }
    const before = this.#due;
    const waited = this.#waiting.size;
    if (this.#running.size === 0 && waited > 0) this.#begin(this.#waiting.shift());
    const now = times.now();
    const mono = this.#table.kernel.env.mono();
    if (now >= this.#servedAt) this.#serve(now);
    else if (times.mayJump && now - this.#lookedAt < mono - this.#lookedMono - NOTICED_MS) { // it was set back
      this.#due = times.after(now);
      this.#draw();
    }
    this.#lookedAt = now;
    this.#lookedMono = mono;
    if (this.#due !== before || waited > 0) this.#save();
    this.#arm();
  }

  get #subject(): string {
    return `schedule '${this.name}'`;
  }

  /* ---- times ---- */

  #serve(now: number): void {
    const { times } = this.#asked;
    const due = this.#due;
    const next = times.after(due);
    if (next > now && now - this.#servedAt <= NOTICED_MS) {
      this.#due = next;
      this.#come({ at: due, missed: false });
    } else this.#catchUp(now);
    if (this.#active) this.#draw();
  }

  /** Times have passed unnoticed; the last one may be just now. */
  #catchUp(now: number): void {
    const { times, missed } = this.#asked;
    const due = this.#due;
    const { count, last, next } = times.pass(due, now, PASSED_MAX);
    const current = last !== undefined && now - last <= NOTICED_MS ? last : undefined;
    const passed = current === undefined ? count : count - 1;
    this.#due = next;
    this.#counts.missed += passed;
    if (missed === 'all') this.#makeUp(due, passed);
    else if (missed === 'once' && current === undefined) this.#come({ at: last ?? due, missed: true });
    if (current === undefined) return;
    if (missed === 'all') this.#queue({ at: current, missed: false });
    else this.#come({ at: current, missed: false });
  }

  /** One run for each of so many times, in their order. */
  #makeUp(from: number, passed: number): void {
    const { times, missedMax } = this.#asked;
    let at = from;
    for (let n = 0; n < Math.min(passed, missedMax) && this.#left > 0; n++) {
      this.#queue({ at, missed: true });
      at = times.after(at);
    }
  }

  /** When the next time is served. */
  #draw(): void {
    const { jitterMs, times } = this.#asked;
    this.#servedAt = this.#due;
    if (jitterMs === 0 || this.#due === Infinity) return;
    const most = Math.min(jitterMs, (times.after(this.#due) - this.#due) / 2);
    this.#servedAt += Math.floor((this.#table.kernel.env.u32() / 0x1_0000_0000) * (Math.floor(most) + 1));
  }

  /** What cannot run now is tried again, with its next time when that comes before. */
  #again(): void {
    const { deadlines } = this.#table.kernel;
    if ((deadlines.remaining(this) ?? Infinity) > AGAIN_MS) deadlines.add(this, AGAIN_MS);
  }

  #arm(): void {
    if (!this.#active) return;
    if (this.#running.size === 0 && this.#waiting.size > 0) {
      this.#table.kernel.deadlines.add(this, 0);
      return;
    }
    if (this.#due === Infinity || this.#left <= 0) {
      this.#rest();
      return;
    }
    const { times } = this.#asked;
    const wait = Math.max(0, Math.ceil(this.#servedAt - times.now()));
    this.#table.kernel.deadlines.add(this, Math.min(wait, times.mayJump ? NOTICED_MS : DELAY_MAX_MS));
  }

  /** Without a time to come it is over when its runs are. */
  #rest(): void {
    if (this.#active && (this.#due === Infinity || this.#left <= 0)
      && this.#running.size === 0 && this.#waiting.size === 0) {
      this.#save();
      this.#leave();
    }
  }

  /** @param forgets what its name stands for is forgotten; one that ends by itself is not done again */
  #leave(forgets: boolean = false): void {
    this.#active = false;
    if (forgets && this.#begun && this.#keeper !== null) this.#keeper.drop();
    this.#left = 0;
    while (this.#waiting.size > 0) this.#waiting.shift();
    this.#table.kernel.deadlines.remove(this);
    if (this.#owner !== null) letGo(this.#owner, this);
    this.#table.ended(this);
  }

  /* ---- runs ---- */

  /** A time has come: it runs, waits or is left out. */
  #come(due: Due): void {
    const { overlap, waitingMax } = this.#asked;
    if (this.#left <= 0) return;
    if (overlap === 'allow' || (this.#running.size === 0 && this.#waiting.size === 0)) {
      this.#left--;
      this.#begin(due);
    } else if (overlap === 'queue' && this.#waiting.size < waitingMax) this.#queue(due);
    else this.#counts.skipped++;
  }

  /** Runs once those before it have ended. */
  #queue(due: Due): void {
    if (this.#left <= 0) return;
    this.#left--;
    if (this.#running.size === 0) this.#begin(due);
    else this.#waiting.push(due);
  }

  #begin({ at, missed }: Due): void {
    const { kernel } = this.#table;
    const controller = guardedController(kernel);
    const run: ScheduledRun = {
      name: this.name, number: ++this.#counts.runs, at: this.#asked.times.wallOf(at), missed,
      signal: controller.signal,
    };
    if (missed) this.#counts.madeUp++;
    this.#running.set(run, controller);
    const outer = kernel.current;
    kernel.current = null;
    try {
      settle(this.#job(run), () => this.#over(run), (error) => this.#failed(run, error));
    } catch (error) {
      this.#failed(run, error);
    }
    kernel.current = outer;
  }

  #failed(run: ScheduledRun, error: unknown): void {
    this.#counts.failed++;
    // What its own signal told it is no news.
    if (!(run.signal.aborted && error === run.signal.reason)) {
      this.#table.kernel.warn('a scheduled run failed', { schedule: this.name, run: run.number, error });
    }
    this.#over(run);
  }

  #over(run: ScheduledRun): void {
    this.#running.delete(run);
    if (this.#running.size > 0 || this.#waiting.size === 0) this.#rest();
    else if (this.#keeper !== null && this.#keeper.held) this.#again();
    else {
      this.#begin(this.#waiting.shift());
      this.#save();
    }
  }
}

shownAs(ScheduleImpl, (it) => `Schedule(${it.name}: ${it.active ? `${it.stats().runs} runs` : 'over'})`);
