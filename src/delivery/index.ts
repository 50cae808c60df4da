export { retry } from './guard/retry.js';
export { BreakerOpenError, isCalleeFailure } from './guard/breaker-error.js';
export { LimitTimeoutError } from './guard/limit-error.js';
export { offerOutward, outwardOf } from './outward.js';
export { Delivery } from './guarantee/delivery.js';
export { RECENT_MAX } from './guarantee/history.js';
export { LEDGER, type LedgerLimits } from './guarantee/dedupe/ledger.js';
export { balance } from './group/balancer.js';
export type {
  Balancer, BalanceMemberStats, BalanceOptions, BalanceStats, WeightedMember,
} from './group/balance-types.js';
export type { BalanceStrategy } from './group/strategy.js';
export { pool, poolOf } from './group/pool.js';
export { PoolExhaustedError } from './group/pool-error.js';
export type { PoolOptions } from './group/pool-options.js';
export type { CheckoutOptions, PooledRef, PoolRef, PoolStats } from './group/pool-types.js';
