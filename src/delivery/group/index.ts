/** Balancers and pools. */
export type {
  BalanceMemberStats, BalanceOptions, Balancer, BalanceStats, WeightedMember,
} from './balance-types.js';
export { balance } from './balancer.js';
export { PoolAddress } from './pool-address.js';
export { PoolExhaustedError } from './pool-error.js';
export type { PoolOptions } from './pool-options.js';
export type { CheckoutOptions, PooledRef, PoolRef, PoolStats } from './pool-types.js';
export { pool, poolOf } from './pool.js';
export type { BalanceStrategy } from './strategy.js';
export { ViaDestinations } from './via-destinations.js';
