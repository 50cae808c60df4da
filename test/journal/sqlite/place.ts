import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Batch } from '../../../src/journal/port/index.js';
import { type SqliteSettings, SqliteStore } from '../../../src/journal/sqlite/index.js';

/** Every driver that this Node can load; the first is the one that programs get. */
export const drivers: readonly string[] = [
  ...(isBuiltin('node:sqlite') ? ['node:sqlite'] : []),
  createRequire(import.meta.url).resolve('@photostructure/sqlite'),
];

export const bytes = (...all: number[]): Uint8Array => new Uint8Array(all);

export function batchOf(number: number, fill: (batch: Batch) => void = () => undefined): Batch {
  const batch = new Batch(number);
  fill(batch);
  return batch;
}

/** One message in a batch of that number. */
export function message(number: number, size = 8): Batch {
  const body = new Uint8Array(size).fill(number);
  return batchOf(number, (batch) => batch.append('message', number, `s${number % 3}`, body));
}

/** A folder for a test, and stores in it. */
export class Place {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'castcall-sqlite-'));
  readonly path: string = join(this.dir, 'store.db');
  private readonly stores: SqliteStore[] = [];

  store(settings: Partial<SqliteSettings> = {}): SqliteStore {
    const store = new SqliteStore({
      path: this.path, driver: drivers[0] as string, level: 'disk', bytesMax: undefined, damaged: 'refuse',
      checkBytesMax: Infinity, ...settings,
    });
    this.stores.push(store);
    return store;
  }

  /** One that has so many messages, each in a commit of its own. */
  async filled(count: number, settings: Partial<SqliteSettings> = {}): Promise<SqliteStore> {
    const store = this.store(settings);
    const { batch } = await store.open();
    for (let number = batch + 1; number <= batch + count; number++) await store.write(message(number));
    return store;
  }

  /**
   * The files as they are now, as a crash of the program would leave them, under another name; by another
   * program, since closing a file takes its locks from the whole process.
   */
  crashed(name: string): string {
    const path = join(this.dir, name);
    for (const side of ['', '-wal', '-head', '-marks-0', '-marks-1']) {
      if (existsSync(this.path + side)) execFileSync('cp', [this.path + side, path + side]);
    }
    return path;
  }

  async closeAll(): Promise<void> {
    for (const store of this.stores.splice(0)) await store.close().catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await this.closeAll();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
