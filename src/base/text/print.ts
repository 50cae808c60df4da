import { shown as shownText } from './shown.js';

const LOGGED = Symbol('castcall.logged');

/** Errors of that class have another message in logs: without the values that it repeats. */
export function loggedAs<T extends Error>(what: { readonly prototype: T }, text: (error: T) => string): void {
  Object.defineProperty(what.prototype, LOGGED, { value: function (this: T): string { return text(this); } });
}

/** Stands for a value that may not be seen. */
export const HIDDEN: string = '[hidden]';

/** An Error, also one of another realm (a vm context, a frame); no Proxy can make it throw. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
      || (typeof value === 'object' && value !== null
        && Object.prototype.toString.call(value) === '[object Error]');
  } catch {
    return false;
  }
}

const PRINT_MAX = 300;

/**
 * One line for any value, however hostile: never throws, at most 300 characters.
 *
 * @example
 * printable({ a: [1, 'x'] }) // => "{ a: [1, 'x'] }"
 */
export function printable(value: unknown): string {
  return line(value, plain);
}

/**
 * The same for a log: errors of ours without the values in their messages, and of a thrown object
 * its keys only. Exit reasons are shown: who gives one means it to be read.
 *
 * @example
 * printableLogged({ nocatch: { token: 'x' } }) // => '{ nocatch: { token } }'
 * printableLogged({ shutdown: 'reload' }) // => "{ shutdown: 'reload' }"
 */
export function printableLogged(value: unknown): string {
  return line(value, logged);
}

/** The shape of a value in place of the value: its keys, its number of items, or its type. */
export function shapeOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  try {
    if (isError(value)) return line(value, logged);
    return Array.isArray(value)
      ? `[${value.length} items]`
      : `{ ${Object.keys(value).slice(0, 8).join(', ')} }`;
  } catch {
    return '[unprintable]';
  }
}

/** Its message without the values that it repeats. */
export function loggedMessage(error: Error): string {
  const own = (error as { [LOGGED]?: unknown })[LOGGED];
  return String(typeof own === 'function' ? (own as () => string).call(error) : error.message);
}

interface Style {
  error(error: Error): string;
  /** what stands for the value at that key; undefined: the value itself is shown */
  masked(key: string, value: unknown): string | undefined;
}

const plain: Style = { error: (error) => error.message, masked: () => undefined };
const logged: Style = {
  error: loggedMessage,
  masked: (key, value) =>
    (key === 'nocatch' && typeof value === 'object' && value !== null ? shapeOf(value) : undefined),
};

function line(value: unknown, style: Style): string {
  let text: string;
  try {
    text = print(value, 0, style);
  } catch {
    text = '[unprintable]';
  }
  return text.length > PRINT_MAX ? `${text.slice(0, PRINT_MAX - 1)}…` : text;
}

function print(value: unknown, depth: number, style: Style): string {
  switch (typeof value) {
    case 'string': return depth === 0 ? value : `'${value}'`;
    case 'bigint': return `${value}n`;
    case 'function': return '[function]';
    case 'object': return value === null ? 'null' : printObject(value, depth, style);
    default: return String(value);
  }
}

function printObject(value: object, depth: number, style: Style): string {
  if (isError(value)) return `${value.name}: ${style.error(value)}`;
  const text = shownText(value);
  if (text !== undefined) return text;
  if (depth > 2) return '…';
  if (Array.isArray(value)) {
    return `[${value.slice(0, 8).map((item) => print(item, depth + 1, style)).join(', ')}${value.length > 8
      ? ', …'
      : ''}]`;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  }
  const shown: string[] = [];
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (shown.length === 8) return `{ ${shown.join(', ')}, … }`;
    const given = (value as Record<string, unknown>)[key];
    shown.push(`${key}: ${style.masked(key, given) ?? print(given, depth + 1, style)}`);
  }
  return `{ ${shown.join(', ')} }`;
}
