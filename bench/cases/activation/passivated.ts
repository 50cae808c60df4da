import { join } from 'node:path';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import type { Case, Castcall, System } from '../../lib/case.js';
import { median } from '../../lib/alternate.js';
import { nowMs, sleep } from '../../lib/clock.js';
import { liveHeapBytes } from '../../lib/heap.js';
import { expectCount, inFolder, withStore } from '../../lib/system.js';

const STATE = 'x'.repeat(512);
const WAVE = 500;
const IDLE_MS = 40;
/** of the passivated, how many are called again in the end */
const SAMPLE = 1_000;
const FOREVER = { timeoutMs: 'infinity' } as const;
const HUNDRED_THOUSAND = 100_000;

const defineDesk = (library: Castcall) => library.defineAgent({
  durable: true,
  init: (address: string) => ({ address, notes: 0, text: STATE }),
  calls: { notes: (self) => self.state.notes },
  casts: { note(self, many: number) { self.state.notes += many; } },
});
type Desk = ReturnType<typeof defineDesk>;

const pathOf = (n: number): string => `team/desk/${n}`;

/** One stored message for each of so many addresses, in waves; all are passivated in the end. */
async function passivate(system: System, desk: Desk, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += WAVE) {
    await Promise.all(Array.from({ length: Math.min(WAVE, to - at) }, async (_, n) => {
      const receipt = await system.address(desk, pathOf(at + n)).deliver('note', at + n);
      const { kind } = await receipt.settled;
      if (kind !== 'handled') throw new Error(`the note of ${pathOf(at + n)} is ${kind}`);
    }));
  }
  while (system.addresses().send('are you there?') > 0) await sleep(IDLE_MS * 2);
}

/** Heap, MB for each 100,000, that agents leave which have had a message and were passivated into the store. */
export const passivatedMemory: Case = (library) => {
  const Desk = defineDesk(library);
  return (size) => inFolder((folder) => withStore(library, join(folder, 'store'), async (system) => {
    system.activate(Desk, { idleMs: IDLE_MS });
    await passivate(system, Desk, 0, SAMPLE);
    const before = await liveHeapBytes();
    await passivate(system, Desk, SAMPLE, SAMPLE + size);
    const after = await liveHeapBytes();
    const step = Math.ceil(size / SAMPLE);
    for (let n = SAMPLE; n < SAMPLE + size; n += step) {
      expectCount(`notes of ${pathOf(n)}`, await system.address(Desk, pathOf(n)).call('notes', undefined, FOREVER), n);
    }
    expectCount('notes handled', system.stats().delivery.acknowledged, SAMPLE + size);
    return (after - before) / size * HUNDRED_THOUSAND / 1e6;
  }, 'process'));
};

/**
 * How many times a call that brings a passivated agent back takes as long as to read its state from a
 * copy of the store through a writer thread of castcall, by the medians of both, in turns.
 */
export const passivatedReturn: Case = (library) => {
  const Desk = defineDesk(library);
  return (size) => inFolder((folder) => withStore(library, join(folder, 'store'), async (system) => {
    system.activate(Desk, { idleMs: IDLE_MS });
    await passivate(system, Desk, 0, size);
    const copy = join(folder, 'copy');
    await system.store.backup(copy);
    const store = sqlite(copy).connect();
    await store.open();
    try {
      const times: { readonly back: number[]; readonly read: number[] } = { back: [], read: [] };
      const back = async (n: number): Promise<void> => {
        const ref = system.address(Desk, pathOf(n));
        const began = nowMs();
        const notes = await ref.call('notes', undefined, FOREVER);
        times.back.push(nowMs() - began);
        expectCount(`notes of ${ref.address}`, notes, n);
      };
      const read = async (n: number): Promise<void> => {
        const began = nowMs();
        const state = await store.get('state', pathOf(n));
        times.read.push(nowMs() - began);
        if ((state?.length ?? 0) < STATE.length) throw new Error(`no state of ${pathOf(n)} in the copy`);
      };
      for (let n = 0; n < size; n++) for (const act of n % 2 === 0 ? [back, read] : [read, back]) await act(n);
      return median(times.back) / median(times.read);
    } finally {
      await store.close();
    }
  }));
};
