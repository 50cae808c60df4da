import { nodeEnv } from '../base/index.js';
import type { AsyncContext, Env, EnvHistogram, TimerHandle } from '../base/index.js';
import { Random } from './random.js';
import { SeededChooser, type Policy } from './policy.js';

/** Node's own rule: a delay above this becomes 1 ms. Kept, so that whoever forgets it is found. */
const NODE_DELAY_MAX = 0x7fff_ffff;
/** 2025-01-01, the wall clock at the start of every simulation */
const WALL_BEGAN = 1_735_689_600_000;
const MONO_BEGAN = 1_000;
/** when a drain and another task both wait, the other task comes first this often */
const TASK_FIRST = 0.125;

class SimTimer {
  constructor(
    readonly due: number,
    readonly seq: number,
    readonly fn: () => void,
    public held: boolean,
    /** of the code under test, not of the runtime */
    readonly foreign: boolean,
  ) {}
}

/** A histogram without the 40 KB of the real one. */
class SimHistogram implements EnvHistogram {
  private readonly values: number[] = [];
  get count(): number {
    return this.values.length;
  }
  record(value: number): void {
    this.values.push(value);
  }
  percentile(percentile: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] ?? 0;
  }
}

/**
 * An Env in which nothing happens by itself: clock, timers, scheduling and randomness come from one
 * seed. The clock stands still while anything is runnable, except for `stepMs`, and jumps to the
 * next timer otherwise.
 */
export class SimEnv implements Env {
  readonly chooser: SeededChooser;
  /** the same on every machine */
  readonly cores: number = 2;
  readonly random: Random;
  /** ms since the start of the simulation's world */
  now: number = MONO_BEGAN;
  /** tasks and timers that were run */
  steps = 0;
  private readonly own: Random;
  private drains: (() => void)[] = [];
  private tasks: (() => void)[] = [];
  private readonly urgents: (() => void)[] = [];
  private readonly timers = new Set<SimTimer>();
  private seq = 0;
  constructor(
    seed: number,
    policy: Policy,
    private readonly stepMs: number,
    private readonly onTimer: (ms: number) => void,
  ) {
    this.random = new Random(seed);
    this.own = new Random((seed ^ 0x5eed) >>> 0);
    this.chooser = new SeededChooser(policy, new Random((seed ^ 0xc400) >>> 0));
  }

  mono(): number {
    return this.now;
  }
  wall(): number {
    return WALL_BEGAN + Math.floor(this.now - MONO_BEGAN);
  }
  timer(ms: number, fn: () => void): TimerHandle {
    return this.arm(ms, fn, false);
  }
  /** A timer of the code under test: it may outlive the system, as the pending await of a dead agent does. */
  foreignTimer(ms: number, fn: () => void): TimerHandle {
    return this.arm(ms, fn, true);
  }
  isSet(handle: TimerHandle): boolean {
    return this.timers.has(handle as SimTimer);
  }
  clear(handle: TimerHandle): void {
    this.timers.delete(handle as SimTimer);
  }
  hold(handle: TimerHandle, on: boolean): void {
    (handle as SimTimer).held = on;
  }
  microtask(fn: () => void): void {
    this.drains.push(fn);
  }
  macrotask(fn: () => void): void {
    this.tasks.push(fn);
  }
  u32(): number {
    return this.own.u32();
  }
  nonce(): string {
    return 'sim';
  }
  histogram(): EnvHistogram {
    return new SimHistogram();
  }
  context(): AsyncContext {
    return nodeEnv().context();
  }

  /** none: a replay must not depend on the machine */
  residentBytes(): number {
    return 0;
  }

  collectGarbage(): void {}

  thread(): null {
    return null;
  }

  /** Runs `fn` before anything else. */
  urgent(fn: () => void): void {
    this.urgents.push(fn);
  }

  /** Something can run without the clock moving. */
  get busy(): boolean {
    return this.drains.length > 0 || this.tasks.length > 0 || this.urgents.length > 0;
  }

  /** Timers of the runtime that are set and would keep a real program alive. */
  get held(): number {
    let count = 0;
    for (const timer of this.timers) if (timer.held && !timer.foreign) count++;
    return count;
  }

  /** Runs one task, or else one timer, the clock jumping to it; false when there is neither. */
  step(): boolean {
    const urgent = this.urgents.shift();
    if (urgent !== undefined) {
      this.run(urgent);
      return true;
    }
    if (this.stepMs > 0) this.now += this.own.float() * this.stepMs;
    const due = this.stepMs > 0 && this.busy ? this.firstTimer(this.now) : undefined;
    if (due !== undefined) this.fire(due);
    else if (this.busy) this.run(this.nextTask());
    else {
      const next = this.firstTimer(Infinity);
      if (next === undefined) return false;
      this.fire(next);
    }
    return true;
  }

  private arm(ms: number, fn: () => void, foreign: boolean): SimTimer {
    const wait = ms > NODE_DELAY_MAX || !(ms >= 1) ? 1 : Math.trunc(ms);
    const made = new SimTimer(this.now + wait, this.seq++, fn, true, foreign);
    this.timers.add(made);
    return made;
  }

  private run(task: () => void): void {
    this.steps++;
    task();
  }

  private nextTask(): () => void {
    const { drains, tasks } = this;
    const task =
      drains.length === 0 || (tasks.length > 0 && this.own.chance(TASK_FIRST)) ? tasks.shift() : drains.shift();
    return task as () => void;
  }

  private fire(timer: SimTimer): void {
    this.steps++;
    this.timers.delete(timer);
    this.now = Math.max(this.now, timer.due);
    this.onTimer(timer.due);
    timer.fn();
  }

  /** Earliest first, in the order of arming. */
  private firstTimer(until: number): SimTimer | undefined {
    let first: SimTimer | undefined;
    for (const timer of this.timers) {
      if (timer.due <= until && (first === undefined || timer.due < first.due
        || (timer.due === first.due && timer.seq < first.seq))) first = timer;
    }
    return first;
  }
}
