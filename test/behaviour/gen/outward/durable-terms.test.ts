import { describe, expect, it } from 'vitest';
import { durableTerms } from '../../../../src/behaviour/gen/outward/index.js';

const read = (durable: unknown, more: object = {}) => durableTerms('define', { name: 'A', durable, ...more });
const refusal = (durable: unknown): unknown => {
  try {
    read(durable);
  } catch (error) {
    return error;
  }
  return undefined;
};
const apply = (state: unknown): unknown => state;

describe('the terms of what is durable', () => {
  it('are none without durable, and defaults with true', () => {
    expect(read(undefined)).toBeUndefined();
    expect(read(false)).toBeUndefined();
    expect(read(true)).toMatchObject({
      version: 1, migrate: null, definition: 'A', formerly: [], log: null, kind: 'agent',
    });
    expect(durableTerms('define', { durable: true })?.definition).toBeNull();
  });

  it('of a log have an apply, and a limit', () => {
    const log = (more: object) => read({ log: true, apply, ...more })?.log;
    expect(log({})).toEqual({ apply, migrate: null, deltasMax: 1_000, bytesMax: 1_048_576 });
    expect(log({ compactAfter: { deltas: 7 } })).toMatchObject({ deltasMax: 7, bytesMax: 1_048_576 });
    expect(log({ compactAfter: false })).toMatchObject({ deltasMax: Infinity, bytesMax: Infinity });
  });

  it.each([
    [{ log: 1 }, 'define.durable.log'],
    [{ log: true }, 'define.durable.apply'],
    [{ log: true, apply: 5 }, 'define.durable.apply'],
    [{ apply }, 'define.durable.apply'],
    [{ migrateDelta: apply }, 'define.durable.migrateDelta'],
    [{ compactAfter: { deltas: 1 } }, 'define.durable.compactAfter'],
    [{ log: true, apply, compactAfter: true }, 'define.durable.compactAfter'],
    [{ log: true, apply, compactAfter: { deltas: 0 } }, 'define.durable.compactAfter.deltas'],
    [{ log: true, apply, compactAfter: { bytes: 0.5 } }, 'define.durable.compactAfter.bytes'],
    [{ log: true, apply, compactAfter: { rows: 1 } }, 'define.durable.compactAfter.rows'],
    [{ log: true, apply, migrateDelta: 1 }, 'define.durable.migrateDelta'],
    [{ formerly: '' }, 'define.durable.formerly'],
    [{ formerly: ['B', 5] }, 'define.durable.formerly'],
    [{ version: Infinity }, 'define.durable.version'],
  ])('%j is refused, with its place', (durable, option) => {
    expect(refusal(durable)).toMatchObject({ option });
  });
});
