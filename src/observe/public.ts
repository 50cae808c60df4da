/** Observation: the logger's shape and the default logger. */
export { createLogger, type Logger } from './index.js';
