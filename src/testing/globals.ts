import { CastcallError, type TimerHandle } from '../base/index.js';
import type { SimEnv } from './env.js';

declare global {
  // eslint-disable-next-line no-restricted-syntax -- the types of Node can be added to in the namespace that they live in only
  namespace NodeJS {
    interface Process {
      _tickCallback(): void;
    }
  }
}

/** What `setTimeout` returns while a seed runs. */
class SimTimeout {
  private handle: TimerHandle;
  constructor(
    private readonly env: SimEnv,
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

function timers(env: SimEnv): Record<string, unknown> {
  const clear = (timer: unknown): void => {
    if (timer instanceof SimTimeout) timer.close();
  };
  return {
    setTimeout: (fn: Callback, ms: unknown = 1, ...args: unknown[]) => new SimTimeout(env, Number(ms), () => fn(...args), false),
    setInterval: (fn: Callback, ms: unknown = 1, ...args: unknown[]) => new SimTimeout(env, Number(ms), () => fn(...args), true),
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
      throw new CastcallError('FOREIGN_IO', 'fetch: a simulation cannot wait for the network; give the agent a port and let the scenario answer');
    },
  };
}

function dateOf(env: SimEnv): DateConstructor {
  const RealDate = Date;
  return new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) => Reflect.construct(target, args.length === 0 ? [env.wall()] : args, newTarget) as object,
    apply: () => new RealDate(env.wall()).toString(),
    get: (target, key) => (key === 'now' ? () => env.wall() : (Reflect.get(target, key) as unknown)),
  });
}

/**
 * Puts the simulation's clock, timers and randomness in place of the platform's, for as long as a seed runs: `Date`,
 * `performance.now`, `setTimeout`, `setInterval`, `setImmediate` with their clear functions, `Math.random`,
 * `AbortSignal.timeout`. `fetch` throws. `queueMicrotask` and `process.nextTick` stay: they are deterministic.
 * Returns the way back.
 */
export function standIn(env: SimEnv): () => void {
  const undo: (() => void)[] = [];
  const put = (holder: object, key: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(holder, key);
    Object.defineProperty(holder, key, { value, writable: true, configurable: true, enumerable: before?.enumerable ?? false });
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(holder, key);
      else Object.defineProperty(holder, key, before);
    });
  };
  for (const [key, value] of Object.entries(timers(env))) put(globalThis, key, value);
  put(globalThis, 'Date', dateOf(env));
  put(Math, 'random', () => env.random.float());
  put(performance, 'now', () => env.mono());
  put(AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController();
    env.foreignTimer(ms, () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
    return controller.signal;
  });
  return () => {
    for (const step of undo.reverse()) step();
  };
}

/** Takes over Node's hook for rejections that nobody handles, so that they fail their seed and not the program. */
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
 * Runs everything that is due within this turn of the event loop: ticks and microtasks, to the end. Node has this
 * function for its own timers; it works only when the stack below is no promise job.
 */
export function drainMicrotasks(): void {
  process._tickCallback();
}
