import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReason } from '../../src/base/reason.js';
import { printable } from '../../src/base/text/print.js';
import { hostileValues } from './hostile.js';

describe('printable', () => {
  it('shows plain values in one line', () => {
    expect(printable({ a: [1, 'x'], b: null })).toBe("{ a: [1, 'x'], b: null }");
    expect(printable('text')).toBe('text');
    expect(printable(undefined)).toBe('undefined');
    expect(printable(12n)).toBe('12n');
    expect(printable(Symbol('s'))).toBe('Symbol(s)');
    expect(printable(() => 1)).toBe('[function]');
    expect(printable(new TypeError('boom'))).toBe('TypeError: boom');
    expect(printable({ inner: new RangeError('deep') })).toBe('{ inner: RangeError: deep }');
    expect(formatReason({ nocatch: undefined })).toBe('{ nocatch: undefined }');
  });

  it('shows eight entries and three levels, then dots', () => {
    expect(printable([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBe('[1, 2, 3, 4, 5, 6, 7, 8, …]');
    expect(printable(Object.fromEntries([...'abcdefghi'].map((key) => [key, 1])))).toBe(
      '{ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, … }',
    );
    expect(printable({ a: { b: { c: { d: 1 } } } })).toBe('{ a: { b: { c: … } } }');
  });

  it.each(Object.keys(hostileValues()))('P17 never throws and stays short: %s', (name) => {
    const value = hostileValues()[name];
    for (const wrapped of [value, { nocatch: value }, [value], { a: { b: { c: value } } }]) {
      const text = printable(wrapped);
      expect(typeof text).toBe('string');
      expect(text.length).toBeLessThanOrEqual(300);
    }
  });

  it('P17 says that a value is unprintable', () => {
    expect(printable(hostileValues()['proxy with every trap'])).toBe('[unprintable]');
    expect(printable(hostileValues()['error with throwing getters'])).toBe('[unprintable]');
  });

  it('cuts at 300 characters, with a mark', () => {
    expect(printable('x'.repeat(300))).toBe('x'.repeat(300));
    expect(printable('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
  });

  it('any value has a line of at most 300 characters', () => {
    fc.assert(fc.property(fc.anything({
      withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true,
      withTypedArray: true,
    }), (value) => {
      const text = printable(value);
      return typeof text === 'string' && text.length <= 300;
    }));
  });

  it('costs little, however large the value', () => {
    const large = { bytes: new Uint8Array(5_000_000), list: new Array<number>(1_000_000).fill(1) };
    const began = performance.now();
    printable(large);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
