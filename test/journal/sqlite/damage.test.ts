import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../../src/journal/sqlite/index.js';
import { bytes, batchOf, message, Place } from './place.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.dispose());

/** The frames of a WAL: where each begins, and whether it ends a commit. */
function frames(path: string): { at: number; commit: boolean }[] {
  const wal = readFileSync(`${path}-wal`);
  const size = 24 + wal.readUInt32BE(8);
  const found = [];
  for (let at = 32; at + size <= wal.length; at += size) found.push({ at, commit: wal.readUInt32BE(at + 4) !== 0 });
  return found;
}

/** Where the commit that is so many before the last one begins. */
function beforeLast(path: string, commits: number): number {
  const all = frames(path);
  let left = commits + 1;
  for (let last = all.length - 1; last >= 0; last--) {
    if (all[last]?.commit === true && --left === 0) return (all[last + 1] as { at: number }).at;
  }
  return 32;
}

function flip(path: string, at: number): void {
  const byte = readFileSync(path)[at] as number;
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes(byte ^ 4), 0, 1, at);
  closeSync(fd);
}

function editHead(path: string, edit: (head: Buffer) => void): void {
  const head = readFileSync(`${path}-head`);
  edit(head);
  head.writeUInt32LE(crc32(head.subarray(0, 56)), 56);
  writeFileSync(`${path}-head`, head);
}

async function refused(store: SqliteStore, kind: string): Promise<string> {
  const error: unknown = await store.open().catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'STORE_CORRUPT', findings: [expect.objectContaining({ kind })] });
  return (error as Error).message;
}

const seqs = async (store: SqliteStore): Promise<number[]> =>
  (await store.rows('message', null, 0, 1_000, false)).map(({ seq }) => seq);

