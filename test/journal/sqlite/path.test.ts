import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/index.js';
import { sqliteDriver } from '../../../src/journal/sqlite/driver.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { APPLICATION_ID, MIGRATIONS } from '../../../src/journal/sqlite/schema.js';
import { StoreView } from '../../../src/journal/sqlite/view.js';
import { drivers, message, Place } from './place.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.dispose());

async function refused(path: string, code: string, settings = {}): Promise<string> {
  const error: unknown = await place.store({ path, ...settings }).open().catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code });
  return (error as Error).message;
}

function run(path: string, sql: string): void {
  execFileSync(process.execPath, ['-e', `
    const { DatabaseSync } = require(${JSON.stringify(drivers[0])});
    const db = new DatabaseSync(${JSON.stringify(path)});
    db.exec(${JSON.stringify(sql)});
    db.close();
  `]);
}

describe('the path of a store', () => {
  it('is refused when it is a directory, a link, or no file, and nothing happens to that', async () => {
    const { dir } = place;
    mkdirSync(join(dir, 'folder'));
    writeFileSync(join(dir, 'target'), '');
    symlinkSync(join(dir, 'target'), join(dir, 'link'));
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expect(await refused(join(dir, 'folder'), 'STORE_PATH')).toContain('is a directory');
    expect(await refused(join(dir, 'link'), 'STORE_PATH')).toContain('is a symbolic link');
    expect(await refused(join(dir, 'dangling'), 'STORE_PATH')).toContain('is a symbolic link');
    expect(await refused(join(dir, 'pipe'), 'STORE_PATH')).toContain('is no regular file');
    expect(await refused(join(dir, 'target', 'store.db'), 'STORE_PATH')).toContain('cannot be written');
    expect(readdirSync(dir).toSorted()).toEqual(['dangling', 'folder', 'link', 'pipe', 'target']);
  });

  it('is refused when a file beside it is a link to somewhere else', async () => {
    for (const side of ['-lock', '-owner', '-head', '-wal', '-marks-0', '-marks-1']) {
      const path = join(mkdtempSync(join(place.dir, 'side-')), 'store.db');
      symlinkSync(join(place.dir, 'victim'), path + side);
      expect([side, await refused(path, 'STORE_PATH')]).toEqual([side, expect.stringContaining(path + side)]);
    }
    expect(existsSync(join(place.dir, 'victim'))).toBe(false);
  });

  it('is refused when it is the file of another program, which stays as it is', async () => {
    const text = join(place.dir, 'notes.txt');
    writeFileSync(text, 'remember the milk\n'.repeat(100));
    const database = join(place.dir, 'other.db');
    run(database, 'PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    const before = [readFileSync(text), readFileSync(database)];
    expect(await refused(text, 'STORE_PATH')).toContain('the file of another program');
    expect(await refused(database, 'STORE_PATH')).toContain('a database of another program');
    expect([readFileSync(text), readFileSync(database)]).toEqual(before);
    expect(readdirSync(place.dir).toSorted()).toEqual(['notes.txt', 'other.db']);
  });

  it('P39: is a path whatever it looks like', async () => {
    for (const name of [':memory:', 'file:x?mode=memory', "a'b%20?#.db", 'ünï \u{1F600}']) {
      const store = place.store({ path: join(place.dir, name) });
      await store.open();
      await store.write(message(1));
      await store.backup(join(place.dir, `copy of ${name}`));
      await store.close();
      expect(existsSync(join(place.dir, name))).toBe(true);
      expect(await store.open()).toMatchObject({ batch: 1, clean: true });
    }
  });

  it('is taken when a program has died while it made the file', async () => {
    const child = spawnSync(process.execPath, ['-e', `
      const { DatabaseSync } = require(${JSON.stringify(drivers[0])});
      const db = new DatabaseSync(${JSON.stringify(`${place.path}-new`)});
      db.exec('PRAGMA auto_vacuum = 2; PRAGMA cache_size = 1; BEGIN; PRAGMA application_id = ${APPLICATION_ID}');
      db.exec('CREATE TABLE big (x BLOB) STRICT');
      for (let at = 0; at < 50; at++) db.exec('INSERT INTO big VALUES (zeroblob(9000))');
      process.kill(process.pid, 'SIGKILL');
    `]);
    expect(child.signal).toBe('SIGKILL');
    expect(readdirSync(place.dir).toSorted()).toEqual(['store.db-new', 'store.db-new-journal']);
    const store = place.store();
    expect(await store.open()).toMatchObject({ epoch: 1, clean: true, batch: 0, findings: [] });
    await store.write(message(1));
    expect(readdirSync(place.dir).filter((name) => name.includes('-new'))).toEqual([]);
  });

  it('is taken when an empty file is there', async () => {
    writeFileSync(place.path, '');
    expect(await place.store().open()).toMatchObject({ epoch: 1, clean: true, findings: [] });
  });

  const root = process.getuid?.() === 0;
  it.runIf(!root)('is refused when it cannot be written', async () => {
    await (await place.filled(1)).close();
    chmodSync(place.path, 0o400);
    expect(await refused(place.path, 'STORE_PATH')).toContain('cannot be written');
    chmodSync(place.path, 0o600);
    chmodSync(place.dir, 0o500);
    expect(await refused(place.path, 'STORE_PATH')).toContain('cannot be written');
    chmodSync(place.dir, 0o700);
    expect(await place.store().open()).toMatchObject({ batch: 1 });
  });
});

describe('the version of a file', () => {
  it('that is newer is refused, and nothing is lost', async () => {
    const newer = [...MIGRATIONS, 'CREATE TABLE later (x INTEGER) STRICT;'];
    await (await place.filled(3, { migrations: newer })).close();
    const before = readFileSync(place.path);
    expect(await refused(place.path, 'STORE_NEWER')).toContain(
      `version ${newer.length} of the file, this one knows ${MIGRATIONS.length}`,
    );
    // As well when the file has not been told yet: its WAL has.
    await place.store({ migrations: newer }).open();
    expect(await refused(place.crashed('newer.db'), 'STORE_NEWER')).toContain('newer castcall');
    expect(readFileSync(place.path).equals(before)).toBe(true);
  });

  it('that is older is brought up to date, with all that is in it', async () => {
    await (await place.filled(3)).close();
    const store = place.store({ migrations: [...MIGRATIONS, 'ALTER TABLE message ADD COLUMN prio INTEGER;'] });
    expect(await store.open()).toMatchObject({ epoch: 2, batch: 3, findings: [] });
    expect(await store.rows('message', null, 0, 9, false)).toHaveLength(3);
    await store.close();
    expect(await store.open()).toMatchObject({ epoch: 3, batch: 3 });
  });

  it('1 has no items, cursors, tags and addresses: they can be read, and come with the next owner', async () => {
    await (await place.filled(3)).close();
    const later = ['item', 'cursor', 'tag', 'address'].map((name) => `DROP TABLE ${name};`);
    run(place.path, `${later.join('')} PRAGMA user_version = 1;`);
    const view = StoreView.open(place.path);
    expect(view.facts()).toMatchObject({ rows: { message: 3, item: 0 }, records: { tag: 0, cursor: 0 } });
    expect([view.rows('item', 0, 9), view.records('tag', '', 9)]).toEqual([[], []]);
    expect(view.get('address', 'a')).toBeUndefined();
    expect(view.structure('item')).toEqual([]);
    view.close();
    const store = place.store();
    expect(await store.open()).toMatchObject({ epoch: 2, batch: 3, findings: [] });
    expect(await store.facts()).toMatchObject({ rows: { message: 3, item: 0 } });
    await store.close();
  });

  it('stays what it was when it cannot be brought up to date', async () => {
    await (await place.filled(3)).close();
    const broken = [...MIGRATIONS, 'CREATE TABLE later (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);'];
    await refused(place.path, 'STORE_FAILED', { migrations: broken });
    expect(await place.store().open()).toMatchObject({ batch: 3 });
  });
});

describe('sqlite()', () => {
  it('checks what it is given at once', () => {
    for (const path of ['', 'a\0b', 7, undefined]) expect(() => sqlite(path as string)).toThrow(OptionError);
    for (const options of [
      { level: 'memory' }, { bytesMax: NaN }, { bytesMax: 10 }, { bytesMax: Infinity }, { checkBytesMax: -1 },
      { checkBytesMax: NaN }, { damaged: true }, { path: 'x' },
    ]) expect(() => sqlite('x.db', options as object), JSON.stringify(options)).toThrow(OptionError);
  });

  it('opens nothing until somebody connects', async () => {
    const path = join(place.dir, 'later.db');
    const source = sqlite(path, { level: 'process', bytesMax: 2 ** 30 });
    const store = source.connect();
    expect([source.kind, store.level, existsSync(path)]).toEqual(['sqlite', 'process', false]);
    await store.open();
    expect((await store.facts()).path).toBe(path);
    await store.close();
  });
});

describe('the driver', () => {
  const missing = (): string => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  };
  it('is that of Node where it has one', () => {
    expect(sqliteDriver({ isBuiltin: () => true, resolve: missing })).toBe('node:sqlite');
    expect(sqliteDriver({ isBuiltin: () => false, resolve: (name) => `/x/${name}` })).toBe('/x/@photostructure/sqlite');
    expect(sqliteDriver()).toBe(drivers[0]);
  });

  it('that is not there is a coded error that says how to get it', () => {
    expect(() => sqliteDriver({ isBuiltin: () => false, resolve: missing })).toThrow(expect.objectContaining({
      code: 'PEER_MISSING', message: expect.stringContaining('npm install @photostructure/sqlite'),
    }));
  });

  it('that cannot be loaded is an error of opening, not of the program', async () => {
    const broken = join(place.dir, 'broken.cjs');
    writeFileSync(broken, "throw new Error('built for another Node')");
    await expect(place.store({ driver: broken }).open()).rejects.toMatchObject({
      code: 'STORE_FAILED', message: expect.stringContaining('built for another Node'),
    });
  });
});
