import { describe, expect, test } from 'vitest';
import type { Limit, LimitOptions, LimitPermit, System } from '../../../src/index.js';
import { Gate, rejection } from '../../behaviour/help.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/* V Service queues: rate limit by weight (tokens a minute). */

interface World {
  readonly env: VirtualEnv;
  readonly system: System;
  readonly limit: Limit;
  /** starts a call of that weight; when it starts is noted */
  readonly start: (weight: number) => void;
  readonly starts: (readonly [number, number])[];
}

/** A unit of weight a ms, so many at once. */
function world(options: LimitOptions = {}): World {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const limit = system.limit('tokens', { weightPerMinute: 60_000, weightBurst: 1_000, ...options });
  const began = env.now;
  const starts: (readonly [number, number])[] = [];
  const start = (weight: number): void => void limit.run(() => void starts.push([env.now - began, weight]), {
    weight, timeoutMs: 'infinity',
  });
  return { env, system, limit, start, starts };
}

describe('V Service queues: a limit by weight', () => {
  test('a call starts when its weight is there; a light one does not overtake a heavy one', async () => {
    const { env, limit, start, starts } = world();
    for (const weight of [900, 400, 1, 1_000]) start(weight);
    await env.settle();
    expect(limit.stats()).toMatchObject({ waiting: 3, weight: 900, weightFree: 100 });
    await env.advance(5_000);
    expect(starts).toEqual([[0, 900], [300, 400], [301, 1], [1_301, 1_000]]);
    expect(limit.stats()).toMatchObject({ started: 4, weight: 2_301, weightFree: 1_000, waiting: 0 });
    expect(env.pending.held).toBe(0);
  });

  test('a light call starts at once when the heavy one before it gives up', async () => {
    const { env, limit, start, starts } = world();
    start(900);
    const gaveUp = rejection(limit.run(() => undefined, { weight: 1_000, timeoutMs: 10 }));
    start(1);
    await env.settle();
    expect(limit.stats()).toMatchObject({ waiting: 2, weightFree: 100 });
    await env.advance(10);
    expect(await gaveUp).toMatchObject({ code: 'LIMIT_TIMEOUT' });
    expect(starts).toEqual([[0, 900], [10, 1]]);
    await env.advance(5_000);
    expect(starts).toHaveLength(2);
    expect(env.pending.held).toBe(0);
  });

  test('calls that share a signal are all withdrawn by it', async () => {
    const { env, limit, start } = world();
    start(900);
    const controller = new AbortController();
    const { signal } = controller;
    const ends = [1_000, 1, 1].map((weight) => rejection(limit.run(() => undefined, { weight, signal })));
    await env.settle();
    controller.abort();
    for (const error of await Promise.all(ends)) expect(error).toMatchObject({ name: 'AbortError' });
    expect(limit.stats()).toMatchObject({ waiting: 0, withdrawn: 3, weightFree: 100 });
    expect(env.pending.held).toBe(0);
  });

  test('in any time at most the burst and what comes with time', async () => {
    const { env, start, starts } = world();
    for (let n = 0; n < 40; n++) start(1 + (n * 37) % 400);
    await env.advance(60_000);
    expect(starts).toHaveLength(40);
    for (let from = 0; from < starts.length; from++) {
      let weight = 0;
      for (let to = from; to < starts.length; to++) {
        weight += starts[to]![1];
        expect(weight).toBeLessThanOrEqual(1_000 + starts[to]![0] - starts[from]![0]);
      }
    }
  });

  test('the burst is one minute’s worth by default; a call weighs 1 by default', async () => {
    const { limit } = world({ weightBurst: undefined });
    expect(limit.stats().weightFree).toBe(60_000);
    await limit.run(() => 1);
    expect(limit.stats()).toMatchObject({ weight: 1, weightFree: 59_999 });
  });

  test('counts, slots and weights hold together', async () => {
    const { env, start, starts } = world({ perMinute: 60, burst: 1 });
    for (const weight of [1_000, 1_000, 0]) start(weight);
    await env.advance(5_000);
    expect(starts).toEqual([[0, 1_000], [1_000, 1_000], [2_000, 0]]);
  });

  test('agents take turns, also by weight', async () => {
    const { env, system } = world();
    const order: string[] = [];
    for (const name of ['a', 'b']) {
      system.spawn((self) => {
        for (let n = 0; n < 3; n++) {
          void self.limit('tokens').run(() => void order.push(name), { weight: 1_000, timeoutMs: 'infinity' });
        }
        return new Promise(() => undefined);
      });
    }
    await env.advance(10_000);
    expect(order).toEqual(['a', 'a', 'b', 'a', 'b', 'b']); // the first one found nobody waiting
  });
});

