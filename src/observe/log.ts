// The doorway of pino.
import { pino } from 'pino';

/**
 * What castcall needs of a logger; pino's shape. A logger that throws hurts nobody: what it throws is dropped.
 *
 * @example
 * const lines: string[] = [];
 * const logger: Logger = { error: (_, text) => lines.push(text), warn: (_, text) => lines.push(text), info: () => {} };
 * @since 0.1.0
 */
export interface Logger {
  error(fields: object, text: string): unknown;
  warn(fields: object, text: string): unknown;
  info(fields: object, text: string): unknown;
  /** progress of children started on request (LG-03); left out, those lines are not written */
  debug?(fields: object, text: string): unknown;
}

/**
 * The default logger: pino, one JSON line per report on standard error, written at once.
 *
 * @example
 * const logger = createLogger('warn');
 * typeof logger.error // => 'function'
 * @since 0.1.0
 */
export function createLogger(level: 'error' | 'warn' | 'info' | 'debug' = 'warn'): Logger {
  return pino({ level, base: { name: 'castcall' } }, pino.destination({ dest: 2, sync: true }));
}
