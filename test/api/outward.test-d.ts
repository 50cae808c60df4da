import { expectTypeOf, test } from 'vitest';
import { createSystem, type Breaker, type Limit } from '../../src/index.js';

const system = createSystem({ logger: false });
const breaker: Breaker = system.breaker('api');
const limit: Limit = system.limit('api', { perMinute: 60, concurrency: 2 });

test('a run returns what its function returns, promises taken off', () => {
  expectTypeOf(breaker.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(breaker.run(async (signal) => signal.aborted)).toEqualTypeOf<Promise<boolean>>();
  expectTypeOf(limit.run(async () => 'x', { timeoutMs: 'infinity' })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(system.retry(async (attempt) => `${attempt}`)).toEqualTypeOf<Promise<string>>();
});

test('a wrapped function keeps its arguments and has a promise', () => {
  const wrapped = breaker.wrap((n: number, text: string) => text.repeat(n));
  expectTypeOf(wrapped).toEqualTypeOf<(n: number, text: string) => Promise<string>>();
  expectTypeOf(limit.wrap(async () => 1)).toEqualTypeOf<() => Promise<number>>();
  // @ts-expect-error the arguments of the function
  void wrapped('1', 'x');
});

test('a change names both states and its cause', () => {
  expectTypeOf(breaker.watch((change) => {
    expectTypeOf(change.from).toEqualTypeOf<'closed' | 'open' | 'half-open'>();
    expectTypeOf(change.cause).toEqualTypeOf<'rate' | 'failures' | 'due' | 'probe' | 'manual'>();
  })).toEqualTypeOf<() => void>();
  expectTypeOf(breaker.state).toEqualTypeOf<'closed' | 'open' | 'half-open'>();
});

test('options are those that there are', () => {
  // @ts-expect-error a number of failures
  system.breaker('x', { failures: '3' });
  // @ts-expect-error a signal is no option of the limit, but of a run
  system.limit('x', { signal: new AbortController().signal });
  void system.retry(() => 1, { when: (error) => error instanceof TypeError, onRetry: ({ attempt, delayMs }) => {
    expectTypeOf([attempt, delayMs]).toEqualTypeOf<number[]>();
  } });
});
