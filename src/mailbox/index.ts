export {
  accepted, auditAccounts, crashed, discarded, ended, handedOver, handled, held, inHand, kept, outOfBalance, putBack,
  refused, rejected, released, SignalAccount, signalDropped, signalSent, skipped, taken, Tally, waited, withdrawn,
  type Columns, type SignalColumns,
} from './account.js';
export { credit } from './credit.js';
export { evictOldest, expiring, keyedIn, purge, remember, type Out } from './evict.js';
export { Lane, SideLane, type Segment } from './lane.js';
export { Hold, Mailbox, MailboxExtra, RANKS, Rank } from './mailbox.js';
export { Meter, percentiles, recordMs, type Histogram } from './meter.js';
export {
  CONTINUE, DOWN, EXIT, EXTRA, Extra, IDLE, INFO, isUrgent, Kind, Op, STOP, TIMER, UNBOUNDED, URGENT_DOWN, URGENT_EXIT,
  URGENT_INFO, type OpRun,
} from './op.js';
export { NO_RULES, Pressure, type MailboxRules } from './rules.js';
export { bytesOf } from './size.js';
export { Totals, imbalance, mailboxStats } from './stats.js';
export { Waiter, type Waiting } from './waiting.js';
