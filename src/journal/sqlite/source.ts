import { resolve } from 'node:path';
import type { SqliteOptions } from '../../api/durable/sqlite.js';
import { OptionError, parseOptions, z } from '../../base/index.js';
import type { Store, StoreSource } from '../port/index.js';
import { sqliteDriver } from './driver.js';
import { type SqliteSettings, SqliteStore } from './store.js';

const CHECK_BYTES_MAX = 64 * 1_024 * 1_024;
const BYTES_MIN = 1_024 * 1_024;

const OPTIONS = z.strictObject({
  level: z.enum(['disk', 'process']).optional(),
  bytesMax: z.int().min(BYTES_MIN).optional(),
  damaged: z.enum(['refuse', 'open']).optional(),
  checkBytesMax: z.number().min(0).optional(),
});

class SqliteSource implements StoreSource {
  readonly kind: string = 'sqlite';
  constructor(private readonly settings: SqliteSettings) {}

  connect(): Store {
    return new SqliteStore(this.settings);
  }
}

/**
 * A store in one file of SQLite, for `createSystem({ store })`: with `node:sqlite` where Node has it,
 * else with the package `@photostructure/sqlite`, which is yours to install. A thread of its own
 * writes it, so that the program never waits for a disk; what is committed at once is one
 * transaction and one sync.
 *
 * `path` names the file, relative to the working directory. It is made where there is none, for its
 * owner alone (0600; a new folder 0700). Beside it are `-wal`, `-shm`, `-lock`, `-owner`, `-head`,
 * `-marks-0` and `-marks-1`: they belong to it; with commands of others `-commands` and `-replies`
 * too. Any program may read the file; nobody else may write it. It wants a local disk, not one of the network.
 *
 * One program at a time has it open. The lock is of the operating system: whoever has died has
 * given it up.
 *
 * Errors: an OptionError at once for a bad option or path; a StoreError `PEER_MISSING` at once
 * without a driver. When a system opens it, a StoreError: `STORE_LOCKED`, `STORE_PATH`,
 * `STORE_NEWER`, `STORE_CORRUPT`, `STORE_FULL`, `STORE_FAILED`.
 *
 * @example
 * const store = sqlite('data/agents.db', { level: 'disk', bytesMax: 4 * 2 ** 30 });
 * store.kind // => 'sqlite'
 * @since 0.2.0
 */
export function sqlite(path: string, options: SqliteOptions = {}): StoreSource {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError('sqlite', path, 'the path of a file', "write sqlite('data/agents.db')");
  }
  const { level = 'disk', bytesMax, damaged = 'refuse', checkBytesMax = CHECK_BYTES_MAX } =
    parseOptions('sqlite', OPTIONS, options);
  return new SqliteSource({ path: resolve(path), driver: sqliteDriver(), level, bytesMax, damaged, checkBytesMax });
}
