// The walk before encoding: refuses what cannot be written, by its path, and puts our own tagged arrays
// in place of what CBOR, or cbor-x, would lose. A common message comes out as it went in: only what
// holds such a value is copied.
import { types } from 'node:util';
import type { OptionError } from '../base/index.js';
import { fieldOf, isA, isError, printable } from '../base/text/index.js';
import {
  BIGINT_BYTES_MAX, BYTES_MAX, CAUSES_MAX, type CodecLimits, DATE_TAG, DEPTH_MAX, ELEMENTS_MAX, Own, OWN_TAG,
} from './limits.js';
import { notFor, type Purpose } from './purpose.js';

/** Makes what cbor-x writes with that tag. */
export type Tagged = (content: unknown, tag: number) => unknown;

const BIGINT_MAX = 1n << BigInt(8 * BIGINT_BYTES_MAX);
const BOM = 0xfeff;
const PROTO = '__proto__';
const CONSTRUCTOR = 'constructor';
/** Fields of an error that are stored for themselves. */
const KNOWN: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'code', 'cause', 'errors']);
const { hasOwnProperty } = Object.prototype;
const { toString } = Object.prototype;

type WellFormed = string & { isWellFormed(): boolean };

const ARRAYS: ReadonlySet<unknown> = new Set([
  Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array, BigUint64Array,
  Int8Array, Int16Array, Int32Array, BigInt64Array, Float32Array, Float64Array,
]);

export class Storable {
  /** keys and indexes down to the value that is looked at */
  private readonly path: (string | number)[] = [];
  private depthMax = DEPTH_MAX;
  private elementsMax = ELEMENTS_MAX;
  private bytesMax = BYTES_MAX;
  private elements = 0;
  private bytes = 0;
  private stacks = false;
  private causes = 0;
  private what = '';

  constructor(private readonly tagged: Tagged, private readonly purpose: Purpose) {}

  /** The value as cbor-x can write it; throws the purpose's code. */
  prepare(value: unknown, what: string, limits: CodecLimits | undefined): unknown {
    this.what = what;
    this.bytesMax = limits?.bytesMax ?? BYTES_MAX;
    this.depthMax = limits?.depthMax ?? DEPTH_MAX;
    this.elementsMax = limits?.elementsMax ?? ELEMENTS_MAX;
    this.stacks = limits?.stacks ?? false;
    this.elements = this.bytes = this.causes = 0;
    const prepared = this.value(value, 0);
    this.within(0);
    return prepared;
  }

