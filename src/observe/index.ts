/** Logs, reports, the stall watchdog. */
export type { Logger } from './log.js';
export { Reporter } from './reporter.js';
export { StallWatch } from './stall.js';
