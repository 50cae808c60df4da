/** The embedded store: one file of SQLite. The door of `castcall/store/sqlite`. */
export type { SqliteOptions } from '../../api/durable/sqlite.js';
export { sqlite } from './source.js';
