import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AsyncContext, Chooser, Env, TimerHandle } from '../../src/base/env.js';

/**
 * Node's own rule: a delay above this becomes 1 ms (J3). The virtual timers keep it, so that
 * whoever forgets it is found.
 */
const NODE_DELAY_MAX = 0x7fff_ffff;

interface VirtualTimer {
  readonly due: number;
  readonly seq: number;
  readonly fn: () => void;
  held: boolean;
}

class Context implements AsyncContext {
  private readonly storage = new AsyncLocalStorage<object>();
  run<T>(owner: object, body: () => T): T {
    return this.storage.run(owner, body);
  }
  owner(): object | undefined {
    return this.storage.getStore();
  }
}

/**
 * An Env whose clock stands still until `advance` moves it. Microtasks are real; macrotasks are
 * real too, unless `manual` is set: then they wait in `macrotasks` until `turn()` runs them.
 */
export class VirtualEnv implements Env {
  readonly chooser: Chooser | null = null;
  readonly cores = 2;
  /** ms; moved by `advance` only, and by `readCostMs` at every read */
  now = 1_000;
  /** ms since 1970; may jump, nobody may care (P32) */
  wallNow = 1_700_000_000_000;
  /** how much time one look at the clock takes; above 0 it stands for work that takes time */
  readCostMs = 0;
  /** clock reads so far */
  reads = 0;
  manual = false;
  /** what the program seems to take of the machine's memory */
  resident = 0;
  /** how often garbage was collected */
  collections = 0;
  readonly macrotasks: (() => void)[] = [];
  /** delays asked of native timers so far */
  readonly delays: number[] = [];
  private readonly timers = new Set<VirtualTimer>();
  private seq = 0;

  mono(): number {
    this.reads++;
    this.now += this.readCostMs;
    return this.now;
  }
  wall(): number {
    return this.wallNow;
  }
  timer(ms: number, fn: () => void): TimerHandle {
    this.delays.push(ms);
    const wait = ms > NODE_DELAY_MAX || !(ms >= 1) ? 1 : Math.trunc(ms);
    const made: VirtualTimer = { due: this.now + wait, seq: this.seq++, fn, held: true };
    this.timers.add(made);
    return made;
  }
  clear(handle: TimerHandle): void {
    this.timers.delete(handle as VirtualTimer);
  }
  hold(handle: TimerHandle, on: boolean): void {
    (handle as VirtualTimer).held = on;
  }
  microtask(fn: () => void): void {
    void Promise.resolve().then(fn);
  }
  macrotask(fn: () => void): void {
    if (this.manual) this.macrotasks.push(fn);
    else setImmediate(fn);
  }
  u32(): number {
    return 4;
  }
  nonce(): string {
    return 'vrtual';
  }
  histogram(): RecordableHistogram {
    return createHistogram();
  }
  context(): AsyncContext {
    return new Context();
  }

  residentBytes(): number {
    return this.resident;
  }

  collectGarbage(): void {
    this.collections++;
  }

  thread(): null {
    return null;
  }

  /** native timers that are set, and those of them that would keep the program alive */
  get pending(): { readonly timers: number; readonly held: number } {
    return { timers: this.timers.size, held: [...this.timers].filter((timer) => timer.held).length };
  }

  /** Runs the macrotasks that wait now; those they add wait for the next turn. */
  turn(): number {
    const batch = this.macrotasks.splice(0);
    for (const fn of batch) fn();
    return batch.length;
  }

  /** Moves the clock, firing native timers in order; nothing else runs. */
  jump(ms: number): void {
    const goal = this.now + ms;
    for (let next = this.due(goal); next !== undefined; next = this.due(goal)) this.fire(next);
    this.now = Math.max(this.now, goal);
  }

  /** Moves the clock, letting everything that is runnable run before and after each native timer. */
  async advance(ms: number): Promise<void> {
    const goal = this.now + ms;
    await this.settle();
    for (let next = this.due(goal); next !== undefined; next = this.due(goal)) {
      this.fire(next);
      await this.settle();
    }
    this.now = Math.max(this.now, goal);
    await this.settle();
  }

  /** Lets everything that is runnable now run; the clock stands. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  private due(goal: number): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.timers) {
      if (timer.due <= goal && (first === undefined || timer.due < first.due
        || (timer.due === first.due && timer.seq < first.seq))) first = timer;
    }
    return first;
  }

  private fire(timer: VirtualTimer): void {
    this.timers.delete(timer);
    this.now = Math.max(this.now, timer.due);
    timer.fn();
  }
}
