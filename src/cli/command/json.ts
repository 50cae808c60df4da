import { types } from 'node:util';

/** JSON has no bytes, dates, maps, sets, big integers and undefined: they are objects with one key that says so. */
export function jsonOf(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint': return { $bigint: String(value) };
    case 'undefined': return { $undefined: true };
    case 'number': return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) };
    case 'object': return value === null ? null : ofObject(value);
    default: return value;
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function ofObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (types.isDate(value)) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [jsonOf(key), jsonOf(item)]) };
  if (value instanceof Set) return { $set: [...value].map(jsonOf) };
  if (ArrayBuffer.isView(value)) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString('base64') };
  const fields = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
  return value instanceof Error ? { $error: { name: value.name, message: value.message, ...fields } } : fields;
}

/** The code of an error, or of a reason that has one. */
export function codeOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code } = value as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
