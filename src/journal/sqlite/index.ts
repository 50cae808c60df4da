/** The store in one file of SQLite. */
export { sqlite } from './source.js';
export { type SqliteSettings, SqliteStore } from './store.js';
export { StoreView, type ViewFacts } from './view.js';
