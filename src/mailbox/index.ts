export { Lane, type Segment } from './lane.js';
export { Hold, Mailbox, MailboxExtra, RANKS, Rank, Tally, UNBOUNDED, type Priority } from './mailbox.js';
export { Meter, percentiles, recordMs, type Histogram, type Percentiles } from './meter.js';
export { CONTINUE, DOWN, EXIT, EXTRA, Extra, IDLE, INFO, isUrgent, Kind, Op, STOP, TIMER, URGENT_DOWN, URGENT_EXIT, URGENT_INFO, type OpRun } from './op.js';
export { Totals, imbalance, mailboxStats, type Account, type MailboxStats } from './stats.js';
