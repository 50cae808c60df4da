/** Breakers, limits, retry. */
export { BreakerOpenError, isCalleeFailure } from './breaker-error.js';
export { readBreaker, type ReadBreaker } from './breaker-options.js';
export { BreakerRun } from './breaker-run.js';
export { Circuit, type Passage } from './breaker.js';
export { LimitTimeoutError } from './limit-error.js';
export { readLimit, type ReadLimit } from './limit-options.js';
export { LimitRun } from './limit-run.js';
export { Limiter, type Permit } from './limit.js';
export { judgeOf, retry, retryFor, retryStream, retryStreamFor } from './retry.js';
export { streamIn } from './run-stream.js';
export { Asker } from './run.js';
