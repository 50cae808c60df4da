/** Observation: the logger's shape, the default logger, and reports as text. */
export { createLogger, formatReport, type FormatOptions, type Logger, type LogLevel } from './index.js';
