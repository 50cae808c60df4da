/** Delivery: what guards calls to the outside. */
export { BreakerOpenError, isCalleeFailure, LimitTimeoutError, retry } from './index.js';
export type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Limit, LimitOptions, LimitRunOptions, LimitStats, OutwardVerbs, RetryOptions,
} from '../behaviour/index.js';
