import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { availableParallelism } from 'node:os';
import { createHistogram, performance } from 'node:perf_hooks';
import { getBuiltinModule, memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { newNonce } from './id.js';

/** A handle of a native timer, opaque to everybody but its Env. */
export type TimerHandle = object;

/** Chooses what runs next and how much, in place of first come first served; a seeded simulation fills it. */
export interface Chooser {
  /**
   * position in the run queue, 0 to size - 1; `numberAt` tells the number of the process at a
   * position: later spawned is higher
   */
  pick(size: number, numberAt: (position: number) => number): number;
  /** messages the chosen process may handle in this turn, from 1 */
  budget(): number;
}

/** What the runtime needs of a histogram; values are whole microseconds from 1. */
export interface EnvHistogram {
  record(value: number): void;
  percentile(percentile: number): number;
  readonly count: number;
}

/** A thread that `Env.thread` has started. */
export interface EnvThread {
  stop(): void;
}

/** Carries which process an async continuation belongs to; used in development only. */
export interface AsyncContext {
  run<T>(owner: object, body: () => T): T;
  owner(): object | undefined;
}

/**
 * Everything nondeterministic that the runtime touches. One implementation per program: the real
 * one, or a simulated one in tests. All durations are ms.
 */
export interface Env {
  /** monotonic clock, ms with fractions, never goes back */
  mono(): number;
  /** wall clock, ms since 1970, for reports only */
  wall(): number;
  timer(ms: number, fn: () => void): TimerHandle;
  clear(handle: TimerHandle): void;
  /** whether a pending timer keeps the program alive */
  hold(handle: TimerHandle, on: boolean): void;
  /** what is scheduled runs in nobody's async context, as timers do */
  microtask(fn: () => void): void;
  macrotask(fn: () => void): void;
  u32(): number;
  nonce(): string;
  /** what the program takes of the machine's memory now */
  residentBytes(): number;
  /** collects garbage now, holding the event loop; nothing where it cannot be asked for */
  collectGarbage(): void;
  histogram(): EnvHistogram;
  context(): AsyncContext;
  /**
   * Starts a thread that runs `source`, a script, with `data` as its workerData; what it posts goes
   * to `told`. It does not keep the program alive, and its failure ends nothing. Null where time is
   * virtual.
   */
  thread(source: string, data: object, told: (message: unknown) => void): EnvThread | null;
  readonly chooser: Chooser | null;
  /** how much may run at once: the default of concurrencies */
  readonly cores: number;
}

/*
 * Timers as they are when this file is loaded, as the monotonic clock is: what replaces the globals
 * later (fake timers of a test runner) replaces neither, so that they always agree. The wall clock,
 * which only dates reports, follows whoever sets it. A simulation replaces both: while it runs,
 * what belongs to no system has its timers.
 */
const own: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setImmediate'> = pick();
let timers = own;

function pick(): typeof own {
  const { setTimeout, clearTimeout, setImmediate } = globalThis;
  return { setTimeout, clearTimeout, setImmediate };
}

/** The clock and the timers of the platform are a simulation's from now on, or no longer. */
export function simulated(on: boolean): void {
  timers = on ? pick() : own;
}

const RESOLVED: Promise<void> = Promise.resolve();
const then = Promise.prototype.then as (this: Promise<void>, fn: () => void) => Promise<void>;

/**
 * The async context of the runtime's own work: that of the first import of this file, where no
 * AsyncLocalStorage has a store. What is scheduled in it runs in it, so that a handler never sees
 * the store of whoever happened to schedule its drain. It is entered once per drain, timer and
 * macrotask, for some 10 ns, never per message.
 */
const NOBODY: AsyncResource = new AsyncResource('castcall');

/**
 * One per program: a storage that has run slows down each promise of the program from then on, its
 * owner gone or not.
 */
class NodeContext implements AsyncContext {
  private readonly storage = new AsyncLocalStorage<object>();
  run<T>(owner: object, body: () => T): T {
    return this.storage.run(owner, body);
  }
  owner(): object | undefined {
    return this.storage.getStore();
  }
}

const CONTEXT: AsyncContext = new NodeContext();

let collect: (() => void) | null = null;

/**
 * A collection of everything, after which V8 gives memory back: what Node 20 does without options,
 * newer ones with.
 */
const LAST_RESORT = { type: 'major', execution: 'sync', flavor: 'last-resort' } as const;

/** V8's own gc, as a program that was started without `--expose-gc` gets it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof gc !== 'function') return () => undefined;
  return () => {
    (gc as () => void)();
    (gc as (options: typeof LAST_RESORT) => void)(LAST_RESORT);
  };
}

class NodeEnv implements Env {
  readonly chooser: Chooser | null = null;
  readonly cores: number = availableParallelism();
  mono(): number {
    return performance.now();
  }
  wall(): number {
    return Date.now();
  }
  timer(ms: number, fn: () => void): TimerHandle {
    return NOBODY.runInAsyncScope(timers.setTimeout, undefined, fn, ms);
  }
  clear(handle: TimerHandle): void {
    timers.clearTimeout(handle as NodeJS.Timeout);
  }
  hold(handle: TimerHandle, on: boolean): void {
    if (on) (handle as NodeJS.Timeout).ref();
    else (handle as NodeJS.Timeout).unref();
  }
  // Node's queueMicrotask makes an AsyncResource per call; a resolved promise costs a third of it.
  microtask(fn: () => void): void {
    void NOBODY.runInAsyncScope(then, RESOLVED, fn);
  }
  macrotask(fn: () => void): void {
    NOBODY.runInAsyncScope(timers.setImmediate, undefined, fn);
  }
  u32(): number {
    return Math.floor(Math.random() * 0x1_0000_0000);
  }
  nonce(): string {
    return newNonce();
  }
  residentBytes(): number {
    return memoryUsage.rss();
  }
  collectGarbage(): void {
    collect ??= collector();
    collect();
  }
  histogram(): EnvHistogram {
    return createHistogram();
  }
  context(): AsyncContext {
    return CONTEXT;
  }
  thread(source: string, data: object, told: (message: unknown) => void): EnvThread {
    const worker = new Worker(source, { eval: true, workerData: data, execArgv: [] });
    worker.on('message', told);
    worker.on('error', () => undefined);
    worker.unref();
    return { stop: () => void worker.terminate() };
  }
}

/** A module of Node by its name, without an import of it; undefined for any other. */
export function builtinModule(name: string): unknown {
  return getBuiltinModule(name);
}

/** The Env of a real Node program. */
export function nodeEnv(): Env {
  return new NodeEnv();
}
