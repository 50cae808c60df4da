import { expect } from 'vitest';
import { createSystem, type System, type SystemOptions } from '../../../src/index.js';
import type { StoredTopicStats, Subscription, Topic } from '../../../src/bus/public.js';
import type { StoreSource } from '../../../src/api/durable/store.js';
import { expectConserved } from '../../support/system.js';

export const DURABLE = { durable: true } as const;

/** One life of a program on that store, which ends in order. */
export async function life<T>(
  store: StoreSource, run: (system: System) => Promise<T>, options: SystemOptions = {},
): Promise<T> {
  const system = createSystem({ store, logger: false, ...options });
  try {
    return await run(system);
  } finally {
    expectConserved(system.stats());
    await system.stop();
    expectConserved(system.stats());
  }
}

/** The next so many. */
export async function take<T>(reader: Subscription<T>, many: number): Promise<T[]> {
  const got: T[] = [];
  while (got.length < many) got.push(...await reader.nextBatch(many - got.length));
  return got;
}

/** Holds the account of a durable topic against itself. */
export function check(topic: Topic<unknown>): StoredTopicStats {
  const { published, stored } = topic.stats();
  if (stored === undefined) throw new Error('the topic is not durable');
  const { recovered, storing, unknown, rows, trimmed, firstOffset, nextOffset } = stored;
  expect(recovered + published + storing + unknown).toBe(rows + trimmed);
  expect(nextOffset - firstOffset).toBe(rows);
  return stored;
}
