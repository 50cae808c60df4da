import { afterEach, describe, expect, test } from 'vitest';
import { lendRequire } from '../../src/base/lend-require.js';

const global = globalThis as { require?: unknown };

describe('a require that is lent', () => {
  afterEach(() => { delete global.require; });

  test('gives modules of Node, with and without the prefix, and nothing else; it is gone once it is taken back', () => {
    expect(global.require).toBeUndefined();
    const takeBack = lendRequire();
    const lent = global.require as (name: string) => unknown;
    expect(lent('events')).toBe(process.getBuiltinModule('node:events'));
    expect(lent('node:os')).toBe(process.getBuiltinModule('os'));
    expect(() => lent('left-pad')).toThrow("Cannot find module 'left-pad'");
    takeBack();
    expect('require' in globalThis).toBe(false);
  });

  test('one that is there stays', () => {
    const own = (): void => undefined;
    global.require = own;
    lendRequire()();
    expect(global.require).toBe(own);
  });

  test('the library leaves none behind', async () => {
    await import('../../src/index.js');
    expect('require' in globalThis).toBe(false);
  });
});
