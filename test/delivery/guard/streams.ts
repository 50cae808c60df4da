import { expect } from 'vitest';
import type { System } from '../../../src/index.js';

export const boom = new Error('boom');
/** Three items, and what it was told. */
export function source(log: string[], failsAt = 9) {
  return async function* (signal?: AbortSignal): AsyncGenerator<number> {
    log.push('open');
    signal?.addEventListener('abort', () => log.push('aborted'));
    try {
      for (let n = 0; n < 3; n++) {
        if (n === failsAt) throw boom;
        yield n;
      }
    } finally {
      log.push('closed');
    }
  };
}

export async function read(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const item of items) got.push(item);
  return got;
}

/** Nothing is left in its guards: no slot, no call, no listener. */
export function expectFree(system: System): void {
  expect(system.limits().map(({ running, waiting }) => running + waiting)).toEqual(system.limits().map(() => 0));
  expect(system.breakers().map(({ running }) => running)).toEqual(system.breakers().map(() => 0));
}
