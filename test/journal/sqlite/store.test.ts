import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batch } from '../../../src/journal/port/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';

const bytes = (...all: number[]): Uint8Array => new Uint8Array(all);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'castcall-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a store of sqlite', () => {
  it('keeps rows and records', async () => {
    const store = sqlite(join(dir, 'new', 'store.db')).connect();
    expect(await store.open()).toMatchObject({ epoch: 1, clean: true, batch: 0, findings: [] });
    const batch = new Batch(1);
    batch.append('message', 1, 'a\0b', bytes(1, 2));
    batch.append('message', 2 ** 40, '\ud800x', bytes());
    batch.append('delta', 3, 'one', bytes(9));
    batch.put('state', 'k\0é', bytes(3));
    batch.put('state', 'k', bytes(4));
    batch.put('state', 'k', bytes(5));
    await store.write(batch);
    store.mark(1, 2);
    store.mark(77, 1);
    expect(await store.rows('message', null, 0, 10, true)).toEqual([
      { seq: 1, stream: 'a\0b', body: bytes(1, 2) }, { seq: 2 ** 40, stream: '\ud800x', body: bytes() },
    ]);
    expect(await store.rows('message', '\ud800x', 0, 10, false)).toEqual([
      { seq: 2 ** 40, stream: '\ud800x', body: bytes() },
    ]);
    expect(await store.records('state', '', 10)).toEqual([
      { key: 'k', body: bytes(5) }, { key: 'k\0é', body: bytes(3) },
    ]);
    expect(await store.get('state', 'k\0é')).toEqual(bytes(3));
    expect(await store.get('state', 'k\0')).toBeUndefined();
    expect(await store.facts()).toMatchObject({ rows: { message: 2, delta: 1 }, records: { state: 2 } });
    await store.close();
    const again = sqlite(join(dir, 'new', 'store.db')).connect();
    expect(await again.open()).toMatchObject({ epoch: 2, clean: true, batch: 1, findings: [] });
    await again.close();
  });
});
