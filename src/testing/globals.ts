import { CastcallError, simulated } from '../base/index.js';
import type { TimerHandle } from '../base/index.js';
import type { SimEnv } from './env.js';

declare global {
  // eslint-disable-next-line no-restricted-syntax -- types of Node are added to only in their namespace
  namespace NodeJS {
    interface Process {
      _tickCallback(): void;
    }
  }
}

/**
 * The simulation that runs now; there is one at a time, because a run is synchronous from its first
 * step to its last.
 */
let env: SimEnv;

/** What `setTimeout` returns while a seed runs. */
class SimTimeout {
  private readonly env: SimEnv = env;
  private handle: TimerHandle;
  constructor(
    private readonly ms: number,
    private readonly fn: () => void,
    private readonly repeats: boolean,
  ) {
    this.handle = this.arm();
  }
  refresh(): this {
    this.close();
    this.handle = this.arm();
    return this;
  }
  close(): this {
    this.env.clear(this.handle);
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  private arm(): TimerHandle {
    return this.env.foreignTimer(this.ms, () => {
      if (this.repeats) this.handle = this.arm();
      this.fn();
    });
  }
}

class SimImmediate {
  cleared = false;
}

type Callback = (...args: unknown[]) => void;

const clear = (timer: unknown): void => {
  if (timer instanceof SimTimeout) timer.close();
};

const timers: Readonly<Record<string, unknown>> = {
  setTimeout: (fn: Callback, ms: unknown = 1, ...args: unknown[]) => new SimTimeout(
    Number(ms), () => fn(...args), false,
  ),
  setInterval: (fn: Callback, ms: unknown = 1, ...args: unknown[]) => new SimTimeout(
    Number(ms), () => fn(...args), true,
  ),
  setImmediate: (fn: Callback, ...args: unknown[]) => {
    const made = new SimImmediate();
    env.macrotask(() => {
      if (!made.cleared) fn(...args);
    });
    return made;
  },
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: (made: unknown) => {
    if (made instanceof SimImmediate) made.cleared = true;
  },
  fetch: () => {
    throw new CastcallError(
      'FOREIGN_IO',
      'fetch: a simulation cannot wait for the network; give the agent a port and let the scenario answer',
    );
  },
};

const RealDate = Date;
const SimDate = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) => Reflect.construct(
    target, args.length === 0 ? [env.wall()] : args, newTarget,
  ) as object,
  apply: () => new RealDate(env.wall()).toString(),
  get: (target, key) => (key === 'now' ? () => env.wall() : (Reflect.get(target, key) as unknown)),
});

/** What is put where; each place has a value of its own in Node. */
const places: readonly (readonly [holder: object, key: string, value: unknown])[] = [
  ...Object.entries(timers).map(([key, value]) => [globalThis, key, value] as const),
  [globalThis, 'Date', SimDate],
  [Math, 'random', () => env.random.float()],
  [Object.getPrototypeOf(performance) as object, 'now', () => env.mono()],
  [AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController();
    env.foreignTimer(ms, () => controller.abort(
      new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
    ));
    return controller.signal;
  }],
];

/**
 * Puts the simulation's clock, timers and randomness in place of the platform's, for as long as a
 * seed runs: `Date`, `performance.now`, `setTimeout`, `setInterval`, `setImmediate` with their
 * clear functions, `Math.random`, `AbortSignal.timeout`. `fetch` throws. `queueMicrotask` and
 * `process.nextTick` stay: they are deterministic. Returns the way back.
 */
export function standIn(by: SimEnv): () => void {
  env = by;
  const before = places.map(([holder, key]) => (holder as Record<string, unknown>)[key]);
  for (const [holder, key, value] of places) (holder as Record<string, unknown>)[key] = value;
  simulated(true);
  return () => {
    places.forEach(([holder, key], at) => {
      (holder as Record<string, unknown>)[key] = before[at];
    });
    simulated(false);
  };
}

/**
 * Takes over Node's hook for rejections that nobody handles, so that they fail their seed and not
 * the program.
 */
export function catchRejections(caught: (error: unknown) => void): () => void {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', caught);
  return () => {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  };
}

/**
 * Runs everything that is due within this turn of the event loop: ticks and microtasks, to the end.
 * Node has this function for its own timers; it works only when the stack below is no promise job.
 */
export function drainMicrotasks(): void {
  process._tickCallback();
}
