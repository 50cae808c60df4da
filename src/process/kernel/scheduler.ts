import { markHandled, Ring } from '../../base/index.js';
import type { Chooser } from '../../base/index.js';
import { credit } from '../../mailbox/index.js';
import { Level, Run } from '../record/index.js';
import type { Judge, Kernel, Process, TurnJob } from '../record/index.js';
import type * as contract from '../record/index.js';
import { auditedStep, step } from './loop.js';

/**
 * Credit of one process before the next one gets its turn (P8): messages, and places by which
 * mailboxes grow.
 */
export const PROCESS_BUDGET = 256;
/** A process for which as many more messages wait goes on for so long (P8), ms. */
export const GO_ON_MS = 1;
/** Own work per event-loop turn before I/O and timers get theirs (P8, PR-19), ms. */
export const TURN_BUDGET_MS = 5;
/** One low process runs after this many others while both are runnable (PF-02). */
const LOW_EVERY = 8;

/** Credit before the first look at the clock in a turn: nobody knows how long handlers take this time. */
const QUOTA_FIRST = 16;
/** A quota is to take so long, ms. */
const QUOTA_MS_MIN = 0.1;
const QUOTA_MS_MAX = 0.5;

/** An answer that waits for the next turn. */
class Answer<T> implements TurnJob {
  /** see `Exit.kept` */
  static readonly kept: Answer<void> = new Answer(Promise.resolve(), null);
  readonly later: Promise<T>;
  private resolve!: (answer: Promise<T>) => void;
  constructor(private readonly answer: Promise<T>, judge: Judge | null) {
    this.later = new Promise<T>((resolve) => {
      this.resolve = resolve;
    });
    if (judge === null) {
      markHandled(answer);
      markHandled(this.later);
    } else answer.then(undefined, (error: unknown) => {
      if (judge.ours(error)) markHandled(this.later);
    });
  }
  turn(): void {
    this.resolve(this.answer);
  }
}

/**
 * The run queue: drained in one microtask for a whole burst. The time budget belongs to the
 * event-loop turn, not to a drain, so chains of microtask drains (an async ping-pong,
 * `for (;;) await ref.call()`) cannot hold the loop: once it is spent, the next drain waits for the
 * macrotask that is armed while anything runs. What answers without a drain is charged to the same
 * budget: see `paced`.
 *
 * The clock is read when a turn begins and once per quota of credit. A quota begins small in each
 * turn and grows while it takes less than 0.1 ms, up to the budget of one process. See `credit` for
 * what is charged to it.
 */
export class Scheduler implements contract.Scheduler {
  private readonly normal = new Ring<Process>();
  private readonly high = new Ring<Process>();
  private readonly max = new Ring<Process>();
  private readonly low = new Ring<Process>();
  /** queued at other levels than normal */
  private others = 0;
  private sinceLow = 0;
  /** a drain has been promised, by a microtask or by the tick */
  private pending = false;
  private ticking = false;
  private spent = false;
  /** between `resuming` and `resumed`, and whether a drain is due then */
  private opened = false;
  private due = false;
  /** turns of the event loop so far */
  turns = 0;
  private quota = QUOTA_FIRST;
  /** of the quota, outside of a drain; inside it is in `credit`, where those who work find it */
  private credit = QUOTA_FIRST;
  /** the runtime's first work in this turn, and the last look at the clock */
  private turnBegan = 0;
  private checkedAt = 0;
  private jobs: TurnJob[] = [];
  private readonly step: (p: Process) => number;

  constructor(private readonly kernel: Kernel) {
    this.step = kernel.audited ? auditedStep : step;
  }

  /** runnable processes */
  get size(): number {
    return this.normal.size + this.others;
  }

  /** Makes an idle process runnable. */
  enqueue(p: Process): void {
    p.run = Run.Queued;
    if (p.level === Level.Normal) this.normal.push(p);
    else this.enqueueOther(p);
    if (!this.pending) this.promise();
  }

  /** Promises a drain even when nothing is runnable, so that fresh deadlines get stamped. */
  readonly poke = (): void => {
    if (!this.pending) this.promise();
  };

  /**
   * The answer of a verb that may come without a drain: at once, or, when the turn is used up, not
   * before the next one. Such verbs return through here, so that no loop that awaits them holds up
   * timers and I/O (P8). With a judge, a rejection that is not ours surfaces when nobody looks at
   * it.
   */
  paced<T>(answer: Promise<T>, judge: Judge | null = null): Promise<T> {
    if (!this.spent) { // work that is done outside a drain is charged to the turn
      if (this.kernel.draining) {
        credit.left--;
        return answer;
      }
      if (--this.credit > 0) return answer;
      this.needTick();
      if (!this.overTime()) return answer;
    }
    const made = new Answer(answer, judge);
    this.nextTurn(made);
    return made.later;
  }

  /** Does it at the beginning of the next turn of the event loop. */
  nextTurn(job: TurnJob): void {
    this.jobs.push(job);
    this.needTick();
  }

  private needTick(): void {
    if (this.ticking) return;
    this.ticking = true;
    const { env } = this.kernel;
    env.macrotask(this.tick);
    this.turnBegan = env.mono();
    this.checkedAt = this.turnBegan;
  }

  /**
   * A handler comes to rest after an await: what that makes runnable needs no microtask of its own,
   * see `resumed`.
   */
  resuming(): void {
    this.opened = true;
  }

