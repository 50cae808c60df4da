import type { Case } from '../../lib/case.js';
import { nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

/** Items per second from an awaited push to one consumer in a loop. */
export const queuePushPull: Case = (library) => (size) => withSystem(library, async (system) => {
  const queue = system.queue<number>('bench');
  let sum = 0;
  let count = 0;
  const reading = (async () => {
    for await (const item of queue) {
      sum += item;
      if (++count === size) break;
    }
  })();
  const began = nowMs();
  for (let n = 0; n < size; n++) await queue.push(n);
  await reading;
  const took = nowMs() - began;
  expectCount('sum of the items', sum, (size * (size - 1)) / 2);
  expectCount('items acknowledged', queue.stats().acked, size);
  queue.close();
  return (size * 1_000) / took;
});

const CONSUMERS = 8;

/** Items per second through leases: 8 consumers, each acknowledges what it has before it takes the next one. */
export const queueLease8: Case = (library) => (size) => withSystem(library, async (system) => {
  const queue = system.queue<number>('bench', { leaseMs: 30_000 });
  let sum = 0;
  const consume = async (): Promise<void> => {
    for await (const lease of queue.leases()) {
      sum += lease.item;
      await lease.ack();
    }
  };
  const consumers = Array.from({ length: CONSUMERS }, consume);
  const began = nowMs();
  for (let n = 0; n < size; n++) await queue.push(n);
  queue.close();
  await Promise.all(consumers);
  const took = nowMs() - began;
  expectCount('sum of the items', sum, (size * (size - 1)) / 2);
  expectCount('items acknowledged', queue.stats().acked, size);
  return (size * 1_000) / took;
});
