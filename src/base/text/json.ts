import { isError, printable } from './print.js';
import { nameOf } from './redact.js';
import { shown } from './shown.js';

const DEPTH_MAX = 8;
const OWN = Symbol('castcall.fields');
/** what the value that is asked for its JSON lies in */
let path: readonly object[] = [];

/**
 * The same value as far as JSON can show it: an error is its name, message, code and cause, a bigint, symbol or
 * function its text; a cycle and what is nested too deeply say so. Never throws, whatever the value is.
 */
export function jsonOf(value: unknown): unknown {
  return safely(() => plain(value, path));
}

/**
 * Instances show in JSON all their fields, or those that `fields` picks, so that nothing in them is
 * lost or throws; as text they are one line.
 */
export function toldAs<T extends object>(
  what: { readonly prototype: T }, text: (it: T) => string, fields: (it: T) => object = (it) => ({ ...it }),
): void {
  const methods = {
    toJSON(this: T): unknown { return jsonOf(fields(this)); },
    toString(this: T): string { return text(this); },
  };
  for (const [key, value] of Object.entries(methods)) {
    Object.defineProperty(what.prototype, key, { value, configurable: true, writable: true });
  }
}

/** Errors of that class show their own fields as well. */
export function fieldsToldOf(what: { readonly prototype: Error }): void {
  Object.defineProperty(what.prototype, OWN, { value: true });
}

/** A record of plain values whose text is one line: its kind, and what it says. */
export function told<T extends object>(kind: string, record: T): T {
  const value = (): string => `${kind}(${Object.entries(record).filter(([, one]) => one !== undefined).map(
    ([key, one]) => `${key}: ${printable(one)}`,
  ).join(', ')})`;
  return Object.defineProperty(record, 'toString', { value, configurable: true, writable: true });
}

function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol'
    || typeof value === 'function') return printable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length === DEPTH_MAX) return '…';
  const inside = [...above, value];
  const text = shown(value);
  if (text !== undefined) return text;
  if (isError(value)) return errorOf(value, inside);
  const own = (value as { readonly toJSON?: unknown }).toJSON;
  if (typeof own === 'function') return said(value, own as () => unknown, inside);
  if (Array.isArray(value)) return Array.from(value as unknown[], (item) => safely(() => plain(item, inside)));
  return fieldsOf(value, Object.keys(value), inside);
}

/** Its own toJSON, if any, is not asked: that of an HTTP client's error tells the headers of the request. */
function errorOf(error: Error, inside: readonly object[]): unknown {
  const own = OWN in error ? Object.keys(error).filter((key) => key !== 'name' && key !== 'code') : [];
  return {
    name: safely(() => nameOf(error)),
    ...fieldsOf(error, ['message', 'code', ...own, 'cause', 'errors'], inside),
  };
}

/** It may be one of ours, which comes here again. */
function said(value: object, toJSON: () => unknown, inside: readonly object[]): unknown {
  const outer = path;
  path = inside;
  try {
    return plain(toJSON.call(value), inside);
  } finally {
    path = outer;
  }
}

function fieldsOf(value: object, keys: readonly string[], inside: readonly object[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of keys) {
    const field = safely(() => plain((value as Record<string, unknown>)[key], inside));
    if (field !== undefined) {
      Object.defineProperty(fields, key, {
        value: field, enumerable: true, configurable: true, writable: true,
      });
    }
  }
  return fields;
}

function safely(make: () => unknown): unknown {
  try {
    return make();
  } catch {
    return '[unprintable]';
  }
}
