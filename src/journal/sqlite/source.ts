import { resolve } from 'node:path';
import { OptionError, parseOptions, z } from '../../base/index.js';
import type { Store, StoreSource } from '../port/index.js';
import { sqliteDriver } from './driver.js';
import { type SqliteSettings, SqliteStore } from './store.js';

/** @since 0.2.0 */
export interface SqliteOptions {
  readonly level?: 'disk' | 'process';
  readonly bytesMax?: number;
  readonly damaged?: 'refuse' | 'open';
  readonly checkBytesMax?: number;
}

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

export function sqlite(path: string, options: SqliteOptions = {}): StoreSource {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError('sqlite', path, 'the path of a file', "write sqlite('data/agents.db')");
  }
  const { level = 'disk', bytesMax, damaged = 'refuse', checkBytesMax = CHECK_BYTES_MAX } =
    parseOptions('sqlite', OPTIONS, options);
  return new SqliteSource({ path: resolve(path), driver: sqliteDriver(), level, bytesMax, damaged, checkBytesMax });
}
