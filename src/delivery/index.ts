export { Delivery } from './delivery.js';
export { LEDGER, type LedgerLimits } from './ledger.js';
export { retry, type RetryOptions } from './retry.js';
