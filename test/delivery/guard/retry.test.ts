import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { retry } from '../../../src/delivery/guard/retry.js';
import { child, defineAgent, OptionError } from '../../../src/index.js';
import { simulate } from '../../../src/testing/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const quick = { backoff: { baseMs: 1, jitter: 0 } } as const;

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
    for (const [options, expected] of [
      [quick, 5], [{ ...quick, attemptsMax: 1 }, 1], [{ ...quick, attemptsMax: 3 }, 3],
    ] as const) {
      let n = 0;
      const errors: Error[] = [];
      const { attempt, numbers } =
        flaky(99, () => { const error = new Error(`no ${n++}`); errors.push(error); return error; });
      expect(await failure(retry(attempt, options))).toBe(errors.at(-1));
      expect(numbers).toHaveLength(expected);
    }
  });

  test('the delays grow by the factor from baseMs and are capped by maxMs', async () => {
    const { attempt, at } = flaky(4);
    await retry(attempt, { backoff: { baseMs: 10, factor: 3, maxMs: 40, jitter: 0 } });
    const gaps = at.slice(1).map((when, n) => when - (at[n] as number));
    [10, 30, 40, 40].forEach((ms, n) => expect(gaps[n], `gap ${n}`).toBeGreaterThanOrEqual(ms - 2));
    expect(gaps[3], 'without the cap it were 270').toBeLessThan(200);
  });

  test('P22 jitter takes up to that share from a delay, half of it by default, and never adds to it', async () => {
    for (const [jitter, share] of [[undefined, 0.5], [0.5, 0.5], [0.2, 0.2], [1, 1], [0, 0]] as const) {
      const gaps: number[][] = [[], [], [], []];
      for (let seed = 0; seed < 60; seed++) {
        await simulate(seed, async (sim) => {
          const at: number[] = [];
          await retry(
            () => { at.push(sim.nowMs); throw new Error('no'); },
            { backoff: { baseMs: 1_000, maxMs: 3_000, jitter } },
          ).catch(() => undefined);
          at.slice(1).forEach((ms, n) => gaps[n]?.push(ms - (at[n] as number)));
        });
      }
      [1_000, 2_000, 3_000, 3_000].forEach((full, n) => {
        const [least, most] = [Math.min(...(gaps[n] as number[])), Math.max(...(gaps[n] as number[]))];
        expect(
          [least >= full * (1 - share), most <= full + 1],
          `${String(jitter)}: ${least} to ${most} of ${full}`,
        )
          .toEqual([true, true]);
        if (share > 0) expect(most - least, `${String(jitter)} spreads`).toBeGreaterThan(full * share * 0.8);
      });
    }
  });

  test('P32 a delay of any size is waited for, in virtual time too, by the outside, a system and a process', async () => {
    const day = 86_400_000;
    for (const who of ['outside', 'system', 'process'] as const) {
      await simulate(1, async (sim) => {
        const days: number[] = [];
        const fail = (): never => {
          days.push(Math.round(sim.nowMs / day));
          throw new Error('no');
        };
        const options = { attemptsMax: 5, backoff: { baseMs: 30 * day, maxMs: 365 * day, jitter: 0 } };
        if (who === 'outside') await retry(fail, options).catch(() => undefined);
        else if (who === 'system') await sim.system.retry(fail, options).catch(() => undefined);
        else await sim.system.monitor(sim.system.spawn((self) => self.retry(fail, options))).down;
        expect(days).toEqual([0, 30, 90, 210, 450]);
      });
    }
  });

  test('P32 in real time a delay of more than 2^31 ms is no delay of none', async () => {
    const controller = new AbortController();
    const { attempt, numbers } = flaky(99);
    const running =
      failure(
        retry(attempt, {
          signal: controller.signal, backoff: { baseMs: 30 * 86_400_000, maxMs: 365 * 86_400_000 },
        })
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort('enough');
    expect([await running, numbers]).toEqual(['enough', [1]]);
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
    const running = failure(
      retry(attempt, { signal: controller.signal, backoff: { baseMs: 60_000, maxMs: 60_000 } }),
    );
    setTimeout(() => controller.abort(new Error('enough')), 3);
    expect(await running).toMatchObject({ message: 'enough' });
    expect(numbers).toEqual([1]);
    expect(await failure(retry(attempt, { ...quick, signal: controller.signal })))
      .toMatchObject({ message: 'enough' });
    expect(numbers).toEqual([1]);
  });

  test('a signal that fires while an attempt runs ends the retry with its reason, whatever the attempt comes to, and `when` is not asked', async () => {
    for (const reason of [
      undefined, null, 0, '', 'odd', Symbol('odd'), { shutdown: 'odd' }, Object.freeze(new TypeError('odd')),
    ]) {
      for (const end of ['succeeds', 'fails', 'fails the last time']) {
        const controller = new AbortController();
        let asked = 0;
        const running = failure(retry(async () => {
          await settleTurn();
          controller.abort(reason);
          if (end !== 'succeeds') throw controller.signal.reason as Error;
        }, {
          ...quick, attemptsMax: end === 'fails' ? 3 : 1, signal: controller.signal,
          when: () => { asked++; return true; },
        }));
        expect(await running).toBe(controller.signal.reason);
        expect(asked).toBe(0);
      }
    }
  });

  test('the end of a process ends its retries with its exit reason, under any signal, in a wait and in an attempt', async () => {
    const system = testSystem();
    for (const reason of [
      undefined, null, 0, '', 'odd', Symbol('odd'), { shutdown: 'odd' }, Object.freeze(new TypeError('odd')),
    ]) {
      for (const end of ['waits', 'succeeds', 'fails'] as const) {
        for (const signal of [undefined, new AbortController().signal]) {
          let asked = 0;
          const running = new Promise<unknown>((resolve) => {
            const p = system.spawn(async (self) => {
              resolve(failure(self.retry(async () => {
                if (end === 'waits') throw new Error('not yet');
                await settleTurn();
                system.exit(p, reason);
                if (end === 'fails') throw new Error('no');
              }, {
                signal, when: () => { asked++; return true; },
                backoff: { baseMs: 60_000, maxMs: 60_000 },
              })));
              await new Promise(() => undefined);
            });
            if (end === 'waits') void settleTurn().then(settleTurn).then(() => system.exit(p, reason));
          });
          expect(await running).toBe(reason);
          expect(asked).toBe(end === 'waits' ? 1 : 0);
          if (signal !== undefined) {
            await settleTurn();
            expect(getEventListeners(signal, 'abort')).toEqual([]);
          }
        }
      }
    }
  });

  test('P15 the end of a system ends its retries, in a wait, in an attempt and before the first', async () => {
    for (const end of ['waits', 'succeeds', 'fails'] as const) {
      for (const signal of [undefined, new AbortController().signal]) {
        const system = testSystem();
        let asked = 0;
        let attempts = 0;
        const options = {
          signal, when: () => { asked++; return true; }, backoff: { baseMs: 60_000, maxMs: 60_000 },
        };
        const running = failure(system.retry(async () => {
          attempts++;
          if (end === 'waits') throw new Error('not yet');
          await system.stop();
          if (end === 'fails') throw new Error('no');
        }, options));
        if (end === 'waits') {
          await settleTurn();
          await system.stop();
        }
        expect(await running).toMatchObject({ code: 'SYSTEM_STOPPED' });
        expect(await failure(system.retry(() => attempts++, options)))
          .toMatchObject({ code: 'SYSTEM_STOPPED' });
        expect([attempts, asked]).toEqual([1, end === 'waits' ? 1 : 0]);
        await settleTurn();
        if (signal !== undefined) expect(getEventListeners(signal, 'abort')).toEqual([]);
      }
    }
  });

  test('system.retry waits on the clock of its system, whatever the other one does', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { attempt, numbers } = flaky(2);
    const running = system.retry(attempt, { backoff: { baseMs: 10_000, jitter: 0 } });
    await env.advance(9_999);
    expect(numbers).toEqual([1]);
    await env.advance(1);
    expect(numbers).toEqual([1, 2]);
    await env.advance(20_000);
    expect(await running).toBe('done');
    expect(env.pending.timers).toBe(0);
  });

  test('what `when` throws is what it rejects with; one that answers later is waited for', async () => {
    const { attempt } = flaky(9);
    expect(await failure(
      retry(attempt, { ...quick, when: () => { throw 'undecided' as unknown as Error; } }),
    )).toBe(
      'undecided',
    );
    const second = flaky(9, () => 'no');
    expect(await failure(
      retry(second.attempt, { ...quick, when: (async () => { await settleTurn(); return false; }) as never }),
    )).toBe('no');
    expect(second.numbers).toEqual([1]);
  });

  test('no base is no wait, for any number of attempts', async () => {
    const { attempt, numbers } = flaky(1_100);
    expect(await retry(attempt, { attemptsMax: 1_200, backoff: { baseMs: 0 } })).toBe('done');
    expect(numbers).toHaveLength(1_101);
  });

  test('bad options are errors that name the option, before the first attempt', async () => {
    const { attempt, numbers } = flaky(0);
    const bad: [object, string][] = [
      [{ attemptsMax: 0 }, 'attemptsMax'], [
        { attemptsMax: 1.5 }, 'attemptsMax',
      ], [{ attemptsMax: Number.NaN }, 'attemptsMax'], [{ attemptsMax: Infinity }, 'attemptsMax'],
      [{ backoff: { baseMs: -1 } }, 'baseMs'], [{ backoff: { baseMs: Number.NaN } }, 'baseMs'],
      [{ backoff: { maxMs: 0.5 } }, 'maxMs'], [{ backoff: { factor: 0.5 } }, 'factor'],
      [{ backoff: { factor: Number.NaN } }, 'factor'], [{ backoff: { factor: Infinity } }, 'factor'],
      [{ backoff: { jitter: 1.5 } }, 'jitter'], [{ backoff: { jitter: true } }, 'jitter'],
      [{ backoff: 5 }, 'backoff'], [{ baseMs: 1 }, 'baseMs'], [
        { attempts: 3 }, 'attempts'
      ], [{ when: 'always' }, 'when'], [{ signal: {} }, 'signal'],
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
    const Agent = defineAgent({
      init: async () => { await new Promise((resolve) => setTimeout(resolve, 4)); return {}; },
      calls: { ping: () => 'pong' }, casts: { crash() { throw new Error('boom'); } },
    });
    await system.supervise({ intensity: 3, children: [child('a', Agent)] });
    const ref = system.ref(Agent, 'a');
    ref.cast('crash');
    expect(
      await retry(() => ref.call('ping'), { attemptsMax: 20, backoff: { baseMs: 2, factor: 1 } }),
    ).toBe('pong');
  });
});

