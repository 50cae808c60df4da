import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAddress, isUnder, partsOf } from '../../../src/activation/address/path.js';
import { addressPath } from '../../../src/activation/public.js';
import { checkName } from '../../../src/router/names/names.js';

const bad = expect.objectContaining({ code: 'BAD_ADDRESS' });

describe('Hierarchical addresses: paths', () => {
  it('texts become segments: plain ones as they are, other bytes escaped', () => {
    expect(addressPath('team', 'research', 'ann')).toBe('team/research/ann');
    expect(addressPath('a/b', 'c_d')).toBe('a_-2fb/c_d');
    expect(addressPath('a', 'b_c')).not.toBe(addressPath('a_b', 'c'));
    expect(addressPath('x', 'a_-b')).toBe('x/a_-5f-b');
    expect(addressPath('x', '..')).toBe('x/_-2e_-2e');
    expect(addressPath('x', 'Zoë\0')).toBe('x/Zo_-c3_-ab_-00');
    expect(addressPath('constructor')).toBe('_-63onstructor');
    expect(addressPath('x', 'constructor')).toBe('x/constructor');
  });

  it('any text is a segment, has one spelling, and comes back as it was', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
      if (texts.some((one) => Buffer.byteLength(one) > 32)) return;
      const path = addressPath(...texts);
      expect(partsOf(path).segments).toEqual(texts);
      expect(checkAddress('x', path)).toBe(path);
      expect(checkName('x', path)).toBe(path);
    }), { numRuns: 500 });
  });

  it('two lists of texts never have the same address', () => {
    const part = fc.stringMatching(/^[a_\-/.]{1,4}$/);
    const texts = fc.array(part, { minLength: 1, maxLength: 3 });
    fc.assert(fc.property(texts, texts, (a, b) => {
      expect(addressPath(...a) === addressPath(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }), { numRuns: 1_000 });
  });

  it('P39 what is no address is refused, with the value, the rule and the fix', () => {
    for (const path of [
      '', '/', 'a//b', '/a', 'a/', '..', 'a/../b', 'a/.', 'a\0b', 'a b', 'a.b', 'a:b', 'ä', '__proto__', 'undefined',
      'x'.repeat(10_240), 'x'.repeat(129), `${'x'.repeat(128)}/`.repeat(4), 'a_-', 'a_-zz', 'a_-61', 'a_-5fb',
      'a_-ff', 7, null, undefined, {},
    ]) expect(() => checkAddress('address', path), String(path)).toThrow(bad);
    expect(() => checkAddress('address', 'a//b')).toThrow(
      "address: got 'a//b', expected segments [A-Za-z0-9_-]{1,128} joined by '/', at most 512 characters; "
        + 'addressPath(…texts) escapes what a text may not hold',
    );
    expect(() => addressPath()).toThrow(bad);
    expect(() => addressPath('a', '')).toThrow(bad);
    expect(() => addressPath('a', 7 as never)).toThrow(bad);
    expect(() => addressPath('x'.repeat(10_240))).toThrow(bad);
    expect(() => addressPath('\ud800')).toThrow(bad);
  });

  it('a prefix ends at a segment', () => {
    expect(isUnder('team', 'team/ann')).toBe(true);
    expect(isUnder('team', 'team')).toBe(true);
    expect(isUnder('team', 'teams/ann')).toBe(false);
    expect(isUnder('te_m', 'team/ann')).toBe(false);
    expect(isUnder('', 'team')).toBe(true);
    expect(partsOf('team/ann')).toEqual({ path: 'team/ann', segments: ['team', 'ann'], leaf: 'ann', parent: 'team' });
    expect(partsOf('ann').parent).toBeUndefined();
  });
});
