/** Logs, reports, the stall watchdog. */
export { Reporter } from './reporter.js';
export { StallWatch } from './stall.js';
