/** Messages with a guarantee. */
export { LEDGER, type LedgerLimits } from './dedupe/ledger.js';
export { Delivery } from './delivery.js';
export { RECENT_MAX } from './history.js';
export { settledAll } from './settled-all.js';
