// A store that somebody else may have open, read without being its owner: a reader of SQLite, which changes nothing in
// the main file. Each read is one short statement, so that the owner's checkpoint never waits long.
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { builtinModule } from '../../base/index.js';
import type { StoreFinding } from '../../api/durable/store.js';
import {
  type Entry, KINDS, type Kind, type Row, StoreError, type StoreFacts, type Table, TABLES,
} from '../port/index.js';
import { sqliteDriver } from './driver.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

interface Statement {
  get(...values: unknown[]): Record<string, unknown> | undefined;
  all(...values: unknown[]): Record<string, unknown>[];
}
interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
interface Driver {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => Database;
}

/** What a store says of itself to who does not own it. */
export interface ViewFacts extends StoreFacts {
  readonly version: number;
  /** how often it had a new owner */
  readonly epoch: number;
  /** commits over all lives */
  readonly batches: number;
  /** its last owner has closed it */
  readonly clean: boolean;
  /** what is known of who has it open, or had it when it died */
  readonly owner: Readonly<Record<string, unknown>> | undefined;
  /** of the main file, and of the log that is not merged into it yet */
  readonly fileBytes: number;
  readonly logBytes: number;
}

const NAMED: readonly string[] = [...TABLES, ...KINDS];

/** Names of tables come from a closed list, never from outside. */
function known(name: string): string {
  if (!NAMED.includes(name)) throw new StoreError('STORE_PATH', `no table '${name}', there are ${NAMED.join(', ')}`);
  return name;
}

export class StoreView {
  private constructor(readonly path: string, private readonly db: Database) {}

