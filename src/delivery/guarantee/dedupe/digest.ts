import { types } from 'node:util';
import { isShown } from '../../../base/text/index.js';
import { ProcessRefImpl } from '../../../behaviour/gen/body/index.js';
import { AgentRefImpl } from '../../../behaviour/gen/index.js';
import { Process } from '../../../process/record/index.js';
import { addressName } from '../../../router/request/index.js';
import { identityOf, isOpen } from './identity.js';
import { Shapes } from './shapes.js';
import { Tag, Words, type Digest } from './words.js';

const DEPTH_MAX = 1_000;
const OBJECTS_MAX = 100_000;

const { isProxy } = types;
const SYMBOLS = Object.getOwnPropertySymbols;
const MAP_ENTRIES = Map.prototype.entries;
const SET_VALUES = Set.prototype.values;

/**
 * Makes digests: a value is written as a stream of words (words.ts).
 *
 * Equal is what `isDeepStrictEqual` calls equal, with one difference: what cannot be read from
 * outside is equal to itself only (docs/semantics/delivery.md has the table). A value of more than
 * 100,000 objects, of more than 1,000 levels, or whose getters throw, is taken as one that cannot
 * be read.
 */
export class Digester {
  private readonly words: Words;
  private readonly double = new Float64Array(1);
  private readonly halves = new Int32Array(this.double.buffer);
  private objects = 0;
  /** the objects that the present one lies in, to find cycles */
  private readonly path: object[] = [];
  private busy = false;
  private shapes: Shapes | null = null;
  constructor(private readonly salt: number) {
    this.words = new Words(salt);
  }

  /** Good until the next one is made: whoever keeps it copies it. */
  of(value: unknown): Digest {
    // A getter of a payload has sent something itself.
    if (this.busy) return new Digester(this.salt).of(value);
    this.words.reset();
    if (typeof value === 'object' && value !== null) this.guarded(value);
    else this.value(value);
    this.words.mixIn();
    return this.words;
  }

  /** Reading an object may run its own code, and fail. */
  private guarded(value: object): void {
    this.busy = true;
    this.objects = 0;
    try {
      this.object(value);
    } catch {
      this.path.length = 0;
      this.words.reset();
      this.words.word(Tag.Whole);
      this.words.word(identityOf(value));
    }
    this.busy = false;
  }

  /* ---- values ---- */

  private value(value: unknown): void {
    switch (typeof value) {
      case 'string': return this.words.text(value);
      case 'number': return this.number(value);
      case 'object': return value === null ? this.words.word(Tag.Null) : this.object(value);
      case 'boolean': return this.words.word(value ? Tag.True : Tag.False);
      case 'undefined': return this.words.word(Tag.Undefined);
      case 'bigint':
        this.words.word(Tag.BigInt);
        return this.words.text(value.toString(16));
      case 'symbol': return this.symbol(value);
      default: return this.identity(value as object);
    }
  }

