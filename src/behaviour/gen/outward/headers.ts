import { OptionError } from '../../../base/index.js';

const COUNT_MAX = 32;
const BYTES_MAX = 8_192;
/** what every object has without being told */
const RESERVED = '__proto__';
const BOM = 0xfeff;
const WHOLE = 'whole Unicode characters, not led by a byte order mark';

/** What travels beside the payload of one message: names and texts. */
export type Headers = Readonly<Record<string, string>>;

/** A frozen copy of the headers of a message; null for none. Errors: an OptionError for what breaks their rules. */
export function headersOf(where: string, given: unknown): Headers | null {
  if (typeof given !== 'object' || given === null || !isPlain(given)) {
    throw new OptionError(where, given, 'a plain object of texts', 'Object.fromEntries(map), of web Headers as well');
  }
  const entries = Object.entries(given);
  if (entries.length > COUNT_MAX) {
    throw new OptionError(
      where, `${entries.length} headers`, `at most ${COUNT_MAX}`, 'put the rest into the payload', 'HEADERS_TOO_LARGE',
    );
  }
  let bytes = 0;
  for (const [name, value] of entries) {
    if (name === '' || name === RESERVED || !isWhole(name)) {
      throw new OptionError(where, name, `a name that is neither '' nor ${RESERVED}, in ${WHOLE}`);
    }
    if (typeof value !== 'string') {
      throw new OptionError(`${where}.${name}`, value, 'a text', 'String(value), or put it into the payload');
    }
    if (!isWhole(value)) throw new OptionError(`${where}.${name}`, value, WHOLE);
    bytes += utf8Length(name) + utf8Length(value);
  }
  if (bytes > BYTES_MAX) {
    throw new OptionError(
      where, `${bytes} bytes`, `at most ${BYTES_MAX.toLocaleString('en')} bytes of UTF-8, names and texts together`,
      'put the rest into the payload', 'HEADERS_TOO_LARGE',
    );
  }
  return entries.length === 0 ? null : Object.freeze(Object.fromEntries(entries) as Record<string, string>);
}

/** No Map, no web Headers, no list: their content is no property. */
function isPlain(given: object): boolean {
  const kind: unknown = Object.getPrototypeOf(given);
  return kind === Object.prototype || kind === null;
}

/** UTF-8 has no half surrogate pairs, and decoders swallow a byte order mark. */
function isWhole(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed() && text.charCodeAt(0) !== BOM;
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
