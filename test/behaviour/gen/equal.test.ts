import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameState } from '../../../src/behaviour/gen/equal.js';
import { defineStatemHandler, operation } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';

describe('equal states', () => {
  it('SM-28 equal states are the same state: identity for primitives and instances, structure for plain objects and arrays', async () => {
    class Point { constructor(readonly x: number) {} }
    const point = new Point(1);
    const cyclic: { me?: unknown; n: number } = { n: 1 };
    cyclic.me = cyclic;
    const cyclic2: { me?: unknown; n: number } = { n: 1 };
    cyclic2.me = cyclic2;
    const same: [unknown, unknown][] = [
      ['a', 'a'], [NaN, NaN], [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [{ a: 1, b: 2 }, { b: 2, a: 1 }],
      [point, point], [[], []], [null, null], [cyclic, cyclic2],
    ];
    const different: [unknown, unknown][] = [
      ['a', 'b'], [1, '1'], [0, -0], [{ a: 1 }, { a: 1, b: undefined }], [{ a: undefined }, { b: undefined }],
      [[1], [1, 2]], [[], {}], [new Point(1), new Point(1)], [new Map(), new Map()], [null, undefined],
      [[undefined], new Array(1)],
    ];
    const system = testSystem();
    const entersOn = async (from: unknown, to: unknown): Promise<number> => {
      let entered = -1;
      const M = defineStatemHandler({
        init: () => ({ state: from, data: 0 }), casts: { go: operation<void>() }, enter: () => { entered++; },
        handle: (self) => self.next(to),
      });
      system.start(M).cast('go');
      await settleTurn();
      return entered;
    };
    for (const [a, b] of same) expect(await entersOn(a, b), JSON.stringify(String(a))).toBe(0);
    for (const [a, b] of different) expect(await entersOn(a, b), `${String(a)} ${String(b)}`).toBe(1);
  });
});

describe('equal values', () => {
  const shape = fc.jsonValue();

  it('any value that is read back from its JSON is the same state, in both directions', () => {
    fc.assert(fc.property(shape, (value) => {
      const copy: unknown = JSON.parse(JSON.stringify(value));
      expect(sameState(value, value)).toBe(true);
      if (JSON.stringify(value).includes('-0') || Object.is(value, -0)) return;
      expect(sameState(copy, JSON.parse(JSON.stringify(copy)))).toBe(true);
    }));
  });

  it('what is equal one way is equal the other way', () => {
    fc.assert(fc.property(shape, shape, (a, b) => { expect(sameState(a, b)).toBe(sameState(b, a)); }));
  });

  it('symbols count as keys, keys that cannot be listed do not, nor does what is inherited', () => {
    const key = Symbol('key');
    expect(sameState({ [key]: 1 }, { [key]: 1 })).toBe(true);
    expect(sameState({ [key]: 1 }, { [key]: 2 })).toBe(false);
    expect(sameState({ [key]: 1 }, { [Symbol('key')]: 1 })).toBe(false);
    const hidden = Object.defineProperty({ a: 1 }, 'b', { value: 2, enumerable: false });
    expect([sameState(hidden, { a: 1 }), sameState({ a: 1 }, hidden)]).toEqual([true, true]);
    expect([sameState({ a: 1, b: 2 }, hidden), sameState(hidden, { a: 1, b: 2 })]).toEqual([false, false]);
    expect(sameState(Object.create(null), {})).toBe(true);
    expect(sameState(Object.create({ a: 1 }), { a: 1 }), 'a prototype of its own: an instance').toBe(false);
  });

  it('two cycles of the same shape are equal, of another length as well when they unfold alike', () => {
    interface Ring { next?: Ring; n: number }
    const ring = (...values: number[]): Ring => {
      const made = values.map((n): Ring => ({ n }));
      made.forEach((one, at) => { one.next = made[(at + 1) % made.length] as Ring; });
      return made[0] as Ring;
    };
    expect(sameState(ring(1, 2), ring(1, 2))).toBe(true);
    expect(sameState(ring(1), ring(1, 1))).toBe(true);
    expect(sameState(ring(1, 2), ring(1, 3))).toBe(false);
    expect(sameState(ring(1, 2), ring(2, 1))).toBe(false);
  });
});
