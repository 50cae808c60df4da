import { describe, expect, test } from 'vitest';
import { retry } from '../../src/delivery/index.js';
import { child, defineAgent, OptionError } from '../../src/index.js';
import { testSystem } from '../support/system.js';

const quick = { baseMs: 1, jitter: false } as const;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

/** Counts its attempts and fails until `times` have failed. */
function flaky(times: number, error: () => unknown = () => new Error('not yet')) {
  const numbers: number[] = [];
  const at: number[] = [];
  return {
    numbers,
    at,
    attempt: (number: number): string => {
      numbers.push(number);
      at.push(performance.now());
      if (numbers.length <= times) throw error() as Error;
      return 'done';
    },
  };
}

describe('retry', () => {
  test('runs until it succeeds and tells each attempt its number', async () => {
    const { attempt, numbers } = flaky(3);
    expect(await retry(attempt, quick)).toBe('done');
    expect(numbers).toEqual([1, 2, 3, 4]);
    const first = flaky(0);
    await retry(async (n) => first.attempt(n), quick);
    expect(first.numbers).toEqual([1]);
  });

  test('attemptsMax is the number of attempts in total, 5 by default; it rejects with the last error itself', async () => {
    for (const [options, expected] of [[quick, 5], [{ ...quick, attemptsMax: 1 }, 1], [{ ...quick, attemptsMax: 3 }, 3]] as const) {
      let n = 0;
      const errors: Error[] = [];
      const { attempt, numbers } = flaky(99, () => { const error = new Error(`no ${n++}`); errors.push(error); return error; });
      expect(await failure(retry(attempt, options))).toBe(errors.at(-1));
      expect(numbers).toHaveLength(expected);
    }
  });

  test('the delays grow by the factor from baseMs and are capped by maxMs', async () => {
    const { attempt, at } = flaky(4);
    await retry(attempt, { baseMs: 10, factor: 3, maxMs: 40, jitter: false });
    const gaps = at.slice(1).map((when, n) => when - (at[n] as number));
    [10, 30, 40, 40].forEach((ms, n) => expect(gaps[n], `gap ${n}`).toBeGreaterThanOrEqual(ms - 2));
    expect(gaps[3], 'without the cap it were 270').toBeLessThan(200);
  });

  test('jitter spreads a delay over one to two times its length', async () => {
    const gaps: number[] = [];
    await Promise.all(Array.from({ length: 30 }, async () => {
      const { attempt, at } = flaky(1);
      await retry(attempt, { baseMs: 20 });
      gaps.push((at[1] as number) - (at[0] as number));
    }));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(18);
    gaps.sort((a, b) => a - b);
    expect(gaps[10], 'twice its length at most; a third of them may be late on a busy machine').toBeLessThan(60);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(3);
  });

  test('`when` decides which errors are worth another attempt; without it every error is, also a TypeError', async () => {
    const refused = new Error('refused');
    const first = flaky(9, () => refused);
    expect(await failure(retry(first.attempt, { ...quick, when: (error) => error !== refused }))).toBe(refused);
    expect(first.numbers).toEqual([1]);
    const types = flaky(2, () => new TypeError('a bug or a flaky parser'));
    expect(await retry(types.attempt, quick)).toBe('done');
  });

  test('a thrown non-error is tried again and rejects as it was thrown', async () => {
    const data = flaky(2, () => 'just text');
    expect(await retry(data.attempt, quick)).toBe('done');
    const { attempt } = flaky(99, () => 'just text');
    expect(await failure(retry(attempt, { ...quick, attemptsMax: 2 }))).toBe('just text');
  });

  test('a signal aborts the wait at once, with its reason; one that fired before prevents every attempt', async () => {
    const controller = new AbortController();
    const { attempt, numbers } = flaky(99);
    const running = failure(retry(attempt, { baseMs: 60_000, maxMs: 60_000, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 3);
    expect(await running).toMatchObject({ message: 'enough' });
    expect(numbers).toEqual([1]);
    expect(await failure(retry(attempt, { ...quick, signal: controller.signal }))).toMatchObject({ message: 'enough' });
    expect(numbers).toEqual([1]);
  });

  test('bad options are errors that name the option, before the first attempt', async () => {
    const { attempt, numbers } = flaky(0);
    const bad: [object, string][] = [
      [{ attemptsMax: 0 }, 'attemptsMax'], [{ attemptsMax: 1.5 }, 'attemptsMax'], [{ attemptsMax: Number.NaN }, 'attemptsMax'], [{ attemptsMax: Infinity }, 'attemptsMax'],
      [{ baseMs: -1 }, 'baseMs'], [{ baseMs: Number.NaN }, 'baseMs'], [{ maxMs: 0.5 }, 'maxMs'], [{ factor: 0.5 }, 'factor'], [{ factor: Number.NaN }, 'factor'], [{ factor: Infinity }, 'factor'],
      [{ attempts: 3 }, 'attempts'], [{ when: 'always' }, 'when'], [{ signal: {} }, 'signal'],
    ];
    for (const [options, name] of bad) {
      const error = await failure(retry(attempt, options));
      expect(error, JSON.stringify(options)).toBeInstanceOf(OptionError);
      expect((error as OptionError).option).toContain(name);
    }
    expect(numbers).toEqual([]);
  });

  test('it carries a caller over the restart of an agent', async () => {
    const system = testSystem();
    const Agent = defineAgent({ init: async () => { await new Promise((resolve) => setTimeout(resolve, 4)); return {}; }, calls: { ping: () => 'pong' }, casts: { crash() { throw new Error('boom'); } } });
    await system.supervise({ intensity: 3, children: [child('a', Agent)] });
    const ref = system.ref(Agent, 'a');
    ref.cast('crash');
    expect(await retry(() => ref.call('ping'), { baseMs: 2, attemptsMax: 20, factor: 1 })).toBe('pong');
  });
});
