/** Pools and balancers. The door of `castcall/pool`. */
export {
  type BalanceMemberStats, type BalanceOptions, type Balancer, type BalanceStats,
  type BalanceStrategy, type CheckoutOptions, pool, type PooledRef, PoolExhaustedError, poolOf,
  type PoolOptions, type PoolRef, type PoolStats, type WeightedMember,
} from './index.js';
