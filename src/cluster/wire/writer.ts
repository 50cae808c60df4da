// CBOR of fixed positions, written by hand: heads of numbers, texts and bytes, in their shortest form. What is in
// between, payloads, is written by the codec and comes here as bytes.
import { OptionError } from '../../base/index.js';
import { TEXT_BYTES_MAX } from './limits.js';

export const Major = { Uint: 0, Bytes: 2, Text: 3, Array: 4 } as const;
export const NULL = 0xf6;

const encoder = new TextEncoder();
const FIRST_BYTES = 512;

type WellFormed = string & { isWellFormed(): boolean };

/** One at a time writes into it, from `begin` to `end`. */
export class Writer {
  private bytes = new Uint8Array(FIRST_BYTES);
  private at = 0;

  /** @param bytesMin about so many will come */
  begin(bytesMin: number): void {
    this.at = 0;
    if (this.bytes.length < bytesMin) this.bytes = new Uint8Array(bytesMin);
  }

  /** What was written, in bytes of its own. */
  end(): Uint8Array {
    const made = this.bytes.slice(0, this.at);
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(FIRST_BYTES);
    return made;
  }

  array(length: number): void {
    this.head(Major.Array, length);
  }

  /** Throws `NOT_SENDABLE` for what is no whole number from 0 to 2^53 - 1, or to `max`. */
  uint(value: number, what: string, min = 0, max: number = Number.MAX_SAFE_INTEGER): void {
    if (!Number.isSafeInteger(value) || value < min || value > max) throw noNumber(what, value, min, max);
    this.head(Major.Uint, value);
  }

  none(): void {
    this.room(1);
    this.bytes[this.at++] = NULL;
  }

  /** Throws `NOT_SENDABLE` for a text that UTF-8 has no bytes for, or of more than 1,024 bytes. */
  text(text: string, what: string): void {
    if (!(text as WellFormed).isWellFormed()) throw refused(what, text, 'a text without half surrogate pairs');
    const { length } = text;
    const size = isShort(text) ? length : Buffer.byteLength(text);
    if (size > TEXT_BYTES_MAX) throw refused(what, text, `a text of at most ${TEXT_BYTES_MAX} bytes`);
    this.head(Major.Text, size);
    this.room(size);
    if (size === length) for (let i = 0; i < length; i++) this.bytes[this.at + i] = text.charCodeAt(i);
    else encoder.encodeInto(text, this.bytes.subarray(this.at));
    this.at += size;
  }

  /** Throws `NOT_SENDABLE` for more than `max` bytes. */
  binary(bytes: Uint8Array, what: string, max: number = Infinity): void {
    if (bytes.length > max) throw tooLong(what, bytes.length, max);
    this.head(Major.Bytes, bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private head(major: number, value: number): void {
    this.room(9);
    const first = major << 5;
    if (value < 24) this.bytes[this.at++] = first | value;
    else if (value < 0x100) this.number(first | 24, value, 1);
    else if (value < 0x1_0000) this.number(first | 25, value, 2);
    else if (value < 0x1_0000_0000) this.number(first | 26, value, 4);
    else this.number(first | 27, value, 8);
  }

  private number(first: number, value: number, size: number): void {
    const { bytes } = this;
    let rest = value;
    bytes[this.at] = first;
    for (let i = size; i > 0; i--) {
      bytes[this.at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.at += size + 1;
  }

  private room(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}

/** What is larger is not kept for the next. */
const KEPT_BYTES_MAX = 0x1_0000;
const SHORT = 64;

/** A few ASCII letters: no need to ask for their bytes. */
function isShort(text: string): boolean {
  if (text.length > SHORT) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function noNumber(what: string, value: number, min: number, max: number): OptionError {
  const end = max === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : max;
  return new OptionError(
    what, value, `a whole number from ${min} to ${end}`, 'give one, or leave it out', 'NOT_SENDABLE',
  );
}

function tooLong(what: string, bytes: number, max: number): OptionError {
  return new OptionError(what, bytes, `at most ${max} bytes`, 'make it smaller', 'NOT_SENDABLE');
}

function refused(what: string, text: string, rule: string): OptionError {
  return new OptionError(what, text, rule, 'use a shorter, plain text', 'NOT_SENDABLE');
}
