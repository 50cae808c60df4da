/** The embedded store: one file of SQLite. The door of `castcall/store/sqlite`. */
export { sqlite, type SqliteOptions } from './source.js';
