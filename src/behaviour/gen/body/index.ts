/** Processes with a body and a receive. */
export { bodyRuns, takeIn } from './body.js';
export { ProcessRefImpl } from './ref.js';
export { BodySelf } from './self.js';