  private value(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.bytes += value.length;
        return (value as WellFormed).isWellFormed() && value.charCodeAt(0) !== BOM ? value : this.text(value, depth);
      case 'number': return value === 0 && Object.is(value, -0) ? this.own(Own.NegativeZero) : value;
      case 'object': return value === null ? null : this.object(value, depth);
      case 'bigint':
        if (value >= BIGINT_MAX || value <= -BIGINT_MAX) {
          throw this.refused(depth, 'a BigInt', `at most ${BIGINT_BYTES_MAX} bytes of it`);
        }
        return value;
      case 'boolean': case 'undefined': return value;
      default: throw this.refused(depth, `a ${typeof value}`);
    }
  }

  /** UTF-8 has no half surrogate pairs, and decoders swallow a byte order mark. */
  private text(text: string, depth: number): unknown {
    this.within(depth);
    const units = new Uint16Array(text.length);
    for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
    return this.own(Own.Text, units);
  }

  private object(value: object, depth: number): unknown {
    if (depth >= this.depthMax) throw this.tooDeep(depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.plain(value as Record<string, unknown>, depth);
    if (prototype === Array.prototype) return this.items(value as unknown[], depth);
    return this.special(value, depth);
  }

  private plain(from: Record<string, unknown>, depth: number): Record<string, unknown> {
    let copy: Record<string, unknown> | null = null;
    for (const key in from) {
      if (!hasOwnProperty.call(from, key)) continue;
      this.path[depth] = key;
      const { length } = key;
      this.elements++;
      this.bytes += length;
      const was = from[key];
      if ((length === PROTO.length || length === CONSTRUCTOR.length) && pollutes(key, was)) {
        throw this.refused(depth + 1, 'a key that can change prototypes');
      }
      if (!(key as WellFormed).isWellFormed() || key.charCodeAt(0) === BOM) {
        throw this.refused(depth + 1, 'a key with half a surrogate pair, or a byte order mark');
      }
      const is = this.value(was, depth + 1);
      if (!Object.is(is, was)) (copy ??= { ...from })[key] = is;
    }
    this.within(depth);
    return copy ?? from;
  }

  private items(from: unknown[], depth: number): unknown[] {
    this.count(from.length, depth);
    let copy: unknown[] | null = null;
    for (let at = 0; at < from.length; at++) {
      this.path[depth] = at;
      const was = from[at];
      const is = this.value(was, depth + 1);
      if (!Object.is(is, was)) (copy ??= [...from])[at] = is;
    }
    this.within(depth);
    return copy ?? from;
  }

  private special(value: object, depth: number): unknown {
    if (ArrayBuffer.isView(value)) return this.view(value, depth);
    if (isError(value)) return this.failure(value, depth);
    if (Array.isArray(value)) return this.items([...value], depth);
    if (isA(value, Map)) return this.map(value, depth);
    if (isA(value, Set)) return this.set(value, depth);
    if (types.isDate(value)) return this.date(value, depth);
    if (isA(value, ArrayBuffer)) {
      this.weigh(value.byteLength, depth);
      return this.own(Own.Buffer, new Uint8Array(value));
    }
    if (isA(value, String) || isA(value, Number) || isA(value, Boolean)) return this.value(value.valueOf(), depth);
    const toJSON = fieldOf(value, 'toJSON');
    if (typeof toJSON === 'function') {
      const json: unknown = toJSON.call(value, '');
      if (json !== value) return this.value(json, depth + 1);
    }
    const kind = toString.call(value).slice(8, -1);
    if (kind !== 'Object') throw this.refused(depth, /^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`);
    return this.plain({ ...value }, depth);
  }

  private view(value: ArrayBufferView, depth: number): unknown {
    this.weigh(value.byteLength, depth);
    if (isA(value, Uint8Array)) {
      return value.constructor === Uint8Array ? value
        : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    if (isA(value, DataView)) {
      return this.own(Own.View, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (!ARRAYS.has(value.constructor)) throw this.refused(depth, `a ${toString.call(value).slice(8, -1)}`);
    return value;
  }

  private map(from: ReadonlyMap<unknown, unknown>, depth: number): Map<unknown, unknown> {
    this.count(from.size, depth);
    const copy = new Map<unknown, unknown>();
    let at = 0;
    for (const [key, value] of from) {
      this.path[depth] = typeof key === 'string' ? key : at;
      copy.set(this.value(key, depth + 1), this.value(value, depth + 1));
      at++;
    }
    return copy;
  }

  private set(from: ReadonlySet<unknown>, depth: number): Set<unknown> {
    this.count(from.size, depth);
    const copy = new Set<unknown>();
    let at = 0;
    for (const value of from) {
      this.path[depth] = at++;
      copy.add(this.value(value, depth + 1));
    }
    return copy;
  }

  /** Seconds, as CBOR has them. */
  private date(date: { getTime(): number }, depth: number): unknown {
    const ms = date.getTime();
    const seconds = ms / 1000;
    if (!Number.isNaN(ms) && Math.round(seconds * 1000) !== ms) throw this.refused(depth, 'a date this far from now');
    return this.tagged(seconds, DATE_TAG);
  }

  private own(kind: number, ...content: readonly unknown[]): unknown {
    this.elements += 1 + content.length;
    return this.tagged([kind, ...content], OWN_TAG);
  }

  /** `[kind, name, message, stack, fields, causes, errors]`: the last two are lists. */
  private failure(error: Error, depth: number): unknown {
    const list = fieldOf(error, 'errors');
    const causes: unknown[] = [];
    if (++this.causes <= CAUSES_MAX && hasOwnProperty.call(error, 'cause')) {
      causes.push(this.kept(fieldOf(error, 'cause'), depth));
    }
    const errors = isA(error, AggregateError) && Array.isArray(list)
      ? list.map((one: unknown) => this.kept(one, depth)) : null;
    this.causes--;
    this.count(causes.length + (errors?.length ?? 0), depth);
    return this.own(
      Own.Failure, this.textOf(error, 'name', depth) ?? 'Error', this.textOf(error, 'message', depth) ?? '',
      this.stacks ? this.textOf(error, 'stack', depth) : undefined, this.fields(error, depth), causes, errors,
    );
  }

  /** Fields of an error that can be stored; the others are left out. */
  private fields(error: Error, depth: number): Record<string, unknown> {
    const kept: Record<string, unknown> = {};
    const code = fieldOf(error, 'code');
    if (typeof code === 'string' || typeof code === 'number') Object.assign(kept, this.plain({ code }, depth + 1));
    for (const key of Object.keys(error)) {
      if (KNOWN.has(key)) continue;
      const { elements, bytes, causes } = this;
      try {
        Object.assign(kept, this.plain({ [key]: fieldOf(error, key) }, depth + 1));
      } catch {
        this.back(elements, bytes, causes);
      }
    }
    return kept;
  }

  /** What belongs to an error; as text where it cannot be stored. */
  private kept(value: unknown, depth: number): unknown {
    const { elements, bytes, causes } = this;
    try {
      return this.value(value, depth + 2);
    } catch {
      this.back(elements, bytes, causes);
      return this.value(printable(value), depth);
    }
  }

  private textOf(error: Error, key: string, depth: number): unknown {
    const text = fieldOf(error, key);
    return typeof text === 'string' ? this.value(text, depth) : undefined;
  }

  /** As it was before what could not be stored. */
  private back(elements: number, bytes: number, causes: number): void {
    this.elements = elements;
    this.bytes = bytes;
    this.causes = causes;
  }

  private count(elements: number, depth: number): void {
    this.elements += elements;
    this.within(depth);
  }
  private weigh(bytes: number, depth: number): void {
    this.bytes += bytes;
    this.within(depth);
  }
  private within(depth: number): void {
    const { elements, elementsMax, bytes, bytesMax } = this;
    if (elements > elementsMax) {
      throw this.refused(depth, 'the rest', `at most ${elementsMax} items, entries and fields in all`);
    }
    if (bytes > bytesMax) throw this.refused(depth, 'the rest', `at most ${bytesMax} bytes in all`);
  }

  private tooDeep(depth: number): OptionError {
    return this.refused(depth, 'another level', `at most ${this.depthMax} levels, and nothing that contains itself`);
  }

  /** @param depth of the value: so many steps lead to it */
  private refused(depth: number, got: string, rule: string = 'data'): OptionError {
    const path = this.path.slice(0, depth).map((step) => typeof step === 'number' ? `[${step}]` : `.${step}`).join('');
    const text = `${this.what}${path}`;
    const where = text.length > PATH_MAX ? `${text.slice(0, PATH_MAX)}…` : text;
    return notFor(this.purpose, where, got, rule);
  }
}

const PATH_MAX = 200;

function pollutes(key: string, value: unknown): boolean {
  return key === PROTO || (key === CONSTRUCTOR && typeof value === 'object' && value !== null
    && hasOwnProperty.call(value, 'prototype'));
}
