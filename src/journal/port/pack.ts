// How rows, records and steps go to another thread and come back: one buffer, which is transferred.
// First PACK_FIELDS numbers for each, then name and body of each, one after the other. Names are bytes, because
// a driver may end a text at its first NUL, and lone surrogates have no UTF-8: they are kept as WTF-8.

/** Numbers for each: what the sender makes of it (a code), sequence, bytes of the name, bytes of the body. */
export const PACK_FIELDS = 4;

const NUMBER = Float64Array.BYTES_PER_ELEMENT;
/** bytes that a UTF-16 unit takes at most */
const UNIT_MAX = 3;
const NONE: Uint8Array = new Uint8Array(0);

/** Fills one buffer; the lists are parallel. */
export function packed(
  codes: readonly number[], seqs: readonly number[], names: readonly string[], bodies: readonly (Uint8Array | null)[],
  bodyBytes: number,
): ArrayBuffer {
  const count = codes.length;
  let units = 0;
  for (const name of names) units += name.length;
  const buffer = new ArrayBuffer(count * PACK_FIELDS * NUMBER + units * UNIT_MAX + bodyBytes);
  const head = new Float64Array(buffer, 0, count * PACK_FIELDS);
  const bytes = Buffer.from(buffer);
  let at = head.byteLength;
  for (let step = 0, field = 0; step < count; step++, field += PACK_FIELDS) {
    const body = bodies[step] ?? NONE;
    const nameBytes = writeName(bytes, names[step] as string, at);
    at += nameBytes;
    bytes.set(body, at);
    at += body.length;
    head[field] = codes[step] as number;
    head[field + 1] = seqs[step] as number;
    head[field + 2] = nameBytes;
    head[field + 3] = body.length;
  }
  return buffer;
}

/** Reads what was packed; each body is a buffer of its own. */
export function unpacked<T>(
  buffer: ArrayBuffer, count: number, make: (seq: number, name: string, body: Uint8Array) => T,
): T[] {
  const head = new Float64Array(buffer, 0, count * PACK_FIELDS);
  const bytes = Buffer.from(buffer);
  const all: T[] = [];
  let at = head.byteLength;
  for (let field = 0; field < head.length; field += PACK_FIELDS) {
    const bodyAt = at + (head[field + 2] as number);
    const end = bodyAt + (head[field + 3] as number);
    const body = end === bodyAt ? NONE : new Uint8Array(buffer.slice(bodyAt, end));
    all.push(make(head[field + 1] as number, readName(bytes, at, bodyAt), body));
    at = end;
  }
  return all;
}

/** The bytes of a name, as they are stored and compared. */
export function nameBytes(name: string): Uint8Array {
  const bytes = Buffer.alloc(name.length * UNIT_MAX);
  return new Uint8Array(bytes.subarray(0, writeName(bytes, name, 0)));
}

const LONE = /[\ud800-\udfff]/u;

function writeName(to: Buffer, name: string, at: number): number {
  if (name === '') return 0;
  if (!LONE.test(name)) return to.write(name, at);
  let end = at;
  for (const point of name) {
    const unit = point.charCodeAt(0);
    if (point.length === 1 && unit >= 0xd800 && unit < 0xe000) {
      to[end] = 0xe0 | unit >> 12;
      to[end + 1] = 0x80 | unit >> 6 & 0x3f;
      to[end + 2] = 0x80 | unit & 0x3f;
      end += UNIT_MAX;
    } else {
      end += to.write(point, end);
    }
  }
  return end - at;
}

/** First byte of a unit between 0xd000 and 0xdfff; the second tells a surrogate. */
const SURROGATE = 0xed;

function readName(from: Buffer, start: number, end: number): string {
  let name = '';
  let at = start;
  for (let next = start; (next = from.indexOf(SURROGATE, next)) !== -1 && next + 2 < end; next += UNIT_MAX) {
    const second = from[next + 1] as number;
    if (second < 0xa0) continue;
    name += from.toString('utf8', at, next);
    name += String.fromCharCode(0xd000 | (second & 0x3f) << 6 | (from[next + 2] as number) & 0x3f);
    at = next + UNIT_MAX;
  }
  return name + from.toString('utf8', at, end);
}
