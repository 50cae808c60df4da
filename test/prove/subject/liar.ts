import { Batch, type BatchReader, type Kind, type Store, type Table } from '../../../src/journal/port/index.js';
import type { Lie } from './subject.js';

const LATE_MS = 5;
const later = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, LATE_MS); });

/** A store that does not do what it says, in one way: a proof that does not find it out is blind. */
export function lying(store: Store, lie: Lie | null): Store {
  if (lie === null || lie === 'again') return store;
  const write = store.write.bind(store);
  let before: Promise<void> = Promise.resolve();
  store.write = (batch) => {
    switch (lie) {
      case 'early': before = before.then(later).then(() => write(batch)); return Promise.resolve();
      case 'keep': return write(part(batch, (at, step) => step !== 'remove'));
      default: return torn(batch, write);
    }
  };
  return store;
}

async function torn(batch: Batch, write: (batch: Batch) => Promise<void>): Promise<void> {
  await write(part(batch, (at, step) => step === 'append' || step === 'put'));
  await later();
  await write(batch);
}

type StepName = 'append' | 'remove' | 'put' | 'drop';

/** The steps of a batch that `which` wants. */
function part(batch: Batch, which: (at: number, step: StepName) => boolean): Batch {
  const some = new Batch(batch.number);
  let at = 0;
  const reader: BatchReader = {
    append(table: Table, seq: number, stream: string, body: Uint8Array): void {
      if (which(at++, 'append')) some.append(table, seq, stream, body);
    },
    remove(table: Table, seq: number): void {
      if (which(at++, 'remove')) some.remove(table, seq);
    },
    put(kind: Kind, key: string, body: Uint8Array): void {
      if (which(at++, 'put')) some.put(kind, key, body);
    },
    drop(kind: Kind, key: string): void {
      if (which(at++, 'drop')) some.drop(kind, key);
    },
  };
  batch.replay(reader);
  return some;
}
