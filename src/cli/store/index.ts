/** `castcall store …`: what is in a store, and whether it is whole. */
export { storeBackup } from './backup.js';
export { storeCheck } from './check.js';
export { storeExport } from './export.js';
export { storeStats } from './stats.js';