describe('a store whose program was killed', () => {
  it('P19: has everything that was acknowledged, and says that it was not closed', async () => {
    const store = await place.filled(20);
    const path = place.crashed('after.db');
    const next = place.store({ path });
    expect(await next.open()).toMatchObject({ epoch: 2, clean: false, batch: 20, findings: [] });
    expect(await seqs(next)).toEqual(await seqs(store));
  });

  it('P27: trims a torn tail that nobody was told of', async () => {
    const store = await place.filled(5);
    const before = statSync(`${place.path}-wal`).size;
    await store.write(message(6));
    const path = place.crashed('torn.db');
    // The head is written after the commit: a torn one has none.
    editHead(path, (head) => head.writeDoubleLE(5, 8));
    truncateSync(`${path}-wal`, before + 2_000);
    const next = place.store({ path });
    expect(await next.open()).toMatchObject({ clean: false, batch: 5, findings: [] });
    expect(await seqs(next)).toEqual([1, 2, 3, 4, 5]);
  });

  it('P27: is refused when its WAL has lost ten commits, though rows are dense and SQLite is content', async () => {
    await place.filled(25);
    const path = place.crashed('cut.db');
    truncateSync(`${path}-wal`, beforeLast(path, 10));
    const size = statSync(`${path}-wal`).size;
    const said = await refused(place.store({ path }), 'lost-tail');
    expect(said).toContain('the last 10 commits are gone');
    expect(said).toContain("damaged: 'open'");
    // Nothing was changed by looking at it.
    expect(statSync(`${path}-wal`).size).toBe(size);
    await refused(place.store({ path }), 'lost-tail');
    const next = place.store({ path, damaged: 'open' });
    expect(await next.open()).toMatchObject({ batch: 15, findings: [{ kind: 'lost-tail' }] });
    expect(await seqs(next)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
    expect(await next.check()).toEqual([]);
    await next.write(message(16));
    await next.close();
    expect(await next.open()).toMatchObject({ clean: true, batch: 16, findings: [] });
  });

  it('P27: is refused when a bit of its WAL has flipped, and tells where', async () => {
    await place.filled(20);
    const path = place.crashed('flipped.db');
    const frame = beforeLast(path, 8);
    flip(`${path}-wal`, frame + 500);
    expect(await refused(place.store({ path }), 'lost-tail')).toContain(`${path}-wal, byte ${frame}`);
    // Without the head the intact commits behind the bad one tell.
    rmSync(`${path}-head`);
    expect(await refused(place.store({ path }), 'lost-tail')).toContain('8 commits end behind a damaged frame');
  });

  it('P27: is refused when the header of its WAL is damaged', async () => {
    await place.filled(6);
    const path = place.crashed('header.db');
    flip(`${path}-wal`, 17);
    expect(await refused(place.store({ path }), 'lost-tail')).toContain(`${path}-wal, byte 0: the last 6 commits`);
    rmSync(`${path}-head`);
    expect(await refused(place.store({ path }), 'lost-tail')).toContain('commits end behind a damaged frame');
  });

  it('is no worse for a head that is missing, torn, behind or that of another store', async () => {
    await place.filled(6);
    const other = place.store({ path: `${place.path}2` });
    await other.open();
    await other.write(batchOf(1_000));
    for (const [name, edit] of [
      ['missing', (head: string) => rmSync(head)],
      ['torn', (head: string) => truncateSync(head, 30)],
      ['flipped', (head: string) => flip(head, 9)],
      ['behind', (head: string) => editHead(head.replace(/-head$/, ''), (page) => page.writeDoubleLE(3, 8))],
      ['foreign', (head: string) => writeFileSync(head, readFileSync(`${place.path}2-head`))],
    ] as const) {
      const path = place.crashed(`${name}.db`);
      edit(`${path}-head`);
      expect([name, await place.store({ path }).open()]).toMatchObject([name, { batch: 6, findings: [] }]);
    }
  });

  it('at level process may have lost its last commits with the power, and tells so', async () => {
    await place.filled(10, { level: 'process' });
    const path = place.crashed('power.db');
    truncateSync(`${path}-wal`, beforeLast(path, 4));
    await refused(place.store({ path, level: 'process' }), 'lost-tail');
    editHead(path, (head) => head.fill(7, 40, 56));
    const next = place.store({ path, level: 'process' });
    expect(await next.open()).toMatchObject({ batch: 6, findings: [{ kind: 'lost-tail' }] });
  });
});

describe('a store whose file is damaged', () => {
  /** Closed, and so large that there is more than one page of everything. */
  async function closed(): Promise<void> {
    const store = place.store();
    await store.open();
    await store.write(batchOf(1, (batch) => {
      for (let seq = 1; seq <= 500; seq++) batch.append('message', seq, 's', new Uint8Array(256).fill(seq));
    }));
    await store.close();
  }

  it('P27: is refused, and what is left of it can be had', async () => {
    await closed();
    const page = 4_096;
    const fd = openSync(place.path, 'r+');
    const size = statSync(place.path).size;
    writeSync(fd, new Uint8Array(page).fill(0xee), 0, page, size - 5 * page);
    closeSync(fd);
    expect(await refused(place.store(), 'structure')).toMatch(/: page \d+: /);
    // A large file is not looked through when it is opened: what reads it finds it, or asks for a check.
    const large = place.store({ checkBytesMax: page });
    await large.open();
    expect(await large.check()).toContainEqual(expect.objectContaining({ kind: 'structure' }));
    await large.close();
    const next = place.store({ damaged: 'open' });
    expect((await next.open()).findings).toContainEqual(expect.objectContaining({ kind: 'structure' }));
  });

  it('P27: is not taken for that of another program when its header is gone', async () => {
    await closed();
    const fd = openSync(place.path, 'r+');
    writeSync(fd, new Uint8Array(100), 0, 100, 0);
    closeSync(fd);
    await expect(place.store().open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('P27: is refused when its end is cut off', async () => {
    await closed();
    truncateSync(place.path, statSync(place.path).size - 3 * 4_096);
    await expect(place.store().open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
