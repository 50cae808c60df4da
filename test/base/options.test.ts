import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELAY_MAX_MS, delayMs, parseOptions, sameOptions, timeoutMs, z } from '../../src/base/options.js';
import { OptionError } from '../../src/base/errors.js';

const schema = z.strictObject({
  size: z.number({ error: 'a number' }).min(1, { error: 'at least 1' }).optional(),
  inner: z.strictObject({ deep: z.boolean({ error: 'true or false' }).optional() }).optional(),
});

function offence(value: unknown): OptionError {
  try {
    parseOptions('make', schema, value);
  } catch (error) {
    if (error instanceof OptionError) return error;
  }
  throw new Error('no OptionError was thrown');
}

describe('parseOptions', () => {
  it('returns what fits', () => {
    expect(parseOptions('make', schema, { size: 2, inner: { deep: true } })).toEqual(
      { size: 2, inner: { deep: true } },
    );
  });

  it('names the option, its value and its rule', () => {
    expect(offence({ size: 0 })).toMatchObject({
      option: 'make.size', value: 0, rule: 'at least 1', code: 'BAD_OPTION',
      message: 'make.size: got 0, expected at least 1',
    });
    expect(offence({ inner: { deep: 'yes' } })).toMatchObject(
      {
        option: 'make.inner.deep', value: 'yes',
        message: "make.inner.deep: got 'yes', expected true or false",
      },
    );
  });

  it('names an unknown option and those that are known, at every depth', () => {
    expect(offence({ sise: 1 })).toMatchObject({
      option: 'make.sise', value: 1, code: 'UNKNOWN_OPTION',
      message: 'make.sise: got 1, expected no such option; did you mean size? known options: size, inner',
    });
    expect(offence({ inner: { dept: 3 } })).toMatchObject({
      option: 'make.inner.dept', value: 3,
      message: 'make.inner.dept: got 3, expected no such option; known options: deep',
    });
  });

  it('an unknown option may have the name of a method of every object', () => {
    for (const name of ['constructor', 'toString', 'valueOf', 'hasOwnProperty']) {
      expect(offence({ [name]: 1 })).toMatchObject({ option: `make.${name}`, code: 'UNKNOWN_OPTION' });
    }
  });

  it('refuses what is no object', () => {
    for (const value of [null, 3, 'text', []]) expect(offence(value)).toMatchObject({ option: 'make', value });
  });
});

describe('delays', () => {
  it.each([0, 1, 2 ** 31, 2 ** 33, DELAY_MAX_MS])('TI-11 P32 %d ms is a delay', (ms) => {
    expect(delayMs('sendAfter.ms', ms)).toBe(ms);
    expect(timeoutMs('call.timeoutMs', ms, 5)).toBe(ms);
  });

  it.each(
    [-1, 0.5, Number.NaN, Infinity, -Infinity, DELAY_MAX_MS + 1, '5', null, 5n, {}],
  )('TI-11 P32 %s is none', (ms) => {
    expect(() => delayMs('sendAfter.ms', ms)).toThrow(OptionError);
    expect(() => timeoutMs('call.timeoutMs', ms, 5)).toThrow(OptionError);
  });

  it('says where NaN comes from and how to wait forever', () => {
    expect(() => delayMs('sendAfter.ms', Number.NaN)).toThrow(
      'sendAfter.ms: got NaN, expected a whole number of milliseconds from 0; NaN usually comes from arithmetic with undefined',
    );
    expect(() => timeoutMs('call.timeoutMs', Infinity, 5)).toThrow("write 'infinity' to wait forever");
  });

  it("takes undefined for the default and 'infinity' for none", () => {
    expect(timeoutMs('call.timeoutMs', undefined, 5)).toBe(5);
    expect(timeoutMs('call.timeoutMs', 'infinity', 5)).toBe(-1);
  });

  it('TI-11 accepts exactly the whole numbers in range', () => {
    fc.assert(fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (ms) => {
      let accepted = true;
      try {
        delayMs('ms', ms);
      } catch {
        accepted = false;
      }
      return accepted === (Number.isInteger(ms) && ms >= 0 && ms <= DELAY_MAX_MS);
    }));
  });
});

describe('sameOptions', () => {
  it('takes the same values, texts of functions and fields; names what differs, and from what', () => {
    const known = { size: 3, limit: null, backoff: { baseMs: 1, factor: 2 }, fails: (n: number) => n > 1 };
    const check = (given: object) => () => sameOptions('queue', 'jobs', known, { ...known, ...given });
    expect(check({ backoff: { baseMs: 1, factor: 2 }, fails: (n: number) => n > 1 })).not.toThrow();
    expect(check({ size: 4 })).toThrow("queue.size: got 4, expected what queue 'jobs' was made with, 3");
    expect(check({ limit: 4 })).toThrow("what queue 'jobs' was made with, none");
    for (const given of [{ backoff: { baseMs: 1 } }, { backoff: null }, { fails: (n: number) => n > 2 }]) {
      expect(check(given)).toThrow('one name, one set of options');
    }
  });
});
