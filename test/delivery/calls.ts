import type { Breaker, Limit } from '../../src/index.js';

export const boom = new Error('503');

export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => error);

/** A call whose end the test decides. */
export function held(
  through: Breaker | Limit, note: () => void = () => undefined, options: object = {},
): { ok: () => Promise<void>; fail: (error?: unknown) => Promise<void>; result: Promise<unknown> } {
  let resolve: (value: unknown) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const result = outcome(
    through.run(() => new Promise((yes, no) => { note(); resolve = yes; reject = no; }), options),
  );
  return {
    result, ok: async () => { resolve('ok'); await result; },
    fail: async (error = boom) => { reject(error); await result; },
  };
}