  /** Drains what became runnable since `resuming`, in the microtask that resumed the handler. */
  resumed(): void {
    this.opened = false;
    if (!this.due) return;
    this.due = false;
    this.drain();
  }

  private promise(): void {
    this.pending = true;
    if (this.opened) this.due = !this.spent;
    else if (!this.spent) this.kernel.env.microtask(this.drain);
  }

  private enqueueOther(p: Process): void {
    this.others++;
    this.lineOf(p.level).push(p);
  }

  private readonly drain = (): void => {
    const { kernel } = this;
    if (!this.ticking) this.needTick();
    kernel.draining = true;
    kernel.wallAt = -1;
    credit.left = this.credit;
    if (kernel.onDrainBegin !== null) kernel.onDrainBegin();
    try {
      if (kernel.env.chooser === null) this.runAll();
      else this.runChosen(kernel.env.chooser);
    } finally {
      kernel.draining = false;
      this.credit = credit.left;
      kernel.deadlines.stamp();
      if (!this.spent) this.pending = false;
      if (kernel.env.chooser !== null && this.size > 0 && !this.pending) this.promise();
      if (kernel.onDrainEnd !== null) kernel.onDrainEnd();
    }
  };

  private runAll(): void {
    const { normal } = this;
    while (normal.size > 0 || this.others > 0) {
      const p = this.others > 0 ? this.pick() : normal.shift();
      if (p.run !== Run.Queued) continue;
      if (this.step(p) === 0) credit.left--;
      if (credit.left <= 0 && this.usedUp(p)) return;
    }
  }

  /** Looks at the clock in a drain. True when the turn of the event loop is used up. */
  private renewed(): boolean {
    const over = this.overTime();
    credit.left = this.quota;
    return over;
  }

  /**
   * The quota is used up, the last of it by `p`, which goes on for a while when many more wait for
   * it. True when the turn is.
   */
  private usedUp(p: Process): boolean {
    if (this.renewed()) return true;
    const until = this.checkedAt + GO_ON_MS;
    while (this.checkedAt < until && this.comesBack(p)) {
      credit.grown = 0;
      this.step(p);
      if (credit.left > 0) return false;
      if (this.renewed()) return true;
      if (credit.grown > 0) return false; // those whom it has sent to have their turn
    }
    return false;
  }

  /**
   * Takes a process that has just had its turn from the end of the line again, when many more
   * messages wait for it.
   */
  private comesBack(p: Process): boolean {
    if (p.run !== Run.Queued || p.mailbox.size < PROCESS_BUDGET) return false;
    const line = this.lineOf(p.level);
    if (line.last() !== p || this.ahead(p.level) > 0) return false;
    line.pop();
    if (p.level !== Level.Normal) this.others--;
    return true;
  }

  private lineOf(level: Level): Ring<Process> {
    return level === Level.Normal
      ? this.normal
      : level === Level.Max ? this.max : level === Level.High ? this.high : this.low;
  }

  /** Runnable processes that need not wait for one of that level; beside a normal one, those are all others. */
  private ahead(level: Level): number {
    if (level === Level.Max) return 0;
    if (level === Level.High) return this.max.size;
    return level === Level.Normal ? this.others : this.size - this.low.size;
  }

  /**
   * One turn of the process that the chooser picks; the others wait for the next drain, so that
   * async code may come in between.
   */
  private runChosen(chooser: Chooser): void {
    while (this.others > 0) this.normal.push(this.pick());
    if (this.normal.size === 0) return;
    const p = this.normal.take(chooser.pick(this.normal.size, this.numberAt));
    if (p.run !== Run.Queued) return;
    credit.left = chooser.budget();
    this.step(p);
  }

  private readonly numberAt = (position: number): number => this.normal.at(position).n;

  /** Max, then high; a low one in every LOW_EVERY turns or when nothing else is runnable. */
  private pick(): Process {
    if (this.max.size > 0) {
      this.others--;
      return this.max.shift();
    }
    if (this.high.size > 0) {
      this.others--;
      return this.high.shift();
    }
    if (this.low.size > 0 && (this.normal.size === 0 || ++this.sinceLow >= LOW_EVERY)) {
      this.sinceLow = 0;
      this.others--;
      return this.low.shift();
    }
    return this.normal.shift();
  }

  private doJobs(): void {
    const { jobs } = this;
    this.jobs = [];
    for (const job of jobs) job.turn();
  }

  /** Looks at the clock and makes the next quota. True when the turn of the event loop is used up. */
  private overTime(): boolean {
    const now = this.kernel.env.mono();
    const took = now - this.checkedAt;
    if (took > QUOTA_MS_MAX) this.quota = Math.max(1, Math.floor((this.quota * QUOTA_MS_MAX) / took));
    else if (took < QUOTA_MS_MIN) this.quota = Math.min(PROCESS_BUDGET, this.quota << 1);
    this.checkedAt = now;
    this.kernel.wallAt = -1;
    this.credit = this.quota;
    this.spent = now - this.turnBegan >= TURN_BUDGET_MS;
    return this.spent;
  }

  /** The event loop had its turn: the time budget is whole again. */
  private readonly tick = (): void => {
    this.ticking = false;
    this.turns++;
    this.quota = QUOTA_FIRST;
    this.credit = QUOTA_FIRST;
    if (this.jobs.length > 0) this.doJobs();
    if (!this.spent) return;
    this.spent = false;
    if (this.pending) this.drain();
  };
}