  /**
   * Opens for reading; it may be open elsewhere. Errors: `STORE_PATH` for what is no store of castcall,
   * `STORE_NEWER`, `STORE_CORRUPT`, `PEER_MISSING`.
   */
  static open(at: string): StoreView {
    const path = resolve(at);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) throw new StoreError('STORE_PATH', `${path} does not exist: name the file of a store`);
    if (!there.isFile()) throw new StoreError('STORE_PATH', `${path} is no regular file: name the file of a store`);
    const db = openReader(path);
    try {
      checkKind(path, db);
      return new StoreView(path, db);
    } catch (error) {
      db.close();
      throw asStoreError(path, error);
    }
  }

  facts(): ViewFacts {
    return this.reading(() => {
      const store = this.db.prepare('SELECT epoch, batch, clean FROM store').get() ?? {};
      const count = <T extends string>(name: T): [T, number] => (
        [name, this.has(name) ? this.number(`SELECT count(*) FROM ${name}`) : 0]
      );
      const pages = this.number('PRAGMA page_count') - this.number('PRAGMA freelist_count');
      return {
        path: this.path, bytes: pages * this.number('PRAGMA page_size'), version: this.number('PRAGMA user_version'),
        rows: Object.fromEntries(TABLES.map(count)) as Record<Table, number>,
        records: Object.fromEntries(KINDS.map(count)) as Record<Kind, number>,
        epoch: Number(store['epoch']), batches: Number(store['batch']), clean: Number(store['clean']) === 1,
        owner: ownerOf(this.path), fileBytes: sizeOf(this.path), logBytes: sizeOf(`${this.path}-wal`),
      };
    });
  }

  /** Rows after that sequence, in order, at most so many. */
  rows(table: Table, after: number, limit: number): Row[] {
    if (!this.has(known(table))) return [];
    return this.reading(() => this.db.prepare(
      `SELECT seq, CAST(stream AS BLOB) AS stream, body FROM ${known(table)} WHERE seq > ? ORDER BY seq LIMIT ?`,
    ).all(after, limit).map((row) => (
      { seq: Number(row['seq']), stream: textOf(row['stream']), body: row['body'] as Uint8Array }
    )));
  }

  /** Records after that key, at most so many. */
  records(kind: Kind, after: string, limit: number): Entry[] {
    if (!this.has(known(kind))) return [];
    return this.reading(() => this.db.prepare(
      `SELECT CAST(key AS BLOB) AS key, body FROM ${known(kind)} WHERE key > CAST(? AS TEXT) ORDER BY key LIMIT ?`,
    ).all(Buffer.from(after), limit).map((row) => ({ key: textOf(row['key']), body: row['body'] as Uint8Array })));
  }

  get(kind: Kind, key: string): Uint8Array | undefined {
    if (!this.has(known(kind))) return undefined;
    return this.reading(() => this.db.prepare(`SELECT body FROM ${known(kind)} WHERE key = CAST(? AS TEXT)`)
      .get(Buffer.from(key))?.['body'] as Uint8Array | undefined);
  }

  /** What SQLite finds wrong with the structure of one table: it reads all of it. */
  structure(table: Table | Kind): StoreFinding[] {
    if (!this.has(known(table))) return [];
    return this.reading(() => this.db.prepare(`PRAGMA integrity_check('${known(table)}')`).all()
      .map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
      .map((message) => ({ kind: 'structure', place: table, message })));
  }

  /** A copy as of now, where no file is yet; the owner's log grows until it is done. */
  backup(to: string): void {
    const target = resolve(to);
    if (existsSync(target)) {
      throw new StoreError('STORE_PATH', `${target} exists: a copy never replaces a file; choose another path`);
    }
    this.reading(() => this.db.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`));
  }

  close(): void {
    this.db.close();
  }

  /** An older file that no owner has opened since has fewer tables. */
  private has(name: string): boolean {
    const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
    return this.reading(() => this.db.prepare(sql).get(name)) !== undefined;
  }

  private number(sql: string): number {
    return Number(Object.values(this.db.prepare(sql).get() ?? { none: 0 })[0]);
  }

  private reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw asStoreError(this.path, error);
    }
  }
}

function openReader(path: string): Database {
  const { DatabaseSync } = requireOf()(sqliteDriver()) as Driver;
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    // Where the folder cannot be written there is no log, and no owner: the file stands still.
    if (existsSync(`${path}-wal`) || !/unable to open/.test(String(error))) throw asStoreError(path, error);
    return new DatabaseSync(`${urlOf(path)}?immutable=1`, { readOnly: true });
  }
}

function requireOf(): (name: string) => unknown {
  const { createRequire } = builtinModule('node:module') as { createRequire(from: string): (name: string) => unknown };
  return createRequire(import.meta.url);
}

function urlOf(path: string): string {
  return (builtinModule('node:url') as { pathToFileURL(path: string): URL }).pathToFileURL(path).href;
}

function checkKind(path: string, db: Database): void {
  const value = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? { none: 0 })[0]);
  if (value('application_id') !== APPLICATION_ID) {
    throw new StoreError('STORE_PATH', `${path} is the file of another program: name the file of a store`);
  }
  const version = value('user_version');
  if (version <= MIGRATIONS.length) return;
  throw new StoreError(
    'STORE_NEWER', `${path} was written by a newer castcall (version ${version} of the file, this one knows `
      + `${MIGRATIONS.length}): use that`,
  );
}

const CORRUPT = 11;
const NO_DATABASE = 26;
const BUSY = 5;

function asStoreError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message, errcode } = error as Error & { errcode?: number };
  const primary = (errcode ?? 0) & 0xff;
  if (primary === CORRUPT) {
    return new StoreError(
      'STORE_CORRUPT', `${path} is damaged: ${message}`, [{ kind: 'structure', place: 'file', message }],
      { cause: error },
    );
  }
  if (primary === NO_DATABASE) {
    return new StoreError(
      'STORE_PATH', `${path} is no store, or its header is damaged: ${message}`, [], { cause: error },
    );
  }
  const fix = primary === BUSY ? 'its owner holds it for a moment; try again' : 'see the cause';
  return new StoreError('STORE_PATH', `${path} cannot be read: ${message}: ${fix}`, [], { cause: error });
}

function textOf(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('utf8');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function ownerOf(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(`${path}-owner`, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
