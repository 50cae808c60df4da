import { expect } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import type { VirtualEnv } from '../../support/virtual-env.js';
import { defineService } from '../../../src/bus/service/public.js';
import type { ServiceStats } from '../../../src/bus/service/public.js';

/** What a promise rejected with: its code, else itself; `done` when it did not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(
  () => 'done', (error: unknown) => (error as { code?: unknown } | null)?.code ?? error,
);

/** The law of the account. */
export function expectBalanced(stats: ServiceStats): void {
  const { requested, responded, failed, timedOut, cancelled, refused, waiting, running } = stats;
  expect(requested).toBe(responded + failed + timedOut + cancelled + refused + waiting + running);
}

export const OPERATIONS = {
  double: { request: z.number(), response: z.number() },
  count: { request: z.number(), item: z.number() },
};

export const Maths = defineService({ name: 'maths', operations: OPERATIONS });
/** The same, done by another when a worker ends. */
export const SafeMaths = defineService({ name: 'safe-maths', operations: OPERATIONS, guarantee: 'at-least-once' });

/** Doubles at once; a negative number makes it crash, 404 refuse, 500 give no number. */
export const Doubler = defineAgent({
  name: 'doubler',
  init: () => ({ done: 0 }),
  calls: {
    double(self, n: number) {
      self.state.done++;
      if (n < 0) throw new Error(`no ${n}`);
      if (n === 404) return self.refuse('NOT_FOUND', { n });
      return n === 500 ? ('many' as unknown as number) : n * 2;
    },
    async *count(_self, to: number) {
      for (let n = 1; n <= to; n++) yield n;
    },
    done: (self) => self.state.done,
  },
});

/** Resolves so many ms later on that clock. */
export const sleepOn = (env: VirtualEnv, ms: number): Promise<void> =>
  new Promise((resolve) => { env.timer(ms, resolve); });

/** Takes so many ms on that clock; ends early with the reason of its signal. */
export const sleeper = (env: VirtualEnv) => defineAgent({
  name: 'sleeper',
  init: () => ({ done: 0, aborted: 0 }),
  calls: {
    async double(self, ms: number) {
      const { signal } = self;
      const { state } = self;
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => {
          state.aborted++;
          reject(signal.reason as Error);
        });
        env.timer(ms, resolve);
      });
      state.done++;
      return ms * 2;
    },
    async *count(_self, to: number) {
      for (let n = 1; n <= to; n++) {
        await sleepOn(env, 10);
        yield n;
      }
    },
    seen: (self) => ({ ...self.state }),
  },
});