describe('permit.weigh', () => {
  test('what was too much comes back, at most to the burst', async () => {
    const { env, limit, start, starts } = world();
    const gate = new Gate();
    const call = limit.run(async (_signal, permit) => {
      expect(permit.weight).toBe(900);
      await gate.promise;
      permit.weigh(100);
      expect(permit.weight).toBe(100);
    }, { weight: 900 });
    start(500);
    await env.advance(10);
    gate.open();
    await call;
    await env.settle();
    expect(starts).toEqual([[10, 500]]);
    expect(limit.stats()).toMatchObject({ weight: 600, weightFree: 410 });
    await env.advance(60_000);
    await limit.run((_signal, permit) => permit.weigh(0), { weight: 1_000 });
    expect(limit.stats().weightFree).toBe(1_000);
  });

  test('what was too little is owed by those that follow, also above the burst; the last one counts', async () => {
    const { env, limit, start, starts } = world();
    await limit.run((_signal, permit) => {
      permit.weigh(5_000);
      permit.weigh(3_000);
    }, { weight: 100 });
    expect(limit.stats()).toMatchObject({ weight: 3_000, weightFree: -2_000 });
    start(1);
    await env.advance(10_000);
    expect(starts).toEqual([[2_001, 1]]);
  });

  test('a wait whose alarm was set hears of a later correction, both ways', async () => {
    const { env, limit, start, starts } = world();
    let kept!: LimitPermit;
    await limit.run((_signal, permit) => { kept = permit; }, { weight: 1_000 });
    start(500);
    await env.advance(100);
    kept.weigh(2_000); // after its call, too
    await env.advance(900);
    expect(starts).toEqual([]);
    kept.weigh(1_000);
    await env.settle();
    expect(starts).toEqual([[1_000, 500]]);
  });

  test('the dead correct nothing; P35 the weight of a call that was not made comes back', async () => {
    const { env, system, limit, start, starts } = world({ concurrency: 1 });
    let kept!: LimitPermit;
    const agent = system.spawn((self) => {
      void self.limit('tokens').run((_signal, permit) => {
        kept = permit;
        return new Promise(() => undefined);
      }, { weight: 600 });
      void self.limit('tokens').run(() => undefined, { weight: 400 });
      return new Promise(() => undefined);
    });
    await env.settle();
    expect(limit.stats()).toMatchObject({ running: 1, waiting: 1, weight: 600, weightFree: 400 });
    system.exit(agent, 'kill');
    kept.weigh(0);
    expect(limit.stats()).toMatchObject({ running: 0, waiting: 0, weight: 600, weightFree: 400 });
    start(400);
    await env.settle();
    expect(starts).toEqual([[0, 400]]);
  });

  test('a breaker inside that refuses gives the weight back', async () => {
    const { system, limit } = world();
    const breaker = system.breaker('b');
    breaker.open();
    await rejection(limit.run(() => breaker.run(() => 1), { weight: 700 }));
    expect(limit.stats().weightFree).toBe(1_000);
  });

  test('a stream weighs, and corrects it at its end', async () => {
    const { limit } = world();
    const items = limit.stream(async function* (_signal, permit) {
      yield 'to';
      permit.weigh(30);
    }, { weight: 100 });
    await items.next();
    expect(limit.stats()).toMatchObject({ weight: 100, weightFree: 900 });
    await items.next();
    expect(limit.stats()).toMatchObject({ weight: 30, weightFree: 970 });
  });
});

describe('what is wrong is told where it enters', () => {
  test('a weight that never fits', async () => {
    const { limit } = world();
    expect(await rejection(limit.run(() => 1, { weight: 1_001 }))).toMatchObject({
      code: 'OVERWEIGHT',
      message: "limit.run.weight: got 1001, expected at most 1000, the weightBurst of limit 'tokens';"
        + ' it would never have its turn: raise weightBurst, or make several calls of it',
    });
    expect(() => limit.stream(() => [1], { weight: 1_001 })).toThrow(/limit.stream.weight/);
    expect(limit.stats()).toMatchObject({ started: 0, waiting: 0 });
  });

  test.each([-1, 1.5, NaN, Infinity, '5', null])('%s is no weight', async (weight) => {
    const { limit } = world();
    expect(await rejection(limit.run(() => 1, { weight: weight as never }))).toMatchObject({ code: 'BAD_OPTION' });
    expect(await rejection(limit.run((_signal, permit) => permit.weigh(weight as never))))
      .toMatchObject({ code: 'BAD_OPTION' });
  });

  test('a weight at a limit without weights, a burst of none', async () => {
    const system = testSystem();
    const limit = system.limit('l', { concurrency: 1 });
    expect(await rejection(limit.run(() => 1, { weight: 5 }))).toMatchObject({ code: 'BAD_COMBINATION' });
    expect(await rejection(limit.run((_signal, permit) => permit.weigh(5)))).toMatchObject({ code: 'BAD_COMBINATION' });
    expect(await limit.run((_signal, permit) => permit.weight)).toBe(1);
    expect(limit.stats()).toMatchObject({ weight: 0, weightFree: Infinity });
    expect(() => system.limit('m', { concurrency: 1, weightBurst: 5 })).toThrow(/weightPerMinute beside it/);
    expect(() => system.limit('m', { weightPerMinute: 0 })).toThrow(/weightPerMinute/);
    expect(() => system.limit('m', {})).toThrow(/perMinute, weightPerMinute, concurrency/);
  });

  test('P16 without weights, a function that declares one parameter gets its defaults', async () => {
    const system = testSystem();
    const limit = system.limit('l', { concurrency: 1 });
    expect(await limit.run((_signal: AbortSignal, word: unknown = 'default') => word)).toBe('default');
  });
});
