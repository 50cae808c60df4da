/** One stream that many read. */
export { share } from './shared.js';
