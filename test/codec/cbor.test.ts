import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/codec/index.js';

const back = (value: unknown): unknown => decode(encode(value, 'value'));

describe('values to bytes and back', () => {
  it.each([
    undefined, null, true, 0, -0, NaN, Infinity, 1.5, 2 ** 53, '', 'text', '\ud800', 'ü€😀', `\ufeff${'x'.repeat(200)}`,
    10n, -(2n ** 70n), new Date(1), new Date(NaN), new Date(-1.5e12 - 1),
    new Map<unknown, unknown>([[{ a: 1 }, -0]]), new Set([1, 'x']),
    new Uint8Array([1, 2]), new Float64Array([1.5, -0]), new BigInt64Array([-1n]), new Uint8Array([1, 2]).buffer,
    { a: [1, { b: undefined }], constructor: 'Ferrari' }, [[], {}],
  ])('%o comes back as it was', (value) => {
    expect(back(value)).toStrictEqual(value);
    expect(back({ in: [value] })).toStrictEqual({ in: [value] });
  });

  it('errors come back with their code, fields and causes', () => {
    const error = Object.assign(new TypeError('boom', { cause: new Error('why') }), {
      code: 'E1', data: { a: 1 }, socket: () => 1,
    });
    const found = back(error) as Error & { code: string; data: unknown };
    expect([found.name, found.message, found.code, found.data]).toEqual(['TypeError', 'boom', 'E1', { a: 1 }]);
    expect((found.cause as Error).message).toBe('why');
  });

  it('what cannot be stored is named by its path', () => {
    const state = { tools: [1, 2, 3, { run: () => 1 }] };
    expect(() => encode(state, 'state')).toThrow(expect.objectContaining({
      code: 'NOT_STORABLE', message: expect.stringContaining('state.tools[3].run: got '),
    }));
  });
});
