/** Start on message: addresses, and who lives there. */
export { activationsOf, offerActivation } from './activation.js';
export { addressPath } from './address/index.js';
