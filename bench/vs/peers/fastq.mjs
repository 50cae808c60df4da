// fastq, by its promises: a push resolves when its worker has handled the item.
import fastq from 'fastq';
import { expectCount, now, perSecond } from './suite.mjs';

const CONSUMERS = 8;

/** Items per second of so many workers that count at the same time. */
async function counted(size, workers, push) {
  let sum = 0;
  const queue = fastq.promise(async (n) => { sum += n; }, workers);
  const started = now();
  await push(queue);
  const rate = perSecond(size, started);
  expectCount('sum of the items', sum, (size * (size - 1)) / 2);
  return rate;
}

export const measurements = {
  queue_push_pull: (size) => counted(size, 1, async (queue) => {
    for (let n = 0; n < size; n++) await queue.push(n);
  }),
  queue_lease_8: (size) => counted(size, CONSUMERS, async (queue) => {
    for (let n = 0; n < size; n++) void queue.push(n);
    await queue.drained();
  }),
};
