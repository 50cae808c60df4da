/** Observation: the logger's shape, the default logger, and reports as text. */
export { type FormatOptions, formatReport } from './format.js';
export { createLogger, type Logger, type LogLevel } from './log.js';
