export { credit } from './credit.js';
export { evictOldest, expiring, keyedIn, purge, remember, type Out } from './evict.js';
export { Lane, SideLane, type Segment } from './lane.js';
export { Hold, Mailbox, MailboxExtra, RANKS, Rank, Tally, type Priority } from './mailbox.js';
export { Meter, percentiles, recordMs, type Histogram, type Percentiles } from './meter.js';
export {
  CONTINUE, DOWN, EXIT, EXTRA, Extra, IDLE, INFO, isUrgent, Kind, Op, STOP, TIMER, UNBOUNDED, URGENT_DOWN, URGENT_EXIT,
  URGENT_INFO, type OpRun,
} from './op.js';
export { NO_RULES, Pressure, type MailboxRules, type Overflow, type SizeOf } from './rules.js';
export { bytesOf } from './size.js';
export { Totals, imbalance, mailboxStats, type Account, type MailboxStats } from './stats.js';
export { Waiter, type Waiting } from './waiting.js';
