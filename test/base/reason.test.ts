import { describe, expect, it } from 'vitest';
import { ExitSignal, isOrderly, reasonOf } from '../../src/base/reason.js';
import { hostileValues } from './hostile.js';

describe('isOrderly', () => {
  it.each(
    ['normal', 'shutdown', { shutdown: 'done' }, { shutdown: undefined }],
  )('EX-09 SU-12 %j is orderly', (reason) => {
    expect(isOrderly(reason)).toBe(true);
  });

  it.each([
    'kill', 'killed', 'noproc', '', 0, null, undefined, true, [], {}, { Shutdown: 1 },
    { normal: true }, ['shutdown'],
    new Error('normal'), Object.assign(new Error('e'), { shutdown: 1 }), Object.create({ shutdown: 1 }),
  ])('EX-09 %s is not', (reason) => {
    expect(isOrderly(reason)).toBe(false);
  });

  it.each(Object.keys(hostileValues()))('P17 never throws: %s', (name) => {
    const reason = hostileValues()[name];
    expect(isOrderly(reason)).toBe(false);
  });
});

describe('reasonOf', () => {
  it('PR-03 an error is itself the reason', () => {
    const error = new TypeError('boom');
    expect(reasonOf(error)).toBe(error);
  });

  it('PR-03 exit(R) gives R itself, whatever it is', () => {
    const detail = { why: ['structured', 1] };
    expect(reasonOf(new ExitSignal(detail))).toBe(detail);
    expect(reasonOf(new ExitSignal(undefined))).toBe(undefined);
  });

  it('PR-03 a thrown non-error is nocatch', () => {
    for (const thrown of [undefined, null, 0, 'normal', 'shutdown', { shutdown: 1 }]) {
      expect(reasonOf(thrown)).toEqual({ nocatch: thrown });
    }
  });

  it.each(
    Object.keys(hostileValues()),
  )('P17 never throws, and what it makes of a thrown value is never orderly: %s', (name) => {
    const thrown = hostileValues()[name];
    expect(isOrderly(reasonOf(thrown))).toBe(false);
    expect(() => new ExitSignal(thrown)).not.toThrow();
  });
});
