/** Pools and balancers. The door of `castcall/pool`. */
export type {
  BalanceMemberStats, Balancer, BalanceStats, BalanceStrategy, CheckoutOptions, PooledRef,
  PoolOptions, PoolRef, PoolStats, WeightedMember,
} from '../../api/pool.js';
export { type BalanceOptions, pool, PoolExhaustedError, poolOf } from './index.js';
