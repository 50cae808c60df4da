import { fieldOf } from './foreign.js';
import { isError, loggedMessage } from './print.js';

const CAUSES_MAX = 5;
const ERRORS_MAX = 10;

/**
 * What a log may show of an error: name, message, stack, code, its causes and the errors of an
 * AggregateError, by the same rule. Whatever else it carries may be secret: an HTTP client's error
 * has the request with its headers. A new object: what writes the log may mark it, which a frozen
 * error does not allow, and no getter of the error runs there.
 */
export function redacted(error: Error): Error {
  return copyOf(error, CAUSES_MAX, new Set());
}

function copyOf(error: Error, left: number, seen: Set<Error>): Error {
  seen.add(error);
  const message = messageOf(error);
  const name = nameOf(error);
  const made = Object.create(Error.prototype) as Error;
  // Loggers take the type of an error from its constructor; without one they take its name.
  Object.defineProperty(made, 'constructor', { value: undefined });
  const code = fieldOf(error, 'code');
  const cause = fieldOf(error, 'cause');
  const errors = fieldOf(error, 'errors');
  const fields: Record<string, unknown> = { name, message, stack: stackOf(error, name, message) };
  if (typeof code === 'string' || typeof code === 'number') fields['code'] = code;
  if (isError(cause) && left > 0 && !seen.has(cause)) fields['cause'] = copyOf(cause, left - 1, seen);
  if (Array.isArray(errors) && left > 0) {
    fields['errors'] = errors.slice(0, ERRORS_MAX).filter((one) => isError(one) && !seen.has(one)).map(
      (one: Error) => copyOf(one, left - 1, seen),
    );
  }
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}

function messageOf(error: Error): string {
  try {
    return loggedMessage(error);
  } catch {
    return '[unprintable]';
  }
}

/** Its name; of a class without one of its own, that of the class. */
export function nameOf(error: Error): string {
  const name = fieldOf(error, 'name');
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
  const type = fieldOf(error, 'constructor') as { readonly name?: unknown } | undefined;
  return typeof type === 'function' && typeof type.name === 'string' && type.name !== '' ? type.name : 'Error';
}

/** V8 begins a stack with name and message as they were when it was made. */
function stackOf(error: Error, name: string, message: string): string {
  const stack = fieldOf(error, 'stack');
  if (typeof stack !== 'string' || stack === '') return `${name}: ${message}`;
  const own = fieldOf(error, 'message');
  if (typeof own !== 'string' || own === message) return stack;
  const at = stack.indexOf('\n    at ');
  return `${name}: ${message}${at < 0 ? '' : stack.slice(at)}`;
}
