export { formatReport, type FormatOptions } from './format.js';
export { createLogger, type Logger, type LogLevel } from './log.js';
export { Reporter } from './reporter.js';
export { StallWatch } from './stall.js';
