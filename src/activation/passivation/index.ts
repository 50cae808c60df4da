/** Who rests, and who leaves first. */
export { isAtRest, leastUsed, look, type Sleeper } from './activity.js';
export { leave, PASSIVATED } from './leave.js';
export { rests } from './rests.js';