  private number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.words.word(Tag.Int);
      this.words.word(value);
    } else if (Number.isNaN(value)) this.words.word(Tag.NaN);
    else {
      this.double[0] = value;
      this.words.word(Tag.Double);
      this.words.word(this.halves[0] as number);
      this.words.word(this.halves[1] as number);
    }
  }

  private symbol(value: symbol): void {
    const key = Symbol.keyFor(value);
    this.words.word(key === undefined ? Tag.Symbol : Tag.Registered);
    if (key === undefined) this.words.word(identityOf(value));
    else this.words.text(key);
  }

  private identity(value: object): void {
    this.words.word(Tag.Identity);
    this.words.word(identityOf(value));
  }

  private object(value: object): void {
    if (isProxy(value)) return this.identity(value);
    const { path } = this;
    for (let depth = path.length - 1; depth >= 0; depth--) {
      if (path[depth] !== value) continue;
      this.words.word(Tag.Back);
      return this.words.word(path.length - depth);
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
    this.words.word(Tag.Array);
    this.words.word(prototype === Array.prototype ? 0 : identityOf(prototype));
    this.words.word(value.length);
    let elements = 0;
    for (let at = 0; at < value.length; at++) {
      const element = value[at];
      if (element === undefined && !Object.hasOwn(value, at)) {
        this.words.word(Tag.Hole);
        continue;
      }
      elements++;
      this.value(element);
    }
    const keys = Object.keys(value);
    if (keys.length > elements
      || SYMBOLS(value).length > 0) this.fields(Tag.Fields, value, keys.slice(elements));
  }

  /** Own enumerable properties, in whatever order they were set. */
  private fields(tag: number, value: object, keys: readonly string[] = Object.keys(value)): void {
    this.words.word(tag);
    if (keys.length > 0) {
      const shape = (this.shapes ??= this.newShapes()).of(keys);
      this.words.word(shape.a);
      this.words.word(shape.b);
      this.words.word(shape.c);
      this.words.word(shape.d);
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
    this.words.word(Tag.Instance);
    this.words.word(identityOf(prototype));
    if (types.isMap(value)) this.unordered(Tag.Map, MAP_ENTRIES.call(value), ([key, item]) => {
      this.value(key);
      this.value(item);
    });
    else if (types.isSet(value)) this.unordered(Tag.Set, SET_VALUES.call(value), (item) => this.value(item));
    else if (ArrayBuffer.isView(
      value,
    )) return this.words.octets(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (types.isAnyArrayBuffer(value)) this.words.octets(new Uint8Array(value));
    else if (types.isDate(value)) this.number(value.getTime());
    else if (types.isRegExp(value)) this.words.text(`${value.source}/${value.flags}/${value.lastIndex}`);
    else if (types.isBoxedPrimitive(value)) this.boxed(value);
    else if (value instanceof Error) this.error(value);
    else if (value instanceof URL) this.words.text(value.href);
    this.fields(Tag.Object, value);
  }

  /** A ref is whom it names; what else the runtime hands out is equal to itself only. */
  private ours(value: object, prototype: object): void {
    if (prototype !== AgentRefImpl.prototype
      && prototype !== ProcessRefImpl.prototype) return this.identity(value);
    const { addr } = value as AgentRefImpl | ProcessRefImpl;
    this.words.word(Tag.Ref);
    this.words.text(addr instanceof Process ? addr.pid : addressName(addr));
    if (value instanceof AgentRefImpl) this.words.word(identityOf(value.definition));
  }

  private boxed(value: object): void {
    const inner: unknown = value.valueOf();
    if (typeof inner === 'object') throw new TypeError('its valueOf is not the one it was born with');
    this.value(inner);
  }

  /** The stack is where it was made, not what it says. */
  private error(value: Error): void {
    this.words.text(String(value.name));
    this.words.text(String(value.message));
    if (Object.hasOwn(value, 'cause')) this.value(value.cause);
    if (Object.hasOwn(value, 'errors')) this.value((value as AggregateError).errors);
  }

  /** Items in any order: the sum of their digests. */
  private unordered<T>(tag: number, items: Iterable<T>, write: (item: T) => void): void {
    const { words } = this;
    words.mixIn();
    const { a, b, c, d } = words;
    let [count, sumA, sumB, sumC, sumD] = [0, 0, 0, 0, 0];
    for (const item of items) {
      words.reset();
      write(item);
      words.scramble();
      count++;
      sumA = (sumA + words.a) | 0;
      sumB = (sumB + words.b) | 0;
      sumC = (sumC + words.c) | 0;
      sumD = (sumD + words.d) | 0;
    }
    words.a = a;
    words.b = b;
    words.c = c;
    words.d = d;
    for (const word of [tag, count, sumA, sumB, sumC, sumD]) words.word(word);
  }

  private newShapes(): Shapes {
    const other = new Digester(this.salt);
    return new Shapes((keys) => other.of(keys));
  }
}
