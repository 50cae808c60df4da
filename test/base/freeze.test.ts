import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze, frozenHint } from '../../src/base/freeze.js';
import { hostileValues } from './hostile.js';

describe('deepFreeze', () => {
  it('PR-17 freezes through plain objects and arrays', () => {
    const payload = { a: [{ b: 1 }], c: Object.assign(Object.create(null) as object, { d: [1] }) };
    deepFreeze(payload);
    for (const part of [payload, payload.a, payload.a[0], payload.c, (payload.c).d]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(() => payload.a.push({ b: 2 })).toThrow(TypeError);
  });

  it('leaves class instances, Maps, typed arrays and functions alone', () => {
    class Own {
      n = 1;
    }
    const payload = {
      own: new Own(), map: new Map([[1, { x: 1 }]]), bytes: new Uint8Array(2), date: new Date(0),
      fn: (): void => undefined,
    };
    deepFreeze(payload);
    payload.own.n = 2;
    payload.map.set(2, { x: 2 });
    payload.bytes[0] = 7;
    expect(payload.own.n + payload.map.size + (payload.bytes[0] ?? 0)).toBe(11);
    expect([payload.own, payload.map, payload.date, payload.fn].some(Object.isFrozen)).toBe(false);
  });

  it('survives cycles and depth', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = [cyclic];
    deepFreeze(cyclic);
    expect(Object.isFrozen(cyclic['self'])).toBe(true);
    let deep: object = {};
    const innermost = deep;
    for (let i = 0; i < 999; i++) deep = { deep };
    deepFreeze({ deep });
    expect(Object.isFrozen(innermost), 'object number 1,001').toBe(false);
    deepFreeze(deep);
    expect(Object.isFrozen(innermost), 'what was frozen before ends the walk').toBe(false);
    let other: object = {};
    const last = other;
    for (let i = 0; i < 999; i++) other = { other };
    deepFreeze(other);
    expect(Object.isFrozen(last), 'object number 1,000').toBe(true);
  });

  it('freezes 1,000 objects at most, those nearest to the root, and looks at 1,000 elements of an array', () => {
    const rows = Array.from({ length: 300_000 }, (_, id) => ({ id, tags: ['a'] }));
    const payload = { rows, head: { by: { name: 'x' } } };
    deepFreeze(payload);
    expect([payload, rows, payload.head, rows[0], rows[990]].every((part) => Object.isFrozen(part))).toBe(true);
    expect(rows.filter((row) => Object.isFrozen(row)).length).toBeLessThan(1_000);
    expect([payload.head.by, rows[0]?.tags].some((part) => Object.isFrozen(part)), 'a level below').toBe(false);
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = {};
    deepFreeze(sparse);
    expect(Object.isFrozen(sparse)).toBe(true);
  });

  it('tells a change of what is frozen from other errors', () => {
    const frozen = Object.freeze({ n: 1, list: Object.freeze([1, 2]) }) as {
      n: number; more?: number; list: number[];
    };
    const errors = [
      () => { frozen.n = 2; }, () => { frozen.more = 1; }, () => { delete (frozen as { n?: number }).n; },
      () => frozen.list.push(3), () => frozen.list.pop(), () => frozen.list.reverse(),
      () => Object.defineProperty(
        frozen, 'x', { value: 1 },
      ),
    ].map((change) => { try { change(); return undefined; } catch (error) { return error; } });
    for (const error of errors) expect(frozenHint(error), String(error)).toContain('structuredClone');
    const hostile = new Proxy(new TypeError('x'), { get() { throw new Error('no'); } });
    for (const other of [
      new TypeError('x is not a function'), new Error('Cannot add property x'), undefined,
      'Cannot add property x',
      hostile,
    ]) expect(frozenHint(other)).toBeUndefined();
  });

  it('does not run getters', () => {
    let ran = 0;
    deepFreeze({ get boom() { return ran++; } });
    expect(ran).toBe(0);
  });

  it.each(Object.keys(hostileValues()))('P17 never throws: %s', (name) => {
    const value = hostileValues()[name];
    expect(() => deepFreeze(value)).not.toThrow();
    expect(() => deepFreeze({ inner: value })).not.toThrow();
  });

  it('any JSON value is frozen all through', () => {
    const frozenThrough = (value: unknown): boolean => typeof value !== 'object' || value === null
      || (Object.isFrozen(value) && Object.values(value).every(frozenThrough));
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      deepFreeze(value);
      return frozenThrough(value);
    }));
  });
});
