/** Balancers and pools. */
export { balance, type BalanceOptions } from './balancer.js';
export { PoolAddress } from './pool-address.js';
export { PoolExhaustedError } from './pool-error.js';
export { managerRuntime } from './pool-manager.js';
export { pool, poolOf } from './pool.js';
export { ViaDestinations } from './via-destinations.js';
