import { afterEach, describe, expect, it } from 'vitest';
import {
  Batch, type Kind, KINDS, type Row, type Store, type StoreSource, TABLES,
} from '../../src/journal/port/index.js';

/** What the suite needs of an implementation; a place is what survives the connections to it. */
export interface StorePlace {
  readonly source: StoreSource;
  /** what the death of the program leaves now; absent where nothing survives it */
  killed?(): StoreSource | Promise<StoreSource>;
  /** after the last test: whatever there is to remove */
  dispose?(): void | Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const seqs = (rows: readonly Row[]): number[] => rows.map((row) => row.seq);

function batchOf(number: number, fill: (batch: Batch) => void): Batch {
  const batch = new Batch(number);
  fill(batch);
  return batch;
}

/** One row a batch in the table `message`. */
function rowsFrom(first: number, count: number, stream = 's'): Batch {
  return batchOf(first, (batch) => {
    for (let seq = first; seq < first + count; seq++) batch.append('message', seq, stream, bytes(seq & 0xff));
  });
}

/**
 * What every store keeps, whatever it is made of.
 *
 * @param make a new, empty place; asked for in each test
 */
export function storeContract(name: string, make: () => StorePlace | Promise<StorePlace>): void {
  describe(`the contract of stores: ${name}`, () => {
    const places: StorePlace[] = [];
    const stores: Store[] = [];
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close().catch(() => undefined);
      for (const place of places.splice(0)) await place.dispose?.();
    });

    async function place(): Promise<StorePlace> {
      const made = await make();
      places.push(made);
      return made;
    }
    function connect(at: StorePlace): Store {
      const store = at.source.connect();
      stores.push(store);
      return store;
    }
    async function opened(): Promise<{ at: StorePlace; store: Store }> {
      const at = await place();
      const store = connect(at);
      await store.open();
      return { at, store };
    }

    it('is empty and clean at first, with an epoch', async () => {
      const store = connect(await place());
      const found = await store.open();
      expect(found).toMatchObject({ clean: true, batch: 0, findings: [] });
      expect(found.epoch).toBeGreaterThan(0);
      expect(found.marks.size).toBe(0);
      for (const table of TABLES) expect(await store.rows(table, null, 0, 10, true)).toEqual([]);
      for (const kind of KINDS) expect(await store.records(kind, '', 10)).toEqual([]);
    });

    it('keeps rows in order of their sequences, with their streams and bodies', async () => {
      const { store } = await opened();
      await store.write(batchOf(1, (batch) => {
        batch.append('message', 1, 'a', bytes(1));
        batch.append('delta', 2, 'a', bytes(2));
        batch.append('message', 3, 'b', bytes());
        batch.append('message', 2 ** 40, 'a', bytes(0, 255));
      }));
      const rows = await store.rows('message', null, 0, 10, true);
      expect(rows.map(({ seq, stream, body }) => [seq, stream, [...body]])).toEqual([
        [1, 'a', [1]], [3, 'b', []], [2 ** 40, 'a', [0, 255]],
      ]);
      expect(seqs(await store.rows('message', 'a', 0, 10, true))).toEqual([1, 2 ** 40]);
      expect(seqs(await store.rows('message', 'a', 1, 10, true))).toEqual([2 ** 40]);
      expect(seqs(await store.rows('message', null, 0, 2, true))).toEqual([1, 3]);
      expect(seqs(await store.rows('delta', null, 0, 10, true))).toEqual([2]);
      expect(seqs(await store.rows('message', 'none', 0, 10, true))).toEqual([]);
    });

    it('tells rows without their bodies', async () => {
      const { store } = await opened();
      await store.write(rowsFrom(1, 3));
      const rows = await store.rows('message', null, 0, 10, false);
      expect(rows.map(({ seq, stream, body }) => [seq, stream, body.length]))
        .toEqual([[1, 's', 0], [2, 's', 0], [3, 's', 0]]);
    });

    it('removes rows; the removal of none is nothing', async () => {
      const { store } = await opened();
      await store.write(rowsFrom(1, 300));
      await store.write(batchOf(2, (batch) => {
        for (let seq = 1; seq <= 298; seq++) batch.remove('message', seq);
        batch.remove('message', 1_000);
        batch.remove('delta', 299);
      }));
      expect(seqs(await store.rows('message', null, 0, 10, true))).toEqual([299, 300]);
      expect(seqs(await store.rows('message', 's', 299, 10, true))).toEqual([300]);
    });

    it('keeps records by kind and key; the last put wins, a drop removes', async () => {
      const { store } = await opened();
      await store.write(batchOf(1, (batch) => {
        batch.put('state', 'k', bytes(1));
        batch.put('state', 'k', bytes(2));
        batch.put('ledger', 'k', bytes(3));
        batch.put('step', 'gone', bytes(4));
        batch.drop('step', 'gone');
        batch.drop('step', 'never');
      }));
      expect(await store.get('state', 'k')).toEqual(bytes(2));
      expect(await store.get('ledger', 'k')).toEqual(bytes(3));
      expect(await store.get('step', 'gone')).toBe(undefined);
      await store.write(batchOf(2, (batch) => {
        batch.drop('state', 'k');
        batch.put('ledger', 'k', bytes());
      }));
      expect(await store.get('state', 'k')).toBe(undefined);
      expect(await store.get('ledger', 'k')).toEqual(bytes());
    });

    it('tells records in the order of the bytes of their keys', async () => {
      const { store } = await opened();
      const keys = [
        'z', 'a', 'é', '\u{1F600}', '\uFF5E', 'a/b', 'a\u0000b', 'ab', 'A', "'; DROP TABLE x; --", '__proto__',
      ];
      await store.write(batchOf(1, (batch) => {
        for (const key of keys) batch.put('timer', key, bytes(key.length));
      }));
      const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const all = await store.records('timer', '', 100);
      expect(all.map((entry) => entry.key)).toEqual(sorted);
      expect(all.map((entry) => entry.body[0])).toEqual(sorted.map((key) => key.length));
      const found: string[] = [];
      for (let after = ''; ;) {
        const page = await store.records('timer', after, 2);
        if (page.length === 0) break;
        found.push(...page.map((entry) => entry.key));
        after = found.at(-1) as string;
      }
      expect(found).toEqual(sorted);
    });

    it('carries out the steps of a batch in their order', async () => {
      const { store } = await opened();
      await store.write(batchOf(1, (batch) => {
        batch.append('message', 1, 's', bytes(1));
        batch.remove('message', 1);
        batch.drop('state', 'k');
        batch.put('state', 'k', bytes(1));
      }));
      expect(await store.rows('message', null, 0, 10, true)).toEqual([]);
      expect(await store.get('state', 'k')).toEqual(bytes(1));
    });

    it('carries out long batches as short ones: gaps, the same key again, what comes and goes at once', async () => {
      const { store } = await opened();
      await store.write(batchOf(1, (batch) => {
        for (let seq = 1; seq <= 100; seq++) {
          batch.append(seq % 3 === 0 ? 'delta' : 'message', seq, `s${seq % 7}`, bytes(seq));
          if (seq % 5 === 0) batch.remove('message', seq - 3);
          batch.put('state', `k${seq % 11}`, bytes(seq));
          if (seq % 17 === 0) batch.drop('state', `k${seq % 11}`);
          batch.put('ledger', `l${seq}`, bytes(seq));
        }
        for (let seq = 80; seq >= 60; seq--) batch.remove('delta', seq);
      }));
      const all = Array.from({ length: 100 }, (_, at) => at + 1);
      const messages = all.filter((seq) => seq % 3 !== 0 && (seq + 3) % 5 !== 0);
      expect((await store.rows('message', null, 0, 200, true)).map(({ seq, stream, body }) => [seq, stream, body[0]]))
        .toEqual(messages.map((seq) => [seq, `s${seq % 7}`, seq]));
      expect(seqs(await store.rows('delta', null, 0, 200, true)))
        .toEqual(all.filter((seq) => seq % 3 === 0 && (seq < 60 || seq > 80)));
      const last = new Map<string, number>();
      for (const seq of all) {
        last.set(`k${seq % 11}`, seq);
        if (seq % 17 === 0) last.delete(`k${seq % 11}`);
      }
      expect(new Map((await store.records('state', '', 99)).map(({ key, body }) => [key, body[0]]))).toEqual(last);
      expect(await store.records('ledger', '', 200)).toHaveLength(100);
      const { rows } = await store.facts();
      expect(rows).toMatchObject({ message: messages.length, delta: 33 - 7 });
    });

    it('reads what was given to write, written or not', async () => {
      const { store } = await opened();
      const written = store.write(rowsFrom(1, 2));
      const rows = store.rows('message', null, 0, 10, true);
      await written;
      expect(seqs(await rows)).toEqual([1, 2]);
    });

    it('keeps bodies of a megabyte, and streams of any characters', async () => {
      const { store } = await opened();
      const body = new Uint8Array(0x10_0000).map((_, at) => at & 0xff);
      const stream = `${'x'.repeat(500)} é \u{1F600} " ' ; --`;
      await store.write(batchOf(1, (batch) => {
        batch.append('topic', 1, stream, body);
      }));
      const [row] = await store.rows('topic', stream, 0, 10, true);
      expect(row?.stream).toBe(stream);
      expect(Buffer.compare(row?.body ?? bytes(), body)).toBe(0);
    });

    it('is found by the next owner, with a later epoch', async () => {
      const at = await place();
      const first = connect(at);
      const { epoch } = await first.open();
      await first.write(batchOf(7, (batch) => {
        batch.append('message', 1, 's', bytes(1));
        batch.put('meta', 'k', bytes(2));
      }));
      await first.close();
      const next = connect(at);
      const found = await next.open();
      expect(found).toMatchObject({ clean: true, batch: 7, findings: [] });
      expect(found.epoch).toBeGreaterThan(epoch);
      expect(seqs(await next.rows('message', null, 0, 10, true))).toEqual([1]);
      expect(await next.get('meta', 'k')).toEqual(bytes(2));
    });

    it('has one owner at a time', async () => {
      const { at, store } = await opened();
      const second = connect(at);
      await expect(second.open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
      await store.write(rowsFrom(1, 1));
      await store.close();
      await expect(connect(at).open()).resolves.toMatchObject({ batch: 1 });
    });

    it('can be opened again on the same object after it was closed', async () => {
      const { store } = await opened();
      await store.write(rowsFrom(1, 1));
      await store.close();
      await expect(store.open()).resolves.toMatchObject({ clean: true, batch: 1 });
      expect(seqs(await store.rows('message', null, 0, 10, true))).toEqual([1]);
    });

    it('is closed once, and then refuses', async () => {
      const { store } = await opened();
      await store.close();
      await store.close();
      await expect(store.write(rowsFrom(1, 1))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await expect(store.get('meta', 'k')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await expect(store.rows('message', null, 0, 1, true)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      expect(() => { store.mark(1, 1); }).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    });

    it('forgets its marks when it is closed in order', async () => {
      const { at, store } = await opened();
      await store.write(rowsFrom(1, 2));
      store.mark(1, 1);
      store.mark(1, 2);
      await store.close();
      const found = await connect(at).open();
      expect([found.clean, found.marks.size]).toEqual([true, 0]);
    });

    it('P22: the last mark of a message counts after a kill, also one that takes an attempt back', async () => {
      const { at, store } = await opened();
      await store.write(rowsFrom(1, 3));
      store.mark(1, 2);
      store.mark(2, 3);
      store.mark(3, 5);
      store.mark(2, 2);
      store.mark(1, 1);
      store.mark(1, 0);
      store.mark(1, 1);
      await store.facts();
      const left = await at.killed?.();
      if (left === undefined) await store.close();
      const { marks } = await connect(left === undefined ? at : { source: left }).open();
      if (left === undefined) return expect(marks.size).toBe(0);
      expect([...marks].toSorted(([a], [b]) => a - b)).toEqual([[1, 1], [2, 2], [3, 5]]);
    });

    it('says what it holds', async () => {
      const { store } = await opened();
      await store.write(batchOf(1, (batch) => {
        batch.append('message', 1, 's', bytes(1, 2, 3));
        batch.append('message', 2, 's', bytes(1));
        batch.put('state' satisfies Kind, 'k', bytes(1));
      }));
      const facts = await store.facts();
      expect(facts.rows).toEqual({ message: 2, delta: 0, topic: 0, dead: 0, item: 0 });
      expect(facts.records).toMatchObject({ state: 1, ledger: 0 });
      expect(facts.bytes).toBeGreaterThanOrEqual(5);
      expect(await store.check()).toEqual([]);
    });
  });
}
