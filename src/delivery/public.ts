/** Delivery: what guards calls to the outside, and what shares work out among agents. */
export { BreakerOpenError, isCalleeFailure, LimitTimeoutError, pool, poolOf, PoolExhaustedError, retry } from './index.js';
export type {
  Balancer, BalanceMemberStats, BalanceOptions, BalanceStats, BalanceStrategy, WeightedMember,
} from './index.js';
export type { CheckoutOptions, PooledRef, PoolOptions, PoolRef, PoolStats } from './index.js';
export type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Limit, LimitOptions,
  LimitRunOptions, LimitStats, OutwardVerbs, RetryFailure, RetryOptions,
} from '../api/outward.js';
