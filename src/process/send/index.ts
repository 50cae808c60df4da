/** How a message gets into a mailbox, or does not. */
export { accept, acceptIn, acceptOrWait, acceptWith, pushSignal } from './accept.js';
export {
  admits, admitWaiter, boundOf, closeMailbox, type Coalesce, Entry, refusalOf, rejectWaiters,
  withdraw,
} from './admit.js';
export { keepUrgent, KeptList } from './kept.js';
