import { expect } from 'vitest';
import type { Queue } from '../../../src/bus/public.js';

/** What a promise rejected with: its code, else itself; `done` when it did not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(
  () => 'done', (error: unknown) => (error as { code?: unknown } | null)?.code ?? error,
);

/** The law of the account. */
export function expectBalanced(queue: Queue<never> | Queue): void {
  const { pushed, acked, dropped, deadLettered, expired, superseded, ready, delayed, leased } = queue.stats();
  expect(pushed).toBe(acked + dropped + deadLettered + expired + superseded + ready + delayed + leased);
}
