export { retry } from './retry.js';
export { BreakerOpenError, isCalleeFailure } from './breaker-error.js';
export { LimitTimeoutError } from './limit-error.js';
export { offerOutward, outwardOf } from './outward.js';
export { Delivery } from './delivery.js';
export { LEDGER, type LedgerLimits } from './ledger.js';
export { balance } from './balancer.js';
export type { Balancer, BalanceMemberStats, BalanceOptions, BalanceStats, WeightedMember } from './balance-types.js';
export type { BalanceStrategy } from './strategy.js';
