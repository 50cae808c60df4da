// p-queue: what is added is a function; it resolves when that has run.
import PQueue from 'p-queue';
import { expectCount, now, perSecond } from './suite.mjs';

const CONSUMERS = 8;

/** Items per second with so many functions at the same time. */
async function counted(size, concurrency, push) {
  let sum = 0;
  const queue = new PQueue({ concurrency });
  const add = (n) => queue.add(async () => { sum += n; });
  const started = now();
  await push(add, queue);
  const rate = perSecond(size, started);
  expectCount('sum of the items', sum, (size * (size - 1)) / 2);
  return rate;
}

export const measurements = {
  queue_push_pull: (size) => counted(size, 1, async (add) => {
    for (let n = 0; n < size; n++) await add(n);
  }),
  queue_lease_8: (size) => counted(size, CONSUMERS, async (add, queue) => {
    for (let n = 0; n < size; n++) void add(n);
    await queue.onIdle();
  }),
};
