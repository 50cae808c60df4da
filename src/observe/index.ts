export { createLogger, type Logger } from './log.js';
export { Reporter } from './reporter.js';
