/**
 * 128 bits that stand for a value: equal ones have equal digests, others differ but for a chance of
 * 1 in 2^128.
 */
export interface Digest {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const WORDS = 2_048;
/** characters or bytes that are taken at a time */
const CHUNK = 2_048;
/** a text of at most so many characters is copied by hand: a native call costs 50 ns */
const SHORT = 24;

/** What comes next in the stream of words. */
export const Tag = {
  Undefined: 1, Null: 2, True: 3, False: 4, Int: 5, Double: 6, NaN: 7, BigInt: 8, Text: 9, Wide: 10, Symbol: 11,
  Registered: 12, Identity: 13, Array: 14, Hole: 15, Object: 16, Bare: 17, Instance: 18, Back: 19,
  Bytes: 20, Map: 21, Set: 22, Ref: 23, Whole: 24, Fields: 25,
} as const;

/** more than one byte a character */
const WIDE = /[^\x00-\xff]/;
const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f | 0;

/**
 * A stream of words, mixed into four lanes of 32 bits, in the manner of xxHash, each lane into the
 * next. `salt` makes the digests this system's own. It is not cryptographic: who can read the salt
 * and choose payloads at will could find two with one digest, and make the second of his own
 * messages pass as his first.
 */
export class Words implements Digest {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  private readonly words = new Int32Array(WORDS);
  private readonly bytes = Buffer.from(this.words.buffer);
  /** the next free word */
  private at = 0;
  constructor(private readonly salt: number) {}

  word(word: number): void {
    if (this.at === WORDS) this.mixIn();
    this.words[this.at++] = word;
  }

  text(text: string): void {
    const { length } = text;
    if (length > SHORT) return this.longText(text);
    this.word(Tag.Text);
    this.word(length);
    if (this.at + SHORT > WORDS) this.mixIn();
    const { words } = this;
    let { at } = this;
    for (let i = 0; i < length; i += 2) {
      words[at++] = text.charCodeAt(i) | (i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0);
    }
    this.at = at;
  }

  private longText(text: string): void {
    const wide = WIDE.test(text);
    this.word(wide ? Tag.Wide : Tag.Text);
    this.word(text.length);
    for (let from = 0; from < text.length; from += CHUNK) {
      const part = text.length <= CHUNK ? text : text.slice(from, from + CHUNK);
      this.room(wide ? 2 * part.length : part.length);
      this.at += (this.bytes.write(part, 4 * this.at, wide ? 'utf16le' : 'latin1') + 3) >> 2;
    }
  }

  octets(bytes: Uint8Array): void {
    this.word(Tag.Bytes);
    this.word(bytes.length);
    for (let from = 0; from < bytes.length; from += CHUNK) {
      const part = bytes.length <= CHUNK ? bytes : bytes.subarray(from, from + CHUNK);
      this.room(part.length);
      this.bytes.set(part, 4 * this.at);
      this.at += (part.length + 3) >> 2;
    }
  }

  /** Makes room for so many bytes; the last word of them is clean. */
  private room(bytes: number): void {
    const words = (bytes + 3) >> 2;
    if (this.at + words > WORDS) this.mixIn();
    this.words[this.at + words - 1] = 0;
  }

  reset(): void {
    this.a = this.salt;
    this.b = P2;
    this.c = ~this.salt;
    this.d = P4;
    this.at = 0;
  }

  /**
   * Each word changes the lane that it enters, and with it the lane before, in the same step: a
   * change is soon in all four.
   */
  mixIn(): void {
    const { words } = this;
    let { a, b, c, d, at } = this;
    while ((at & 3) !== 0) words[at++] = 0;
    for (let i = 0; i < at; i += 4) {
      a = Math.imul(a ^ (words[i] as number), P1);
      a = (((a << 13) | (a >>> 19)) + b) | 0;
      b = Math.imul(b ^ (words[i + 1] as number), P2);
      b = (((b << 15) | (b >>> 17)) + c) | 0;
      c = Math.imul(c ^ (words[i + 2] as number), P3);
      c = (((c << 17) | (c >>> 15)) + d) | 0;
      d = Math.imul(d ^ (words[i + 3] as number), P4);
      d = (((d << 11) | (d >>> 21)) + a) | 0;
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.at = 0;
  }

  /** Every bit of the end depends on every bit of the lanes. */
  scramble(): void {
    this.mixIn();
    for (let round = 0; round < 4; round++) this.words[this.at++] = P1 + round;
    for (let round = 0; round < 8; round++) this.words[this.at++] = 0;
    this.mixIn();
    this.a ^= this.a >>> 15;
    this.b ^= this.b >>> 13;
    this.c ^= this.c >>> 16;
    this.d ^= this.d >>> 14;
  }
}
