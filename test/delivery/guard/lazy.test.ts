import { describe, expect, test } from 'vitest';
import { defineAgent, OptionError, retry, type System } from '../../../src/index.js';
import { rejection } from '../../behaviour/help.js';
import { testSystem } from '../../support/system.js';

const Source = defineAgent({ calls: { async *items() { yield 1; } } });

/** What reads nothing until it is read. */
const lazy: Readonly<Record<string, (system: System) => unknown>> = {
  'an async generator': () => (async function* () { yield 1; })(),
  'a generator': () => (function* () { yield 1; })(),
  'a stream of an agent': (system) => system.start(Source).stream('items'),
  'an iterator of promises': () =>
    ({ next: async () => ({ done: true, value: 1 }), [Symbol.asyncIterator]() { return this; } }),
  'the promise of one': async () => (async function* () { yield 1; })(),
  'one whose end throws': () =>
    ({ next: () => 1, [Symbol.asyncIterator]: () => 1, return() { throw new Error('no end'); } }),
};

/** What is a value, or may be read elsewhere. */
const values: readonly (() => unknown)[] = [
  () =>
    [1].values(), () => ({ next: () => 1 }), () =>
      null, () => new ReadableStream(), () => (function* () { yield 1; }),
];

type Guard = (system: System, fn: () => unknown) => Promise<unknown>;
const guards: Readonly<Record<string, Guard>> = {
  'limit.run': (system, fn) => system.limit('l', { concurrency: 1 }).run(fn),
  'breaker.run': (system, fn) => system.breaker('b', { failures: 1 }).run(fn),
  retry: (_system, fn) => retry(fn, { backoff: { baseMs: 0 } }),
  'system.retry': (system, fn) => system.retry(fn, { backoff: { baseMs: 0 } }),
};

describe('a function that is guarded returns no iterator', () => {
  for (const [verb, guard] of Object.entries(guards)) {
    test.each(Object.keys(lazy))(`${verb} refuses %s, once, and has its place back`, async (what) => {
      const system = testSystem();
      let calls = 0;
      const error = await rejection(guard(system, () => {
        calls++;
        return (lazy[what] as (system: System) => unknown)(system);
      }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject(
        {
          code: 'LAZY_RESULT',
          message: expect.stringMatching(/give the function to (limit|breaker)\.stream|retryStream/) as string,
        },
      );
      expect(calls).toBe(1);
      expect(await guard(system, () => 'next')).toBe('next');
      expect(system.breaker('b', { failures: 1 }).state).toBe('closed');
    });

    test(`${verb} lets values through`, async () => {
      const system = testSystem();
      for (const make of values) {
        const value = make();
        expect(await guard(system, () => value)).toBe(value);
      }
    });
  }

  test('the iterator is ended', async () => {
    const ended: string[] = [];
    const one = { next: () => 1, [Symbol.asyncIterator]: () => one, return: () => void ended.push('ended') };
    await rejection(retry(() => one));
    expect(ended).toEqual(['ended']);
  });
});
