/** Mailboxes: lanes, overflow, the account, statistics. */
export {
  auditAccounts, type Columns, crashed, discarded, ended, handedOver, handled, held, inHand,
  kept, outOfBalance, putBack, refused, rejected, released, SignalAccount, type SignalColumns,
  signalDropped, signalSent, skipped, taken, waited, withdrawn,
} from './account.js';
export { credit } from './credit.js';
export { evictOldest, expiring, keyedIn, purge, remember } from './evict.js';
export type { Lane, Segment, SideLane } from './lane.js';
export { Mailbox, Rank, RANKS } from './mailbox.js';
export { type Histogram, Meter, recordMs } from './meter.js';
export { type MailboxRules, NO_RULES, Pressure } from './rules.js';
export { type Joins, pluck } from './pluck.js';
export { bytesOf } from './size.js';
export { imbalance, mailboxStats, Totals } from './stats.js';
export { Waiter } from './waiting.js';
