import { describe, expect, it } from 'vitest';
import { satisfies } from '../../../examples/audit/rules/version-range.js';

describe('satisfies', () => {
  it.each([
    ['*', true], ['', true], ['>=18', true], ['>= 18', true], ['>=20.20.3', false], ['>20', false],
    ['>20.20.1', true],
    [
      '<20', false,
    ], ['<=20', true], ['<=20.20', true], ['<=20.19', false], ['=20.20.2', true], ['20', true], ['20.x', true],
    ['20.20.x', true], ['20.19.*', false], ['v20.20.2', true], ['^20.19.0', true],
    ['^20.21.0', false], ['^18', false],
    ['~20.20.0', true], ['~20.19', false], ['~20', true], ['18 - 20', true], ['18.0.0 - 20.20.1', false],
    ['>=18 <20', false], ['>=18 <21', true], ['>= 18 , < 21', true], ['^18 || ^20', true],
    ['^18 || ^22', false],
    ['^18.12 || ^20.9 || >=22', true], ['>=14.0.0-beta', true], ['<*', false], ['>*', false],
  ] as const)('20.20.2 in %j is %j', (range, expected) => {
    expect(satisfies('20.20.2', range)).toBe(expected);
  });

  it.each([
    ['0.2.9', '^0.2.3', true], ['0.3.0', '^0.2.3', false], ['0.0.3', '^0.0.3', true],
    ['0.0.4', '^0.0.3', false],
    [
      '0.0.9', '^0.0', true,
    ], ['0.1.0', '^0.0', false], ['0.9.9', '^0', true], ['1.0.0', '^0', false], ['0.0.0', '^0.0.0', true],
  ] as const)('a caret keeps the leftmost number that is not zero: %s in %s is %j', (
    version, range, expected,
  ) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  it('takes a nightly for its release', () => {
    expect(satisfies('25.0.0-nightly2026', '>=25')).toBe(true);
  });

  it('says null to what it does not understand', () => {
    expect(satisfies('20.20.2', 'the newest')).toBeNull();
    expect(satisfies('20.20.2', '>=')).toBeNull();
    expect(satisfies('20', '>=18')).toBeNull();
  });

  it('understands one alternative beside one that it does not', () => {
    expect(satisfies('20.20.2', 'whatever || >=18')).toBe(true);
  });
});
