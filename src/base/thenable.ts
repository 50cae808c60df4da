import { OptionError } from './errors.js';

const { then } = Promise.prototype;
const noop = (): void => {};

/**
 * Whether `await` would wait for this value, or fail: a `then` that throws when it is read counts.
 * Never throws.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}

/**
 * Calls exactly one of the two callbacks, once and never at once, whatever the value is and does:
 * it is what becomes of everything foreign that is waited for. Never throws. As with `await`, an
 * own `then` of a native promise is not asked, that of a subclass or of anything else is, inside a
 * guard.
 */
export function settle(
  foreign: unknown, onValue: (value: unknown) => void, onError: (error: unknown) => void,
): void {
  if (!listened(foreign, onValue, onError)) void then.call(adopt(foreign), onValue, onError);
}

/** A promise of the engine's own for anything foreign: waiting for that one runs no user code. */
export function adopt<T>(foreign: T | PromiseLike<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (!listened(foreign, resolve as (value: unknown) => void, reject)
      && !listenedPastSpecies(foreign, resolve as (value: unknown) => void, reject)) resolve(foreign);
  });
}

/** Whether it is the engine's own promise, no subclass of it: to await it runs no user code. Never throws. */
function isNative(foreign: unknown): foreign is Promise<unknown> {
  if (typeof foreign !== 'object' || foreign === null) return false;
  try {
    // Its constructor decides what `then` makes; that is a plain load, where asking for an own one is a call.
    return Object.getPrototypeOf(foreign) === Promise.prototype && foreign.constructor === Promise;
  } catch {
    return false; // a proxy whose traps throw is as foreign as anything
  }
}

/** A promise to await when the value is one or claims to be one; null when it is what it is. */
export function awaitable<T>(value: T | PromiseLike<T>): Promise<T> | null {
  if (!isThenable(value)) return null;
  return isNative(value) ? (value as Promise<T>) : adopt(value);
}

/** Listens to a native promise, no subclass of it; false when that is not what it is. */
function listened(
  foreign: unknown, onValue: (value: unknown) => void, onError: (error: unknown) => void,
): boolean {
  if (!isNative(foreign)) return false;
  try {
    void then.call(foreign, onValue, onError);
    return true;
  } catch {
    return false; // an object that was made of the prototype, or a proxy of a promise
  }
}

const NATIVE = { value: Promise, configurable: true, enumerable: false, writable: true };

/**
 * Listens to a subclass of Promise that has the engine's own `then`. That would make its result by
 * the class's species, and what those functions throw is an uncaught exception, also with `await`:
 * for this one step its constructor is Promise.
 */
function listenedPastSpecies(
  foreign: unknown, onValue: (value: unknown) => void, onError: (error: unknown) => void,
): boolean {
  try {
    if (!(foreign instanceof Promise) || foreign.then !== then) return false;
    const own = Object.getOwnPropertyDescriptor(foreign, 'constructor');
    void Object.defineProperty(foreign, 'constructor', NATIVE);
    try {
      void then.call(foreign, onValue, onError);
    } finally {
      if (own === undefined) Reflect.deleteProperty(foreign, 'constructor');
      else void Object.defineProperty(foreign, 'constructor', own);
    }
    return true;
  } catch {
    return false;
  }
}

/** Marks one of our own promises as handled, so that a rejection nobody waits for cannot end the program. */
export function markHandled(promise: Promise<unknown>): void {
  void then.call(promise, undefined, noop);
}

/** The same; returns it. */
export function handled<P extends Promise<unknown>>(promise: P): P {
  markHandled(promise);
  return promise;
}

/**
 * What the user's code returned where nothing is waited for: when it is a promise, or claims to be
 * one, its rejection goes to `onError` and cannot end the program. Never throws.
 */
export function disown(value: unknown, onError: (error: unknown) => void = noop): void {
  if ((typeof value === 'object' && value !== null)
    || typeof value === 'function') settle(value, noop, onError);
}

/**
 * What a function of the user's answered. An async one answers a promise, which would count as true, as a
 * value or as nobody, whatever it comes to: refused.
 */
export function atOnce<T>(what: string, answer: T): T {
  if (!isThenable(answer)) return answer;
  disown(answer);
  const fix = 'the function must not be async: do what takes time before it is asked';
  throw new OptionError(what, 'a promise', 'an answer at once', fix, 'ASYNC_CALLBACK');
}
