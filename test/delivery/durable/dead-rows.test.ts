import { describe, expect, it } from 'vitest';
import { nodeEnv } from '../../../src/base/index.js';
import { DeadRows } from '../../../src/delivery/durable/dead-rows.js';
import type { Limits } from '../../../src/delivery/durable/retention.js';
import { Journal, type StoreSource } from '../../../src/journal/index.js';
import { memoryStore } from '../../../src/journal/public.js';

const NO_LIMITS: Limits = { countMax: Infinity, bytesMax: Infinity, ageMs: Infinity };
let now = 0;

/** Rows in a store of their own; `gone` hears what had to make room. */
async function rowsOf(limits: Partial<Limits>) {
  const source: StoreSource = memoryStore();
  const journal = new Journal(source.connect(), nodeEnv());
  await journal.ready;
  const gone: number[] = [];
  const rows = new DeadRows(journal, { ...NO_LIMITS, ...limits }, () => now, (seq) => gone.push(seq));
  const left = async (): Promise<number[]> => (await journal.rows('dead', null, 0, 10, false)).map(({ seq }) => seq);
  return { journal, rows, gone, left };
}
const body = (size: number): Uint8Array => new Uint8Array(size).fill(1);

describe('dead letters in a store', () => {
  it('P23 are bounded by count, the oldest go first, and each is removed once', async () => {
    const { journal, rows, gone, left } = await rowsOf({ countMax: 2 });
    const [a, b, c] = ['a', 'a', 'b'].map((name) => rows.add(name, body(1), 0, 0)) as [number, number, number];
    expect([await left(), gone, rows.size, rows.bytes]).toEqual([[b, c], [a], 2, 2]);
    expect([rows.remove(a), rows.remove(c), rows.remove(c)]).toEqual([false, true, false]);
    expect([await left(), gone, rows.size, rows.bytes]).toEqual([[b], [a], 1, 1]);
    expect(await journal.check()).toEqual([]);
    await journal.close();
  });

  it('P23 are bounded by bytes, and the newest is kept whatever its size', async () => {
    const { journal, rows, gone, left } = await rowsOf({ bytesMax: 10 });
    const [a, b] = [rows.add('a', body(4), 0, 0), rows.add('a', body(6), 0, 0)];
    expect([gone, rows.bytes]).toEqual([[], 10]);
    const c = rows.add('a', body(11), 0, 0);
    expect([gone, rows.bytes, await left()]).toEqual([[a, b], 11, [c]]);
    await journal.close();
  });

  it('P23 are bounded by age, exclusively, whenever one comes', async () => {
    const { journal, rows, gone, left } = await rowsOf({ ageMs: 100 });
    now = 1_000;
    const a = rows.add('a', body(1), now, 0);
    now = 1_099;
    const b = rows.add('a', body(1), now, 0);
    expect(gone).toEqual([]);
    now = 1_100;
    rows.keepWithin();
    expect([gone, await left()]).toEqual([[a], [b]]);
    await journal.close();
  });

  it('a row takes the place of another one in one transaction, with the steps of its message', async () => {
    const { journal, rows, left } = await rowsOf({});
    journal.put('step', '7', body(3));
    const a = rows.add('a', body(1), 0, 7);
    const batch = journal.added;
    const b = rows.replace(a, 'a', body(2), 0, 7);
    expect([journal.added, await left(), rows.bytes]).toEqual([batch, [b], 2]);
    expect(await journal.get('step', '7')).toBeDefined();
    rows.remove(b);
    expect([await journal.get('step', '7'), await left(), rows.size, rows.bytes]).toEqual([undefined, [], 0, 0]);
    expect(await journal.check()).toEqual([]);
    await journal.close();
  });
});
