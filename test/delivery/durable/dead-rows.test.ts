import { describe, expect, it } from 'vitest';
import { nodeEnv } from '../../../src/base/index.js';
import { DeadRows } from '../../../src/delivery/durable/dead-rows.js';
import { Journal, type StoreSource } from '../../../src/journal/index.js';
import { memoryStore } from '../../../src/journal/public.js';

describe('dead letters in a store', () => {
  it('P23 are bounded, those of earlier lives go first, and each is removed once', async () => {
    const source: StoreSource = memoryStore();
    const journal = new Journal(source.connect(), nodeEnv());
    await journal.ready;
    const body = new Uint8Array([1]);
    const earlier = journal.append('dead', 'a', body);
    const rows = new DeadRows(journal, 2);
    rows.found(earlier);
    rows.add('a', body);
    rows.add('b', body);
    const left = async (): Promise<number[]> => (await journal.rows('dead', null, 0, 10, false)).map(({ seq }) => seq);
    expect(await left()).toEqual([earlier + 1, earlier + 2]);
    expect([rows.remove(earlier), rows.remove(earlier + 2), rows.remove(earlier + 2)]).toEqual([false, true, false]);
    expect(await left()).toEqual([earlier + 1]);
    expect(await journal.check()).toEqual([]);
    await journal.close();
  });
});
