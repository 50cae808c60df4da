export { retry } from './retry.js';
export { BreakerOpenError, isCalleeFailure } from './breaker-error.js';
export { LimitTimeoutError } from './limit-error.js';
export { offerOutward, outwardOf } from './outward.js';
export { Delivery } from './delivery.js';
export { LEDGER, type LedgerLimits } from './ledger.js';
