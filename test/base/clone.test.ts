import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cloned } from '../../src/base/clone.js';

const both = (value: unknown): [unknown, unknown] => [
  outcome(() => cloned(value)), outcome(() => structuredClone(value)),
];
function outcome(make: () => unknown): unknown {
  try {
    return { made: make() };
  } catch (error) {
    return { threw: String(error) };
  }
}

test('a clone is what structuredClone makes', () => {
  fc.assert(fc.property(fc.anything({
    withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true,
    withNullPrototype: true,
  }), (value) => {
    const [ours, theirs] = both(value);
    expect(ours).toStrictEqual(theirs);
  }));
});

test('and shares no object with what it was made of', () => {
  const from = { list: [{ n: 1 }], inner: { deep: { s: 'x' } }, none: null, absent: undefined };
  const made = cloned(from) as typeof from;
  expect(made).toStrictEqual(from);
  for (const [a, b] of [
    [made, from], [made.list, from.list], [made.list[0], from.list[0]], [made.inner, from.inner],
    [made.inner.deep, from.inner.deep],
  ]) expect(a).not.toBe(b);
});

test('what only the engine can copy is its: cycles, what appears twice, large ones, holes, classes, own __proto__, functions', () => {
  const twice = { n: 1 };
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const odd = Object.assign([1, 2], { name: 'x' });
  const hole = [1, , 3];  
  const compensated = Object.assign([1, , 3], { x: 1 });  
  const values = [
    { a: twice, b: twice }, cycle, {
      rows: Array.from({ length: 500 }, (_, n) => ({ n })),
    }, odd, hole, compensated, new Map([[1, twice]]), new Date(5), /x/g,
    JSON.parse('{"__proto__":{"polluted":1},"n":2}'), { fn: () => 1 }, { s: Symbol('x') }, {
      inner: new Proxy({ n: 1 }, {}),
    }, new Error('x'), Object.create(null), { get n() { throw new RangeError('trap'); } }, 5, 'text', null,
  ];
  for (const value of values) {
    const [ours, theirs] = both(value);
    expect(ours).toStrictEqual(theirs);
  }
  const made = cloned({ a: twice, b: twice }) as { a: unknown; b: unknown };
  expect(made.a).toBe(made.b);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
