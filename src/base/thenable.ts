const then = Promise.prototype.then;
const noop = (): void => {};

/** Whether `await` would wait for this value. May throw where a getter named `then` throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' && typeof value !== 'function') return false;
  return value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Calls exactly one of the two callbacks, once, whatever the thenable does: a native promise through the engine's own
 * `then` (a subclass cannot intercept it), anything else adopted by a native promise first.
 */
export function settle(thenable: PromiseLike<unknown>, onValue: (value: unknown) => void, onError: (error: unknown) => void): void {
  const promise = thenable instanceof Promise ? thenable : new Promise((resolve) => resolve(thenable));
  void (then as (this: Promise<unknown>, a: (value: unknown) => void, b: (error: unknown) => void) => Promise<unknown>).call(promise, onValue, onError);
}

/** Marks one of our own promises as handled, so that a rejection nobody waits for cannot end the program. */
export function markHandled(promise: Promise<unknown>): void {
  void then.call(promise, undefined, noop);
}
