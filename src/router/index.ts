/** Who is meant, replies, what nobody took. */
export { Router, type Taken } from './router.js';
