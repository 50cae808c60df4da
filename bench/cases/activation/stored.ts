import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { median } from '../../lib/alternate.js';
import type { Case, Castcall } from '../../lib/case.js';
import { nowMs } from '../../lib/clock.js';
import { root } from '../../lib/repository.js';
import { expectCount, inFolder, quiet, withStore } from '../../lib/system.js';
import { BODY_BYTES } from '../journal/append.js';

const PAYLOAD = 'x'.repeat(BODY_BYTES);
const WAVE = 1_000;
/** addresses that the messages of `enqueueAlone` are for */
const DESKS = 100;
const ENQUEUE = { op: 'note', enqueue: true } as const;

const defineDesk = (library: Castcall) => library.defineAgent({
  durable: true,
  init: (address: string) => ({ address, notes: 0 }),
  calls: { notes: (self) => self.state.notes },
  casts: { note(self, _text: string) { self.state.notes += 1; } },
});

/** A thread that inserts what it gets into a table, and does nothing else: the bound. */
class Bare {
  private readonly worker: Worker;
  private told: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  constructor(file: string) {
    const driver = {
      name: isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite', from: join(root, 'package.json'),
    };
    this.worker = new Worker(join(root, 'bench', 'vs', 'durable', 'bare.mjs'), { workerData: { file, driver } });
    this.worker.on('message', () => this.told?.resolve());
    this.worker.on('error', (error) => this.told?.reject(error));
  }
  insert(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.told = { resolve, reject };
      const bytes = new Uint8Array(BODY_BYTES).fill(120);
      this.worker.postMessage(bytes, [bytes.buffer]);
    });
  }
  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

/**
 * How many times an enqueued message for somebody who is not there takes as long as a single insert of
 * a bare writer thread, by the medians of both, in turns, level `disk`. All are handled in the end.
 */
export const enqueueAlone: Case = (library) => {
  const Desk = defineDesk(library);
  const took = async (act: () => Promise<void>, times: number[]): Promise<void> => {
    const began = nowMs();
    await act();
    times.push(nowMs() - began);
  };
  return (size) => inFolder((folder) => withStore(library, join(folder, 'store'), async (system) => {
    const bare = new Bare(join(folder, 'bare'));
    try {
      await bare.insert();
      const desks = Array.from({ length: DESKS }, (_, n) => system.address(Desk, `desk/${n}`));
      const [ours, theirs]: [number[], number[]] = [[], []];
      const enqueue = async (n: number): Promise<void> => {
        const { kind } = await system.message(desks[n % DESKS]!, PAYLOAD, ENQUEUE);
        if (kind !== 'enqueued') throw new Error(`message ${n} is ${kind}`);
      };
      for (let n = 0; n < size; n++) {
        const both = [() => took(() => enqueue(n), ours), () => took(() => bare.insert(), theirs)];
        for (const act of n % 2 === 0 ? both : both.reverse()) await act();
      }
      let handled = 0;
      for (const desk of desks) handled += await desk.call('notes', undefined, { timeoutMs: 'infinity' });
      await quiet(system);
      handled = 0;
      for (const desk of desks) handled += await desk.call('notes', undefined, { timeoutMs: 'infinity' });
      expectCount('messages handled', handled, size);
      return median(ours) / median(theirs);
    } finally {
      await bare.stop();
    }
  }));
};

/**
 * How many times `deliverAll` takes as long, which starts so many durable agents that have a message
 * of an earlier life, as to start as many by hand.
 */
export const deliverAll: Case = (library) => {
  const Desk = defineDesk(library);
  let round = 0;
  return (size) => inFolder(async (folder) => {
    const file = join(folder, 'store');
    await withStore(library, file, async (system) => {
      for (let at = 0; at < size; at += WAVE) {
        await Promise.all(Array.from({ length: Math.min(WAVE, size - at) }, (_, n) => (
          system.message(system.address(Desk, `desk/${at + n}`), PAYLOAD, ENQUEUE)
        )));
      }
      expectCount('agents started by enqueue', system.addresses().send('are you there?'), 0);
    }, 'process');
    return withStore(library, file, async (system) => {
      system.activate(Desk);
      const times = [0, 0];
      const acts = [
        async () => expectCount('agents woken', (await system.addresses('desk').deliverAll()).woken, size),
        async () => void await Promise.all(Array.from({ length: size }, (_, n) => (
          system.start(Desk, `hand/${n}`, { name: `hand/${n}` })
        ))),
      ];
      for (const which of round++ % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        const began = nowMs();
        await acts[which]!();
        times[which] = nowMs() - began;
      }
      await quiet(system);
      let handled = 0;
      for (let n = 0; n < size; n++) handled += await system.address(Desk, `desk/${n}`).call('notes');
      expectCount('messages handled', handled, size);
      return times[0]! / times[1]!;
    });
  });
};
