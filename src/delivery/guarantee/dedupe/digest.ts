import { types } from 'node:util';
import { isShown } from '../../../base/index.js';
import { AgentRefImpl, ProcessRefImpl } from '../../../behaviour/index.js';
import { Process } from '../../../process/index.js';
import { titleOf } from '../../../router/index.js';
import { identityOf, isOpen } from './identity.js';

/** 128 bits that stand for a value: equal ones have equal digests, others differ but for a chance of 1 in 2^128. */
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
const DEPTH_MAX = 1_000;
const OBJECTS_MAX = 100_000;

/** What comes next in the stream of words. */
const Tag = {
  Undefined: 1, Null: 2, True: 3, False: 4, Int: 5, Double: 6, NaN: 7, BigInt: 8, Text: 9, Wide: 10, Symbol: 11, Registered: 12,
  Identity: 13, Array: 14, Hole: 15, Object: 16, Bare: 17, Instance: 18, Back: 19, Bytes: 20, Map: 21, Set: 22, Ref: 23, Whole: 24, Fields: 25,
} as const;

/** more than one byte a character */
const WIDE = /[^\x00-\xff]/;
const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f | 0;

/**
 * Makes digests: a value is written as a stream of words, and the stream is mixed into four lanes of 32 bits, in the
 * manner of xxHash, each lane into the next. `salt` makes them this system's own. It is not cryptographic: who can read
 * the salt and choose payloads at will could find two with one digest, and make the second of his own messages pass as
 * his first.
 *
 * Equal is what `isDeepStrictEqual` calls equal, with one difference: what cannot be read from outside is equal to
 * itself only (docs/semantics/delivery.md has the table). A value of more than 100,000 objects, of more than 1,000
 * levels, or whose getters throw, is taken as one that cannot be read.
 */
export class Digester implements Digest {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  private readonly words = new Int32Array(WORDS);
  private readonly bytes = Buffer.from(this.words.buffer);
  private readonly double = new Float64Array(1);
  private readonly halves = new Int32Array(this.double.buffer);
  /** the next free word */
  private at = 0;
  private objects = 0;
  /** the objects that the present one lies in, to find cycles */
  private readonly path: object[] = [];
  private busy = false;
  private shapes: Shapes | null = null;
  constructor(private readonly salt: number) {}

  /** Good until the next one is made: whoever keeps it copies it. */
  of(value: unknown): Digest {
    // A getter of a payload has sent something itself.
    if (this.busy) return new Digester(this.salt).of(value);
    this.reset();
    if (typeof value === 'object' && value !== null) this.guarded(value);
    else this.value(value);
    this.mixIn();
    return this;
  }

  /** Reading an object may run its own code, and fail. */
  private guarded(value: object): void {
    this.busy = true;
    this.objects = 0;
    try {
      this.object(value);
    } catch {
      this.path.length = 0;
      this.reset();
      this.word(Tag.Whole);
      this.word(identityOf(value));
    }
    this.busy = false;
  }

  /* ---- values ---- */

  private value(value: unknown): void {
    switch (typeof value) {
      case 'string': return this.text(value);
      case 'number': return this.number(value);
      case 'object': return value === null ? this.word(Tag.Null) : this.object(value);
      case 'boolean': return this.word(value ? Tag.True : Tag.False);
      case 'undefined': return this.word(Tag.Undefined);
      case 'bigint':
        this.word(Tag.BigInt);
        return this.text(value.toString(16));
      case 'symbol': return this.symbol(value);
      default: return this.identity(value as object);
    }
  }

