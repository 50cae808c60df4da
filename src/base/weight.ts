import { types } from 'node:util';
import { isShown } from './text/index.js';

const SCALAR = 8;
const OBJECT = 32;
const FIELD = 16;
/** what cannot be measured: functions, handles, the runtime's own */
const OPAQUE = 128;
/** an Error with its stack */
const ERROR = 1_024;
const OBJECTS_MAX = 100_000;

/**
 * About how many bytes a value keeps in memory: texts and byte arrays are measured, objects
 * estimated by their own properties. Infinity when it is more than `max`, or of more than 100,000
 * objects: then it is not looked through to its end.
 */
export function weightOf(value: unknown, max: number): number {
  if (value === undefined || value === null || typeof value === 'boolean'
    || typeof value === 'number') return 0;
  if (typeof value === 'string') return within(Buffer.byteLength(value), max);
  try {
    return within(graphOf(value, max), max);
  } catch {
    return Infinity; // a getter or a trap has thrown
  }
}

const within = (bytes: number, max: number): number => (bytes > max ? Infinity : bytes);

function graphOf(value: unknown, max: number): number {
  const met = new Set<object>();
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0 && bytes <= max) {
    const one = open.pop();
    if (typeof one === 'string') bytes += Buffer.byteLength(one);
    else if (typeof one === 'function') bytes += OPAQUE;
    else if (typeof one !== 'object' || one === null) bytes += SCALAR;
    else if (!met.has(one)) {
      if (met.add(one).size > OBJECTS_MAX) return Infinity;
      bytes += look(one, open);
    }
  }
  return bytes;
}

/** Of one object without what it holds, which is put on the list. */
function look(one: object, open: unknown[]): number {
  if (types.isProxy(one) || isShown(one)) return OPAQUE;
  if (ArrayBuffer.isView(one) || types.isAnyArrayBuffer(one)) return OBJECT + one.byteLength;
  let bytes = one instanceof Error ? ERROR : OBJECT;
  if (types.isMap(one)) for (const [key, item] of one) open.push(key, item);
  else if (types.isSet(one)) for (const item of one) open.push(item);
  if (one instanceof Error) open.push(one.message, one.cause);
  if (Array.isArray(one)) {
    for (const item of one) if (typeof item === 'number') bytes += SCALAR; else open.push(item);
    return bytes;
  }
  for (const key of Object.keys(one)) {
    bytes += FIELD;
    open.push((one as Record<string, unknown>)[key]);
  }
  return bytes;
}
