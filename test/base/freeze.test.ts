import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../src/base/index.js';
import { hostileValues } from './hostile.js';

describe('deepFreeze', () => {
  it('PR-17 freezes through plain objects and arrays', () => {
    const payload = { a: [{ b: 1 }], c: Object.assign(Object.create(null) as object, { d: [1] }) };
    deepFreeze(payload);
    for (const part of [payload, payload.a, payload.a[0], payload.c, (payload.c).d]) expect(Object.isFrozen(part)).toBe(true);
    expect(() => payload.a.push({ b: 2 })).toThrow(TypeError);
  });

  it('leaves class instances, Maps, typed arrays and functions alone', () => {
    class Own {
      n = 1;
    }
    const payload = { own: new Own(), map: new Map([[1, { x: 1 }]]), bytes: new Uint8Array(2), date: new Date(0), fn: (): void => undefined };
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
    for (let i = 0; i < 100_000; i++) deep = { deep };
    deepFreeze(deep);
    expect(Object.isFrozen(innermost)).toBe(true);
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
    const frozenThrough = (value: unknown): boolean => typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozenThrough));
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      deepFreeze(value);
      return frozenThrough(value);
    }));
  });
});