  private number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.word(Tag.Int);
      this.word(value);
    } else if (Number.isNaN(value)) this.word(Tag.NaN);
    else {
      this.double[0] = value;
      this.word(Tag.Double);
      this.word(this.halves[0] as number);
      this.word(this.halves[1] as number);
    }
  }

  private symbol(value: symbol): void {
    const key = Symbol.keyFor(value);
    this.word(key === undefined ? Tag.Symbol : Tag.Registered);
    if (key === undefined) this.word(identityOf(value));
    else this.text(key);
  }

  private identity(value: object): void {
    this.word(Tag.Identity);
    this.word(identityOf(value));
  }

  private object(value: object): void {
    if (isProxy(value)) return this.identity(value);
    const { path } = this;
    for (let depth = path.length - 1; depth >= 0; depth--) {
      if (path[depth] !== value) continue;
      this.word(Tag.Back);
      return this.word(path.length - depth);
    }
    if (path.length >= DEPTH_MAX || ++this.objects > OBJECTS_MAX) throw new RangeError('too large to be read');
    path.push(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype) this.fields(Tag.Object, value);
    else if (prototype === null) this.fields(Tag.Bare, value);
    else if (Array.isArray(value)) this.array(value, prototype);
    else this.instance(value, prototype);
    path.pop();
  }

  /** Holes are no `undefined`; what an array has besides its elements counts. */
  private array(value: readonly unknown[], prototype: object): void {
    if (prototype !== Array.prototype && !isOpen(prototype)) return this.identity(value);
    this.word(Tag.Array);
    this.word(prototype === Array.prototype ? 0 : identityOf(prototype));
    this.word(value.length);
    let elements = 0;
    for (let at = 0; at < value.length; at++) {
      const element = value[at];
      if (element === undefined && !Object.hasOwn(value, at)) {
        this.word(Tag.Hole);
        continue;
      }
      elements++;
      this.value(element);
    }
    const keys = Object.keys(value);
    if (keys.length > elements || SYMBOLS(value).length > 0) this.fields(Tag.Fields, value, keys.slice(elements));
  }

  /** Own enumerable properties, in whatever order they were set. */
  private fields(tag: number, value: object, keys: readonly string[] = Object.keys(value)): void {
    this.word(tag);
    if (keys.length > 0) {
      const shape = (this.shapes ??= new Shapes(this.salt)).of(keys);
      this.word(shape.a);
      this.word(shape.b);
      this.word(shape.c);
      this.word(shape.d);
      for (const key of shape.keys) this.value((value as Record<string, unknown>)[key]);
    }
    const symbols = SYMBOLS(value);
    if (symbols.length > 0) this.symbols(value, symbols);
  }

  private symbols(value: object, symbols: symbol[]): void {
    const shown = symbols.filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
    this.unordered(Tag.Fields, shown, (key) => {
      this.symbol(key);
      this.value((value as Record<symbol, unknown>)[key]);
    });
  }

  /** Instances of classes: of one class, with the same content. */
  private instance(value: object, prototype: object): void {
    if (isShown(value)) return this.ours(value, prototype);
    if (!isOpen(prototype)) return this.identity(value);
    this.word(Tag.Instance);
    this.word(identityOf(prototype));
    if (types.isMap(value)) this.unordered(Tag.Map, MAP_ENTRIES.call(value), ([key, item]) => {
      this.value(key);
      this.value(item);
    });
    else if (types.isSet(value)) this.unordered(Tag.Set, SET_VALUES.call(value), (item) => this.value(item));
    else if (ArrayBuffer.isView(
      value,
    )) return this.octets(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (types.isAnyArrayBuffer(value)) this.octets(new Uint8Array(value));
    else if (types.isDate(value)) this.number(value.getTime());
    else if (types.isRegExp(value)) this.text(`${value.source}/${value.flags}/${value.lastIndex}`);
    else if (types.isBoxedPrimitive(value)) this.boxed(value);
    else if (value instanceof Error) this.error(value);
    else if (value instanceof URL) this.text(value.href);
    this.fields(Tag.Object, value);
  }

  /** A ref is whom it names; what else the runtime hands out is equal to itself only. */
  private ours(value: object, prototype: object): void {
    if (prototype !== AgentRefImpl.prototype && prototype !== ProcessRefImpl.prototype) return this.identity(value);
    const { addr } = value as AgentRefImpl | ProcessRefImpl;
    this.word(Tag.Ref);
    this.text(addr instanceof Process ? addr.pid : titleOf(addr));
    if (value instanceof AgentRefImpl) this.word(identityOf(value.definition));
  }

  private boxed(value: object): void {
    const inner: unknown = value.valueOf();
    if (typeof inner === 'object') throw new TypeError('its valueOf is not the one it was born with');
    this.value(inner);
  }

  /** The stack is where it was made, not what it says. */
  private error(value: Error): void {
    this.text(String(value.name));
    this.text(String(value.message));
    if (Object.hasOwn(value, 'cause')) this.value(value.cause);
    if (Object.hasOwn(value, 'errors')) this.value((value as AggregateError).errors);
  }

  /** Items in any order: the sum of their digests. */
  private unordered<T>(tag: number, items: Iterable<T>, write: (item: T) => void): void {
    this.mixIn();
    const { a, b, c, d } = this;
    let [count, sumA, sumB, sumC, sumD] = [0, 0, 0, 0, 0];
    for (const item of items) {
      this.reset();
      write(item);
      this.scramble();
      count++;
      sumA = (sumA + this.a) | 0;
      sumB = (sumB + this.b) | 0;
      sumC = (sumC + this.c) | 0;
      sumD = (sumD + this.d) | 0;
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    for (const word of [tag, count, sumA, sumB, sumC, sumD]) this.word(word);
  }

  /* ---- words ---- */

  private word(word: number): void {
    if (this.at === WORDS) this.mixIn();
    this.words[this.at++] = word;
  }

  private text(text: string): void {
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

  private octets(bytes: Uint8Array): void {
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

  private reset(): void {
    this.a = this.salt;
    this.b = P2;
    this.c = ~this.salt;
    this.d = P4;
    this.at = 0;
  }

  /**
   * Each word changes the lane that it enters, and with it the lane before, in the same step: a change is soon in all
   * four.
   */
  private mixIn(): void {
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
  private scramble(): void {
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

const { isProxy } = types;
const SYMBOLS = Object.getOwnPropertySymbols;
const MAP_ENTRIES = Map.prototype.entries;
const SET_VALUES = Set.prototype.values;

const SHAPES_MAX = 256;

interface Shape extends Digest {
  /** as an object of this shape had them */
  readonly given: readonly string[];
  /** the same, sorted */
  readonly keys: readonly string[];
}

/** Names of properties, sorted and digested: most messages have those of an earlier one. */
class Shapes {
  private readonly known = new Map<string, Shape>();
  private readonly digester: Digester;
  constructor(salt: number) {
    this.digester = new Digester(salt);
  }

  of(given: readonly string[]): Shape {
    const first = given[0] as string;
    const known = this.known.get(first);
    return known !== undefined && same(known.given, given) ? known : this.make(first, given);
  }

  private make(first: string, given: readonly string[]): Shape {
    const keys = [...given].sort();
    const { a, b, c, d } = this.digester.of(keys);
    const made: Shape = { a, b, c, d, given, keys };
    if (this.known.size >= SHAPES_MAX) this.known.clear();
    if (given.length <= SHAPES_MAX) this.known.set(first, made);
    return made;
  }
}

function same(known: readonly string[], given: readonly string[]): boolean {
  if (known.length !== given.length) return false;
  for (let i = 0; i < given.length; i++) if (known[i] !== given[i]) return false;
  return true;
}
