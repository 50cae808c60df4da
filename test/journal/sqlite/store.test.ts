import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../src/journal/sqlite/schema.js';
import { batchOf, bytes, drivers, message, Place } from './place.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.dispose());

describe.each(drivers)('a store of sqlite with %s', (driver) => {
  it('P39: keeps names of any units apart, whatever the driver makes of a NUL or half a pair', async () => {
    const names = ['a', 'a\0', 'a\0b', 'a\0c', '\ud800', '\udfff', '\ud83d\ude00', '\ud7ff\ue000', 'é', '\ufffd', ''];
    const store = place.store({ driver });
    await store.open();
    await store.write(batchOf(1, (batch) => {
      for (const [at, name] of names.entries()) {
        batch.append('topic', at + 1, name, bytes(at));
        batch.put('state', name, bytes(at));
      }
    }));
    for (const [at, name] of names.entries()) {
      expect(await store.get('state', name)).toEqual(bytes(at));
      expect(await store.rows('topic', name, 0, 10, true)).toEqual([{ seq: at + 1, stream: name, body: bytes(at) }]);
    }
    const found = await store.records('state', '\0', 100);
    expect(found.map(({ key }) => key).toSorted()).toEqual(names.filter((name) => name !== '').toSorted());
  });

  it('keeps numbers up to 2^53 as integers', async () => {
    const seqs = [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const store = place.store({ driver });
    await store.open();
    await store.write(batchOf(2 ** 40, (batch) => {
      for (const seq of seqs) batch.append('message', seq, 's', bytes(1));
    }));
    expect((await store.rows('message', null, 0, 10, false)).map(({ seq }) => seq)).toEqual(seqs);
    expect((await store.rows('message', 's', 2 ** 31, 2, false)).map(({ seq }) => seq)).toEqual(seqs.slice(3));
    await store.write(batchOf(2 ** 40 + 1, (batch) => seqs.forEach((seq) => batch.remove('message', seq))));
    expect(await store.rows('message', null, 0, 10, false)).toEqual([]);
    await store.close();
    expect((await store.open()).batch).toBe(2 ** 40 + 1);
  });

  it('is closed for good each time: its lock, its WAL and its owner are gone', async () => {
    for (let life = 1; life <= 5; life++) {
      const store = await place.filled(2, { driver });
      await store.rows('message', null, 0, 10, true);
      await store.check();
      await store.close();
      expect(['-wal', '-shm', '-owner', '-journal'].filter((side) => existsSync(place.path + side))).toEqual([]);
    }
    expect(await place.store({ driver }).open()).toMatchObject({ epoch: 6, clean: true, batch: 10 });
  });

  it.each(['disk', 'process'] as const)('has the settings of level %s, read back', async (level) => {
    const store = place.store({ driver, level });
    await store.open();
    expect(store.pragmas).toMatchObject({
      journal_mode: 'wal', synchronous: level === 'disk' ? 2 : 1, wal_autocheckpoint: 8_000, busy_timeout: 0,
      foreign_keys: 0, auto_vacuum: 2, application_id: 0x63617374, user_version: MIGRATIONS.length,
    });
  });

  it('copies the bodies that it is given, and gives each of its own', async () => {
    const store = place.store({ driver });
    await store.open();
    const shared = new Uint8Array(16).fill(1);
    const written = store.write(batchOf(1, (batch) => {
      batch.append('message', 1, 's', shared.subarray(0, 4));
      batch.append('message', 2, 's', shared.subarray(4, 8));
    }));
    shared.fill(9);
    await written;
    const [one, two] = await store.rows('message', null, 0, 2, true);
    expect([one?.body, two?.body]).toEqual([bytes(1, 1, 1, 1), bytes(1, 1, 1, 1)]);
    expect(one?.body.buffer.byteLength).toBe(4);
  });

  it('P28: writes nothing after a write has failed, and is opened anew', async () => {
    const store = await place.filled(3, { driver });
    // Twice the same sequence, the last step of many: nothing of the batch may stay.
    const twice = batchOf(4, (batch) => {
      for (const seq of [4, 5, 1]) batch.append('message', seq, 's', bytes(seq));
    });
    await expect(store.write(twice)).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { errcode: 1555 } });
    await expect(store.write(message(6))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(store.rows('message', null, 0, 9, false)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await store.close();
    expect(await store.open()).toMatchObject({ clean: false, batch: 3 });
    expect((await store.rows('message', null, 0, 9, false)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('P26: a deposed owner cannot commit', async () => {
    const deposed = await place.filled(2, { driver });
    // As when somebody removes the lock file: the next owner sees a free one.
    const sql = "UPDATE store SET epoch = epoch + 1";
    execFileSync(process.execPath, ['-e', `
      const { DatabaseSync } = require(${JSON.stringify(driver)});
      new DatabaseSync(${JSON.stringify(place.path)}).exec(${JSON.stringify(sql)});
    `]);
    await expect(deposed.write(message(3))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(deposed.write(message(4))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await deposed.close();
    expect(await place.store({ driver }).open()).toMatchObject({ epoch: 3, clean: false, batch: 2 });
  });

  it('is copied while it is in use, and checked', async () => {
    const store = await place.filled(20, { driver });
    const to = join(place.dir, 'copy.db');
    const [, findings] = await Promise.all([store.backup(to), store.check(), store.write(message(21))]);
    expect(findings).toEqual([]);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    await expect(store.backup(to)).rejects.toMatchObject({ code: 'STORE_PATH' });
    await expect(store.backup(place.path)).rejects.toMatchObject({ code: 'STORE_PATH' });
    await expect(store.backup(join(place.dir, 'none', 'copy.db'))).rejects.toMatchObject({ code: 'STORE_PATH' });
    expect((await store.facts()).rows.message).toBe(21);
    const copy = place.store({ driver, path: to });
    const { batch } = await copy.open();
    expect(batch).toBeGreaterThanOrEqual(20);
    expect(await copy.rows('message', null, 0, 99, true)).toEqual(await store.rows('message', null, 0, batch, true));
  });

  it('refuses rows near its limit, and goes on; what removes something is taken', async () => {
    const bytesMax = 1 << 20;
    const store = place.store({ driver, bytesMax });
    await store.open();
    let number = 0;
    const fill = async (): Promise<void> => {
      for (;;) await store.write(message(++number, 50_000));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('bytesMax') });
    expect((await store.facts()).bytes).toBeLessThan(bytesMax);
    await store.write(batchOf(number, (batch) => batch.put('state', 'k', bytes(1))));
    await store.write(batchOf(number + 1, (batch) => {
      for (let seq = 1; seq < 10; seq++) batch.remove('message', seq);
      batch.append('message', number + 1, 's', new Uint8Array(50_000));
    }));
    await store.write(message(number + 2, 50_000));
    expect(statSync(place.path).size).toBeLessThan(bytesMax);
  });
});

describe('the files of a store', () => {
  it('are for their owner alone, and so is a folder that is made for them', async () => {
    const path = join(place.dir, 'new', 'deep', 'store.db');
    const store = place.store({ path });
    await store.open();
    await store.write(message(1));
    store.mark(1, 1);
    const mode = (at: string): number => statSync(at).mode & 0o777;
    expect([mode(join(place.dir, 'new')), mode(join(place.dir, 'new', 'deep'))]).toEqual([0o700, 0o700]);
    for (const side of ['', '-wal', '-shm', '-lock', '-owner', '-head', '-marks-0']) {
      expect([side, mode(path + side)]).toEqual([side, 0o600]);
    }
  });

  it('are readable by any program that knows SQLite, names included', async () => {
    await place.filled(2);
    const read = execFileSync(process.execPath, ['-e', `
      const { DatabaseSync } = require(${JSON.stringify(drivers[0])});
      const db = new DatabaseSync(${JSON.stringify(place.path)}, { readOnly: true });
      console.log(JSON.stringify(db.prepare('SELECT seq, stream FROM message ORDER BY seq').all()));
    `], { encoding: 'utf8' });
    expect(JSON.parse(read)).toEqual([{ seq: 1, stream: 's1' }, { seq: 2, stream: 's2' }]);
  });

  it('tell who has it open', async () => {
    await place.filled(1);
    expect(JSON.parse(readFileSync(`${place.path}-owner`, 'utf8'))).toMatchObject({ pid: process.pid });
    await expect(place.store().open()).rejects.toMatchObject({
      code: 'STORE_LOCKED', message: expect.stringContaining(`by process ${process.pid} on `),
    });
    writeFileSync(`${place.path}-owner`, '{ torn');
    await expect(place.store().open()).rejects.toMatchObject({
      code: 'STORE_LOCKED', message: expect.stringContaining('by an unknown program'),
    });
  });
});
