import { disown } from '../base/index.js';
import { UNBOUNDED } from './message/index.js';
import type { MailboxRules } from './rules.js';

const SCALAR_BYTES = 8;

/**
 * The bytes that a payload counts: a text its UTF-8, a byte array its length, undefined none, null,
 * numbers and truth values 8. Anything else is measured by `sizeOf`. Negative when nobody can tell.
 */
export function bytesOf(rules: Pick<MailboxRules, 'sizeOf'>, payload: unknown, op: string): number {
  switch (typeof payload) {
    case 'string': return Buffer.byteLength(payload);
    case 'undefined': return 0;
    case 'number':
    case 'boolean': return SCALAR_BYTES;
    case 'object':
      if (payload === null) return SCALAR_BYTES;
      if (isBytes(payload)) return payload.byteLength;
      break;
    default:
  }
  return rules.sizeOf === null ? -1 : measured(rules.sizeOf, payload, op);
}

function isBytes(payload: object): payload is ArrayBufferView | ArrayBuffer {
  try {
    return ArrayBuffer.isView(payload) || payload instanceof ArrayBuffer;
  } catch {
    return false; // a Proxy whose traps throw
  }
}

/**
 * A function that sends what has to be measured measures again, and so on: deeper than this nobody
 * can tell.
 */
const DEPTH_MAX = 4;
let depth = 0;

/** What the user's function says, when it says something that can be counted. */
function measured(sizeOf: NonNullable<MailboxRules['sizeOf']>, payload: unknown, op: string): number {
  if (depth === DEPTH_MAX) return -1;
  depth++;
  try {
    const bytes: unknown = sizeOf(payload, op);
    disown(bytes);
    return typeof bytes === 'number' && Number.isInteger(bytes) && bytes >= 0 && bytes < UNBOUNDED ? bytes : -1;
  } catch {
    return -1;
  } finally {
    depth--;
  }
}
