// The walk before decoding, over the bytes: only what our own encoder writes gets to cbor-x. Lengths,
// depth and number of elements are checked before anything is made; unknown tags, those of cbor-x's
// records and shared structures among them, keys that can change prototypes, and endless lengths are
// damage.
import { BIGINT_BYTES_MAX, type CodecLimits, DATE_TAG, DEPTH_MAX, ELEMENTS_MAX, OWN_TAG } from './limits.js';

/** Why bytes are refused. */
export class Damage extends Error {}

const Major = { Bytes: 2, Text: 3, Array: 4, Map: 5, Tag: 6 } as const;
/** Arrays that our own encoding puts around the deepest values. */
const OWN_LEVELS = 2;
const SET_TAG = 258;
const MAP_TAG = 259;
/** Of bytes; those of typed arrays. */
const ARRAY_TAGS: ReadonlySet<number> = new Set([64, 68, 69, 70, 71, 72, 77, 78, 79, 85, 86]);

const POLLUTING = 'a key that can change prototypes';
const PROTO = [...'__proto__'].map((c) => c.charCodeAt(0));
const CONSTRUCTOR = [...'constructor'].map((c) => c.charCodeAt(0));
const PROTOTYPE = [...'prototype'].map((c) => c.charCodeAt(0));

const NONE: Uint8Array = new Uint8Array(0);

export class Scanner {
  private bytes = NONE;
  private at = 0;
  private elements = 0;
  private depthMax = 0;
  private elementsMax = 0;
  private own = false;

  /** @returns whether something carries our tag; throws `Damage` */
  scan(bytes: Uint8Array, limits: CodecLimits | undefined): boolean {
    this.bytes = bytes;
    this.at = 0;
    this.elements = 0;
    this.depthMax = (limits?.depthMax ?? DEPTH_MAX) + OWN_LEVELS;
    this.elementsMax = limits?.elementsMax ?? ELEMENTS_MAX;
    this.own = false;
    this.item(0);
    if (this.at !== bytes.length) throw new Damage(`${bytes.length - this.at} bytes after its end`);
    this.bytes = NONE;
    return this.own;
  }

  private item(depth: number): void {
    const first = this.byte();
    const major = first >> 5;
    const info = first & 0x1f;
    if (major === 7) {
      this.simple(info);
      return;
    }
    const length = this.length(info);
    switch (major) {
      case Major.Bytes: case Major.Text: this.advance(length); break;
      case Major.Array: this.items(length, depth); break;
      case Major.Map: this.fields(length, depth, false); break;
      case Major.Tag: this.tag(length, depth); break;
      default:
    }
  }

  private items(count: number, depth: number): void {
    this.enter(count, count, depth);
    for (let i = 0; i < count; i++) this.item(depth + 1);
  }

  /** Fields of an object; of one under the name `constructor` none is called `prototype`. */
  private fields(count: number, depth: number, ofConstructor: boolean): void {
    this.enter(count, 2 * count, depth);
    for (let i = 0; i < count; i++) {
      const first = this.byte();
      if (first >> 5 !== Major.Text) throw this.wrong('a key that is no text');
      const length = this.length(first & 0x1f);
      const from = this.at;
      this.advance(length);
      if (length === PROTO.length && this.is(from, PROTO)) throw this.wrong(POLLUTING);
      if (ofConstructor && length === PROTOTYPE.length && this.is(from, PROTOTYPE)) throw this.wrong(POLLUTING);
      const next = length === CONSTRUCTOR.length && this.is(from, CONSTRUCTOR) ? this.bytes[this.at] : undefined;
      if (next !== undefined && next >> 5 === Major.Map) {
        this.at++;
        this.fields(this.length(next & 0x1f), depth + 1, true);
      } else this.item(depth + 1);
    }
  }

  private tag(tag: number, depth: number): void {
    if (tag === MAP_TAG) this.map(depth);
    else if (tag === SET_TAG) this.list(depth);
    else if (tag === OWN_TAG) {
      this.own = true;
      this.list(depth);
    } else if (tag === DATE_TAG) this.number();
    else if (tag === 2 || tag === 3) this.content(BIGINT_BYTES_MAX);
    else if (ARRAY_TAGS.has(tag)) this.content(Infinity);
    else throw this.wrong(`the unknown tag ${tag}`);
  }

  private list(depth: number): void {
    const first = this.byte();
    if (first >> 5 !== Major.Array) throw this.wrong('a tag without its array');
    this.items(this.length(first & 0x1f), depth);
  }

  private map(depth: number): void {
    const first = this.byte();
    if (first >> 5 !== Major.Map) throw this.wrong('a tag without its map');
    const count = this.length(first & 0x1f);
    this.enter(count, 2 * count, depth);
    for (let i = 0; i < 2 * count; i++) this.item(depth + 1);
  }

  /** A number of seconds. */
  private number(): void {
    const first = this.byte();
    const major = first >> 5;
    const info = first & 0x1f;
    if (major === 7 && info === 27) this.advance(8);
    else if (major <= 1 && info < 27) this.length(info);
    else throw this.wrong('a date without its number');
  }

  private content(max: number): void {
    const first = this.byte();
    if (first >> 5 !== Major.Bytes) throw this.wrong('a tag without its bytes');
    const length = this.length(first & 0x1f);
    if (length > max) throw this.wrong(`a number of ${length} bytes`);
    this.advance(length);
  }

  private simple(info: number): void {
    if (info === 27) this.advance(8);
    else if (info === 26) this.advance(4);
    else if (info === 25) this.advance(2);
    else if (info < 20 || info > 23) throw this.wrong('an unknown simple value');
  }

  private enter(elements: number, bytesMin: number, depth: number): void {
    if (bytesMin > this.bytes.length - this.at) throw this.short();
    if (depth >= this.depthMax) throw this.wrong(`more than ${this.depthMax} levels`);
    this.elements += elements;
    if (this.elements > this.elementsMax) throw this.wrong(`more than ${this.elementsMax} elements`);
  }

  /** The number that belongs to the first byte of an item. */
  private length(info: number): number {
    if (info < 24) return info;
    const { at } = this;
    switch (info) {
      case 24: this.advance(1); return this.bytes[at] as number;
      case 25: this.advance(2); return this.uint(at, 2);
      case 26: this.advance(4); return this.uint(at, 4);
      case 27: this.advance(8); return this.uint(at, 4) * 0x1_0000_0000 + this.uint(at + 4, 4);
      default: throw this.wrong('a length without an end');
    }
  }

  private uint(at: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.bytes[at + i] as number);
    return value;
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw this.short();
    this.at++;
    return byte;
  }

  private advance(length: number): void {
    if (length > this.bytes.length - this.at) throw this.short();
    this.at += length;
  }

  private is(from: number, text: readonly number[]): boolean {
    for (let i = 0; i < text.length; i++) if (this.bytes[from + i] !== text[i]) return false;
    return true;
  }

  private short(): Damage {
    return new Damage(`it ends at byte ${this.bytes.length}, within a value`);
  }
  private wrong(what: string): Damage {
    return new Damage(`${what} before byte ${this.at}`);
  }
}
