import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/base/index.js';
import { Codec, type CodecLimits, decode, encode } from '../../src/codec/index.js';

const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false, NaN, -0, Infinity), fc.double(), fc.integer(), fc.bigInt(),
  fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: -4e15, max: 4e15 }).map((ms) => new Date(ms)),
  fc.uint8Array(), fc.float64Array(), fc.uint16Array(), fc.bigInt64Array(),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
);
const safeKey = fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__' && !key.startsWith('\ufeff'));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true }, leaf, fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(safeKey, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie('tree')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('tree'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
}));

/** What decoding does: a value, or the code of its failure. */
function outcome(bytes: Uint8Array, limits?: { readonly elementsMax: number }): string {
  try {
    decode(bytes, limits);
    return 'value';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe('P38: what is stored', () => {
  it('P38: any storable value comes back as it was, and shares nothing with its bytes', () => {
    fc.assert(fc.property(tree, (value) => {
      const bytes = encode(value, 'value');
      const found = decode(bytes);
      bytes.fill(0xff);
      expect(found).toStrictEqual(value);
    }), { numRuns: 400 });
  });

  it('P38: what one limit lets in, the same limit lets out', () => {
    fc.assert(fc.property(
      tree, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 30 }), (value, depthMax, elementsMax) => {
        const limits: CodecLimits = { depthMax, elementsMax, bytesMax: 2_000 };
        let bytes: Uint8Array;
        try {
          bytes = encode([value, new Error('e', { cause: value })], 'value', limits);
        } catch (error) {
          expect(error).toMatchObject({ code: 'NOT_STORABLE' });
          return;
        }
        decode(bytes, limits);
      },
    ), { numRuns: 400 });
  });

  it('P38: bytes that were cut or changed are a value or DAMAGED, nothing else; no prototype changes', () => {
    fc.assert(fc.property(
      fc.oneof(tree, tree.map((value) => new Error('e', { cause: value }))), fc.nat(),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      (value, cut, changes) => {
        const bytes = encode(value, 'value').slice();
        expect(outcome(bytes.subarray(0, cut % bytes.length))).toBe('DAMAGED');
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        expect(['value', 'DAMAGED']).toContain(outcome(bytes));
      },
    ), { numRuns: 1_500 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(['value', 'DAMAGED']).toContain(outcome(bytes));
    }), { numRuns: 3_000 });
    expect(Object.keys(Object.prototype)).toEqual([]);
    // The codec is as good as before.
    expect(decode(encode({ a: 1 }, 'value'))).toEqual({ a: 1 });
  });

  it.each([
    ['a function', { f: () => 1 }, 'value.f: '], ['a symbol', [Symbol('x')], 'value[0]: '],
    ['a Promise', { a: [Promise.resolve()] }, 'value.a[0]: '], ['a RegExp', new Map([['k', /x/]]), 'value.k: '],
    ['a WeakMap', new WeakMap(), 'value: '], ['a signal', new AbortController().signal, 'value: '],
    ['a generator', { *g(): Generator { yield 1; } }.g(), 'value: '],
    ['a prototype key', JSON.parse('{"a":{"__proto__":{"x":1}}}'), 'value.a.__proto__: '],
    ['a prototype of a constructor', { constructor: { prototype: {} } }, 'value.constructor: '],
    ['a key with half a pair', { '\ud800': 1 }, 'value.'], ['a huge BigInt', 1n << 9_000n, 'value: '],
    ['shared memory', new SharedArrayBuffer(1), 'value: '],
  ])('P38: %s is refused by its path', (_name, value, path) => {
    expect(() => encode(value, 'value')).toThrow(expect.objectContaining({
      code: 'NOT_STORABLE', message: expect.stringContaining(path),
    }));
  });

  it('P38: limits of depth, elements and bytes; what contains itself', () => {
    const refused = expect.objectContaining({ code: 'NOT_STORABLE' });
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(decode(encode(nested(64), 'value'))).toEqual(nested(64));
    expect(() => encode(nested(65), 'value')).toThrow(refused);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => encode(cycle, 'value')).toThrow(refused);
    let shared: unknown = 1;
    for (let i = 0; i < 40; i++) shared = [shared, shared];
    expect(() => encode(shared, 'value')).toThrow(refused);
    expect(() => encode(new Array(100_001).fill(0), 'value')).toThrow(refused);
    expect(decode(encode('x'.repeat(0x10_0000 - 5), 'value'))).toHaveLength(0x10_0000 - 5);
    expect(() => encode('x'.repeat(0x10_0000), 'value')).toThrow(refused);
    expect(() => encode(new Uint8Array(0x10_0001), 'value')).toThrow(refused);
  });

  it('P38: what can be encoded up to the limits can be decoded, whatever holds it', () => {
    const many = (count: number): number[] => new Array<number>(count).fill(0);
    const fields = (count: number): object => Object.fromEntries(many(count).map((_, at) => [`k${at}`, 0]));
    const chain = (levels: number): unknown => (levels === 0 ? 1 : { constructor: chain(levels - 1) });
    const holders: Record<string, (count: number) => unknown> = {
      array: many, fields, map: (count) => new Map(Object.entries(fields(count))),
      set: (count) => new Set(many(count).map((_, at) => at)),
      'under constructor': (count) => ({ constructor: { results: many(count) } }),
      'an error': (count) => Object.assign(new Error('e'), { results: many(count) }),
      levels: (count) => chain(count % 64),
    };
    const limits = { elementsMax: 1_000 };
    for (const [name, make] of Object.entries(holders)) {
      let largest = 0;
      for (const count of [40, 63, 330, 499, 502, 660, 980, 990, 996, 997, 998, 999, 1_000, 1_001]) {
        let bytes: Uint8Array;
        try {
          bytes = encode(make(count), 'value', limits).slice();
        } catch (error) {
          expect(error, name).toMatchObject({ code: 'NOT_STORABLE' });
          continue;
        }
        largest = count;
        expect(outcome(bytes, limits), `${name}: ${count}`).toBe('value');
      }
      expect(largest, name).toBeGreaterThan(40);
    }
    expect(decode(encode(chain(60), 'value'))).toEqual(chain(60));
  });

  it('P38: tags of records, of shared structures and of others, and lengths that lie, are DAMAGED', () => {
    const hex = (text: string): string => outcome(Uint8Array.from(Buffer.from(text, 'hex')));
    for (const text of [
      '', 'ff', '9f01ff', 'd9dfff8300816161f5', 'd9dffe8100f6', 'd9dff98201f6', 'd869820061', 'd81b8265 4572726f72',
      'd833840101f6f6', 'd81c80', 'd81d00', 'c600', 'd9d9f700', 'bf6161ff', '9affffffff', 'baffffffff',
      '5bffffffffffffffff', 'a1695f5f70726f746f5f5fa0', 'a16b636f6e7374727563746f72a16970726f746f7479706500', 'a10101',
      '0000', 'd9636380', 'd963638118ff',
      'c26101', 'c1f6', 'd90102a0', 'd9010380', 'd8484180f6', 'd856430102 03', 'f8ff', '1c',
    ]) expect(hex(text.replaceAll(' ', '')), text).toBe('DAMAGED');
  });

  it('instances become what toJSON gives, else plain objects; Buffers become arrays of bytes', () => {
    class Point { constructor(readonly x: number) {} get double(): number { return this.x * 2; } }
    const url = new URL('https://example.com/');
    expect(decode(encode([new Point(1), url, Buffer.from([1]), Object.create(null)], 'value')))
      .toStrictEqual([{ x: 1 }, 'https://example.com/', Uint8Array.of(1), {}]);
  });

  it('errors: causes up to eight, lists, fields, and what cannot be stored of them is left out', () => {
    let chain: Error | undefined;
    for (let i = 0; i < 12; i++) chain = new Error(`e${i}`, { cause: chain });
    let depth = 0;
    for (let error = decode(encode(chain, 'value')) as Error | undefined; error !== undefined; depth++) {
      error = error.cause as Error | undefined;
    }
    expect(depth).toBe(9);
    const call = new CallError('REFUSED', { target: 'a', op: 'b', refusal: 'poor', details: { short: 3n } });
    expect(decode(encode(call, 'value'))).toMatchObject({
      name: 'CallError', message: call.message, code: 'REFUSED', refusal: 'poor', details: { short: 3n },
    });
    const many = decode(encode(new AggregateError([new Error('one'), () => 1], 'all'), 'value')) as AggregateError;
    expect([many.message, (many.errors[0] as Error).message, typeof many.errors[1]]).toEqual(['all', 'one', 'string']);
    const aborted = decode(encode({ shutdown: AbortSignal.abort().reason as unknown }, 'value')) as { shutdown: Error };
    expect(aborted.shutdown.name).toBe('AbortError');
    expect((decode(encode(new Error('e'), 'value', { stacks: true })) as Error).stack).toContain('properties.test');
    expect((decode(encode(new Error('e'), 'value')) as Error).stack).toBe('Error: e');
  });

  it('a value that fails, or stores another, while it is read is refused; the codec goes on', () => {
    const bad = Object.defineProperty({}, 'x', { enumerable: true, get: () => { throw new Error('trap'); } });
    expect(() => encode(bad, 'value')).toThrow(expect.objectContaining({ code: 'NOT_STORABLE' }));
    const nested = Object.defineProperty({}, 'x', { enumerable: true, get: () => encode(1, 'inner') });
    expect(() => encode(nested, 'value')).toThrow(expect.objectContaining({ code: 'NOT_STORABLE' }));
    expect(decode(encode(1, 'value'))).toBe(1);
  });

  it('without the package it says how to install it', () => {
    expect(() => new Codec(() => { throw new Error('not found'); })).toThrow(expect.objectContaining({
      code: 'PEER_MISSING', message: expect.stringContaining('npm install cbor-x'),
    }));
  });
});
