// The doorway of pino.
import { nodeEnv, OptionError } from '../base/index.js';
import { prettyText } from './pretty.js';
import { takeBack } from './lent.js';
import { pino } from 'pino';
import type { Logger, LogLevel } from '../api/reports.js';

takeBack();

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/**
 * The default logger writes one JSON line per report on standard error, at once (pino); with
 * `'pretty'` it writes text for people, some lines per report, times in UTC. The default level is
 * `warn`.
 *
 * Errors: an OptionError for another form or level.
 *
 * @example
 * const logger = createLogger('warn');
 * const readable = createLogger('pretty', 'info');
 * [typeof logger.error, typeof readable.error] // => ['function', 'function']
 * @since 0.1.0
 */
export function createLogger(level?: LogLevel): Logger;
export function createLogger(form: 'pretty', level?: LogLevel): Logger;
export function createLogger(first: LogLevel | 'pretty' = 'warn', second: LogLevel = 'warn'): Logger {
  const level = first === 'pretty' ? second : first;
  if (!LEVELS.includes(level)) throw new OptionError(
    'createLogger', level, `'pretty' or one of ${LEVELS.join(', ')}`,
  );
  const out = pino.destination({ dest: 2, sync: true });
  if (first === 'pretty') return prettyLogger(level, (text) => out.write(text));
  // No name, pid or hostname of the program: those keys are a report's own, and JSON must not have a key twice.
  return pino({ level, base: null }, out);
}

function prettyLogger(level: LogLevel, write: (text: string) => unknown): Logger {
  const env = nodeEnv();
  const at = (own: LogLevel) => (fields: object, text: string): void => {
    if (LEVELS.indexOf(own) <= LEVELS.indexOf(level)) write(prettyText(env.wall(), own, fields, text));
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
