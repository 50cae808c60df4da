import { expect } from 'vitest';
import type { System } from '../../../src/index.js';
import type { Queue, QueueOptions } from '../../../src/api/bus/queue.js';
import type { ProcessVerbs } from '../../../src/api/agent.js';
import { hostOf } from '../../../src/behaviour/gen/index.js';
import { QueueImpl, Queues } from '../../../src/bus/queue/index.js';
import { kernelOf } from '../../../src/system/create.js';

const all = new WeakMap<object, Queues>();
const tableOf = (system: System): Queues => {
  const kernel = kernelOf(system);
  let made = all.get(kernel);
  if (made === undefined) all.set(kernel, (made = new Queues(hostOf(kernel))));
  return made;
};
export const queueOf = <T>(system: System, name: string, options?: QueueOptions<T>): Queue<T> =>
  new QueueImpl<T>(tableOf(system).open(name, options as QueueOptions, true), null);
export const ownQueue = <T>(system: System, self: ProcessVerbs, name: string, options?: QueueOptions<T>): Queue<T> =>
  new QueueImpl<T>(tableOf(system).open(name, options as QueueOptions, true), (self as never as { p: never }).p);

/** What a promise rejected with: its code, else itself; `done` when it did not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(
  () => 'done', (error: unknown) => (error as { code?: unknown } | null)?.code ?? error,
);

/** The law of the account. */
export function expectBalanced(queue: Queue<never> | Queue): void {
  const { pushed, acked, dropped, deadLettered, expired, superseded, ready, delayed, leased } = queue.stats();
  expect(pushed).toBe(acked + dropped + deadLettered + expired + superseded + ready + delayed + leased);
}
