import type { Case } from '../../lib/case.js';
import { nextTurn } from '../../lib/clock.js';
import { liveHeapBytes } from '../../lib/heap.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;
const FOREVER = { timeoutMs: 'infinity' } as const;

/** Heap bytes that a queued cast without a payload takes. */
export const bytesPerQueuedCast: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    system.suspend(counter);
    const before = await liveHeapBytes();
    for (let sent = 0; sent < size; sent++) counter.cast('add');
    const after = await liveHeapBytes();
    system.resume(counter);
    expectCount('casts handled', await counter.call('count', undefined, FOREVER), size);
    return (after - before) / size;
  });
};

/** The same of a delivery that waits in a mailbox, nobody holding its receipt. */
export const bytesPerQueuedDelivery: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    system.suspend(counter);
    const before = await liveHeapBytes();
    for (let sent = 0; sent < size; sent++) void counter.deliver('add');
    const after = await liveHeapBytes();
    system.resume(counter);
    expectCount('deliveries handled', await counter.call('count', undefined, FOREVER), size);
    return (after - before) / size;
  });
};

/** What a delivery that is over leaves in the heap, bytes each. */
export const bytesPerSettledDelivery: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const burst = async (count: number): Promise<void> => {
      for (let sent = 1; sent <= count; sent++) {
        void counter.deliver('add');
        if (sent % BURST === 0) await nextTurn();
      }
      await counter.call('count', undefined, FOREVER);
    };
    await burst(10 * BURST);
    const before = await liveHeapBytes();
    await burst(size);
    const after = await liveHeapBytes();
    expectCount('deliveries handled', await counter.call('count', undefined, FOREVER), size + 10 * BURST);
    return (after - before) / size;
  });
};