describe('retry and what errors ask for', () => {
  const waits = async (error: unknown, options: object = {}): Promise<number> => {
    let ms = -1;
    await simulate(3, async (sim) => {
      const Agent = defineAgent({
        calls: {
          ask: (self) => self.retry((n) => {
            if (n === 1) throw error as Error;
            return n;
          }, { ...options, backoff: { baseMs: 100, jitter: 0 } }),
        },
      });
      const from = sim.nowMs;
      sim.equal(
        await sim.system.start(Agent).call('ask', undefined, { timeoutMs: 'infinity' }), 2,
        'the second attempt',
      );
      ms = Math.round(sim.nowMs - from);
    });
    return ms;
  };

  test('retryAfterMs of an error, or of a refusal, is the least wait, cut to retryAfterMaxMs', async () => {
    expect(await waits(new Error('503'))).toBe(100);
    expect(await waits(Object.assign(new Error('429'), { retryAfterMs: 5_000 }))).toBe(5_000);
    expect(await waits(Object.assign(new Error('429'), { retryAfterMs: 20 }))).toBe(100);
    expect(await waits(Object.assign(new Error('busy'), { details: { retryAfterMs: 700 } }))).toBe(700);
    expect(await waits(Object.assign(new Error('a date'), { retryAfterMs: 1_700_000_000_000 }))).toBe(600_000);
    expect(await waits(Object.assign(new Error('429'), { retryAfterMs: 5_000 }), {
      retryAfterMaxMs: 1_000,
    })).toBe(
      1_000,
    );
    for (const retryAfterMs of [NaN, -1, '5', null]) {
      expect(await waits(Object.assign(new Error('odd'), { retryAfterMs }))).toBe(100);
    }
    expect(await failure(retry(() => 1, { retryAfterMaxMs: -1 }))).toBeInstanceOf(OptionError);
  });

  test('onRetry hears of each failed attempt that is followed by another; what it throws ends it', async () => {
    const told: unknown[] = [];
    const { attempt } = flaky(2, () => 'no');
    await retry(attempt, { ...quick, onRetry: (one) => told.push(one) });
    expect(told).toEqual([{ error: 'no', attempt: 1, delayMs: 1 }, { error: 'no', attempt: 2, delayMs: 2 }]);
    told.length = 0;
    await failure(retry(flaky(9).attempt, {
      ...quick, attemptsMax: 2, onRetry: () => { throw new Error('enough'); },
    })
      .then(() => told.push('done'), (error: Error) => { told.push(error.message); throw error; }));
    expect(told).toEqual(['enough']);
    expect(await failure(retry(() => 1, { onRetry: 5 as never }))).toBeInstanceOf(OptionError);
  });
});
