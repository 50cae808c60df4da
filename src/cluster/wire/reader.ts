// Reads CBOR of fixed positions from bytes that anybody may have sent: each length is compared with what is left before
// anything is made of it, and only the shortest form of a number is taken, so that one content has one form.
import { TEXT_BYTES_MAX } from './limits.js';
import { Major, NULL } from './writer.js';

/** Why bytes are no frame: they break the format, or a limit. Thrown and caught in this room alone. */
export class Fault extends Error {
  constructor(readonly kind: 'damaged' | 'limit' | 'version') {
    super(kind);
  }
}
const limit = Error.stackTraceLimit;
Error.stackTraceLimit = 0;
export const DAMAGED: Fault = new Fault('damaged');
export const OVER: Fault = new Fault('limit');
export const OTHER_VERSION: Fault = new Fault('version');
Error.stackTraceLimit = limit;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NONE: Uint8Array = new Uint8Array(0);
const SHORT = 32;

export class Reader {
  private bytes = NONE;
  private at = 0;

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Nothing may be left. */
  end(): void {
    const left = this.bytes.length - this.at;
    this.bytes = NONE;
    if (left !== 0) throw DAMAGED;
  }

  /** Of an array of at most so many items. */
  array(max: number): number {
    const length = this.head(Major.Array);
    if (length > max) throw OVER;
    if (length > this.bytes.length - this.at) throw DAMAGED;
    return length;
  }

  uint(): number {
    return this.head(Major.Uint);
  }

  text(): string {
    return this.letters(this.head(Major.Text));
  }

  /** A view of the bytes that are read. */
  binary(max: number): Uint8Array {
    const length = this.head(Major.Bytes);
    if (length > max) throw OVER;
    const { at } = this;
    this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  /** What comes next is null, which is taken then. */
  none(): boolean {
    if (this.bytes[this.at] !== NULL) return false;
    this.at++;
    return true;
  }

  /** What comes next is a text, which is not taken. */
  get isText(): boolean {
    const first = this.bytes[this.at];
    return first !== undefined && first >> 5 === Major.Text;
  }

  private letters(length: number): string {
    if (length > TEXT_BYTES_MAX) throw OVER;
    const { at, bytes } = this;
    this.advance(length);
    if (length <= SHORT) {
      let text = '';
      let i = at;
      for (; i < at + length; i++) {
        const byte = bytes[i] as number;
        if (byte > 0x7f) break;
        text += String.fromCharCode(byte);
      }
      if (i === at + length) return text;
    }
    try {
      return decoder.decode(bytes.subarray(at, at + length));
    } catch {
      throw DAMAGED;
    }
  }

  private head(major: number): number {
    const first = this.bytes[this.at];
    if (first === undefined || first >> 5 !== major) throw DAMAGED;
    this.at++;
    const info = first & 0x1f;
    if (info < 24) return info;
    if (info > 27) throw DAMAGED;
    const size = 1 << (info - 24);
    const { at } = this;
    this.advance(size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.bytes[at + i] as number);
    const least = info === 24 ? 24 : 2 ** (8 * (size >> 1));
    if (value < least || value > Number.MAX_SAFE_INTEGER) throw DAMAGED;
    return value;
  }

  private advance(length: number): void {
    if (length > this.bytes.length - this.at) throw DAMAGED;
    this.at += length;
  }
}
