/** A prefix in order, or nodedown: what holds between any two nodes. */
export type { SessionAccount } from './account.js';
export type { DownReason, Left, SendResult, SessionEvents } from './events.js';
export type { Parking, SessionOptions, SessionRules } from './options.js';
export { Sessions } from './sessions.js';
