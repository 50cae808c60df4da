/** Start on message: addresses, and who lives there. */
export { activationsOf, messagesOf, offerActivation, subtreeOf } from './activation.js';
export { addressPath } from './address/index.js';
