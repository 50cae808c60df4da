/** The store in one file of SQLite. */
export { sqlite, type SqliteOptions } from './source.js';
export { type SqliteSettings, SqliteStore } from './store.js';
