/** Delivery: retries around I/O. */
export { retry, type RetryOptions } from './index.js';
