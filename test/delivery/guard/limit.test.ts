import { describe, expect, test } from 'vitest';
import {
  defineAgent, isCalleeFailure, LimitTimeoutError, type Limit, type LimitOptions, type ProcessSelf,
  type System,
} from '../../../src/index.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { held, outcome } from '../calls.js';

function world(
  options: LimitOptions,
): { env: VirtualEnv; system: System; limit: Limit; starts: number[]; mark: () => void } {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const began = env.now;
  const starts: number[] = [];
  return {
    env, system, limit: system.limit('openai', options), starts,
    mark: () => starts.push(env.now - began),
  };
}

describe('perMinute', () => {
  test('starts are evenly spread after a burst, on the deadline list', async () => {
    const { env, limit, starts, mark } = world({ perMinute: 60, burst: 3 });
    const all = Promise.all(Array.from({ length: 6 }, () => limit.run(mark)));
    await env.advance(10_000);
    await all;
    expect(starts).toEqual([0, 0, 0, 1_000, 2_000, 3_000]);
    expect(env.pending.held).toBe(0);
  });

  test('an idle time gives one burst back, not more', async () => {
    const { env, limit, starts, mark } = world({ perMinute: 600, burst: 2 });
    for (let n = 0; n < 2; n++) void limit.run(mark);
    await env.advance(60_000);
    for (let n = 0; n < 4; n++) void limit.run(mark);
    await env.advance(1_000);
    expect(starts).toEqual([0, 0, 60_000, 60_000, 60_100, 60_200]);
  });

  test('burst is one second worth by default, at least one', async () => {
    for (const [perMinute, atOnce] of [[6, 1], [60, 1], [90, 2], [600, 10]] as const) {
      const { env, limit, starts, mark } = world({ perMinute });
      for (let n = 0; n < 12; n++) void limit.run(mark, { timeoutMs: 1 });
      await env.settle();
      expect(starts, `${perMinute}`).toHaveLength(atOnce);
      await env.advance(10);
    }
  });
});

describe('concurrent', () => {
  test('so many run at once; the next starts when one has ended, also by a throw', async () => {
    const { env, limit } = world({ concurrency: 2 });
    const calls = Array.from({ length: 4 }, () => held(limit));
    await env.settle();
    expect(limit.stats()).toMatchObject({ running: 2, waiting: 2, started: 2 });
    await calls[0]?.ok();
    await env.settle();
    expect(limit.stats()).toMatchObject({ running: 2, waiting: 1, started: 3 });
    for (const call of calls) await call.ok();
    for (const fn of [() => { throw new Error('sync'); }, () => Promise.reject(new Error('async'))]) {
      expect(await outcome(limit.run(fn))).toBeInstanceOf(Error);
    }
    expect(limit.stats()).toEqual(
      { name: 'openai', running: 0, waiting: 0, started: 6,
        weight: 0, weightFree: Infinity, timedOut: 0, withdrawn: 0, pausedMs: 0 },
    );
    expect(env.pending.timers, 'the waits of 60 s are taken back').toBeLessThanOrEqual(1);
    expect(env.pending.held).toBe(0);
  });

  test('who comes while others wait goes to the end, though a slot has just come free', async () => {
    const { env, limit } = world({ concurrency: 1 });
    const order: string[] = [];
    const first = held(limit);
    const second = held(limit, () => order.push('waited'));
    const freed = first.ok();
    const third = held(limit, () => order.push('came'));
    await freed;
    await env.settle();
    await second.ok();
    await env.settle();
    await third.ok();
    expect(order).toEqual(['waited', 'came']);
  });

  test('agents take turns: one with many calls does not starve the others', async () => {
    const { env, system, limit } = world({ concurrency: 1 });
    const order: string[] = [];
    const gate = held(limit);
    const body = (name: string, calls: number) => async (self: ProcessSelf): Promise<void> => {
      await Promise.all(
        Array.from({ length: calls }, (_, n) => self.limit('openai').run(() => { order.push(`${name}${n}`); })),
      );
    };
    system.spawn(body('a', 4));
    system.spawn(body('b', 1));
    system.spawn(body('c', 2));
    await env.settle();
    await gate.ok();
    await env.settle();
    expect(order).toEqual(['a0', 'b0', 'c0', 'a1', 'c1', 'a2', 'a3']);
  });
});

describe('waits that end', () => {
  test('by timeoutMs: LIMIT_TIMEOUT, no call; 60,000 by default', async () => {
    const { env, limit } = world({ concurrency: 1 });
    const first = held(limit);
    let called = 0;
    const call = (): number => called++;
    const [soon, later, never] = [
      outcome(limit.run(call, { timeoutMs: 100 })), outcome(limit.run(call)),
      outcome(limit.run(call, { timeoutMs: 'infinity' })),
    ];
    await env.advance(101);
    expect(await soon).toBeInstanceOf(LimitTimeoutError);
    expect(await soon).toMatchObject({ code: 'LIMIT_TIMEOUT', limit: 'openai', waiting: 2, running: 1 });
    await env.advance(59_000);
    expect(limit.stats()).toMatchObject({ waiting: 2, timedOut: 1 });
    await env.advance(1_000);
    expect(await later).toMatchObject({ code: 'LIMIT_TIMEOUT' });
    expect(isCalleeFailure(await later, new AbortController().signal)).toBe(false);
    await env.advance(1e7);
    expect(limit.stats()).toMatchObject({ waiting: 1, running: 1 });
    await first.ok();
    expect(await never).toBe(0);
    expect(called).toBe(1);
  });

  test('by the signal, with its reason; one that has fired before does not wait', async () => {
    const { env, limit } = world({ concurrency: 1 });
    const first = held(limit);
    const controller = new AbortController();
    const waiting = outcome(limit.run(() => 'called', { signal: controller.signal }));
    await env.settle();
    controller.abort('enough');
    expect(await waiting).toBe('enough');
    expect(await outcome(limit.run(() => 'called', { signal: controller.signal }))).toBe('enough');
    expect(limit.stats()).toMatchObject({ waiting: 0, withdrawn: 1, started: 1 });
    await first.ok();
  });

  test('an abort between the turn and the call gives slot and token back', async () => {
    const { env, limit } = world({ perMinute: 1, burst: 2, concurrency: 1 });
    const first = held(limit);
    const controller = new AbortController();
    const waiting = outcome(limit.run(() => 'called', { signal: controller.signal }));
    await env.settle();
    const ended = first.ok();
    await Promise.resolve();
    while (limit.stats().waiting > 0) await Promise.resolve();
    controller.abort('late');
    await ended;
    expect(await waiting).toBe('late');
    expect(limit.stats()).toMatchObject({ running: 0, started: 1 });
    expect(await limit.run(() => 'at once')).toBe('at once');
  });
});

describe('agents that die', () => {
  const Agent = defineAgent({ calls: {
    ask: (self, fn: (signal: AbortSignal) => unknown) => self.limit('openai')
      .run(fn, { timeoutMs: 'infinity' }),
  } });
  const forever = (): Promise<never> => new Promise(() => undefined);

  test('its slot comes back at once, its waiting calls are withdrawn', async () => {
    const { env, system, limit } = world({ concurrency: 1 });
    const [one, two, three] = [system.start(Agent), system.start(Agent), system.start(Agent)];
    const asks = [one, two, three].map(
      (agent, n) => outcome(agent.call('ask', n === 2 ? () => 'turn' : forever, { timeoutMs: 'infinity' })),
    );
    await env.settle();
    system.exit(two, 'kill');
    expect(limit.stats()).toMatchObject({ running: 1, waiting: 1, withdrawn: 1 });
    system.exit(one, 'kill');
    expect(limit.stats()).toMatchObject({ running: 1, waiting: 0 });
    expect(await asks[2]).toBe('turn');
    expect(limit.stats()).toMatchObject({ running: 0, started: 2 });
  });

  test(
    'one with a call that runs and others that wait keeps no token of those that were not made',
    async () => {
      const { env, system, limit } = world({ perMinute: 1, burst: 3, concurrency: 1 });
      const p =
        system.spawn(async (self) => {
          await Promise.all([1, 2, 3].map(() => self.limit('openai').run(forever)));
        });
      await env.settle();
      system.exit(p, 'kill');
      expect(limit.stats()).toMatchObject({ running: 0, waiting: 0, started: 1 });
      for (let n = 0; n < 2; n++) expect(await limit.run(() => n)).toBe(n);
      const third = outcome(limit.run(() => 'third', { timeoutMs: 1 }));
      await env.advance(5);
      expect(await third).toMatchObject({ code: 'LIMIT_TIMEOUT' });
    },
  );

  test('P16 what a dead agent does later has no slot: ZOMBIE', async () => {
    const { system } = world({ concurrency: 1 });
    let kept: Limit | undefined;
    const p = system.spawn((self) => { kept = self.limit('openai'); });
    await system.monitor(p).down;
    expect(await outcome((kept as Limit).run(() => 'called'))).toMatchObject({ code: 'ZOMBIE' });
  });

  test('the caller that gave up withdraws the wait of its request', async () => {
    const { env, system, limit } = world({ concurrency: 1 });
    const first = held(limit);
    const agent = system.start(Agent);
    const asked = outcome(agent.call('ask', () => 'called', { timeoutMs: 50 }));
    await env.advance(60);
    expect(await asked).toMatchObject({ code: 'TIMEOUT' });
    expect(limit.stats()).toMatchObject({ waiting: 0, withdrawn: 1 });
    await first.ok();
  });
});

describe('pauses', () => {
  test('an error with retryAfterMs pauses everybody for so long', async () => {
    const { env, limit, starts, mark } = world({ concurrency: 5 });
    const busy = Object.assign(new Error('429'), { retryAfterMs: 1_500.2 });
    expect(await outcome(limit.run(() => { throw busy; }))).toBe(busy);
    expect(limit.stats().pausedMs).toBe(1_501);
    void limit.run(mark);
    void limit.run(mark);
    await env.advance(5_000);
    expect(starts).toEqual([1_501, 1_501]);
  });

  test('pause(ms): the longest that runs counts; nonsense in an error is ignored', async () => {
    const { env, limit, starts, mark } = world({ concurrency: 5 });
    limit.pause(1_000);
    limit.pause(10);
    void limit.run(mark);
    await env.advance(500);
    limit.pause(1_000);
    await env.advance(2_000);
    expect(starts).toEqual([1_500]);
    const hostile = Object.defineProperty(new Error('x'), 'retryAfterMs', {
      get() { throw new Error('getter'); },
    });
    for (const error of [
      hostile, ...[Number.NaN, -1, '5'].map((retryAfterMs) => Object.assign(new Error('x'), { retryAfterMs })),
    ]) {
      expect(await outcome(limit.run(() => { throw error; }))).toBe(error);
      expect(limit.stats().pausedMs).toBe(0);
    }
  });

  test('a date in place of a duration pauses for ten minutes, not for 57 years, and is logged with value and limit', async () => {
    const log = new Recorder();
    const env = new VirtualEnv();
    const limit = testSystem({ env, logger: log }).limit('openai', { concurrency: 5 });
    const wrong = Object.assign(new Error('429'), { retryAfterMs: 1_764_000_000_000 });
    for (const one of [wrong, wrong]) {
      expect(
        await outcome(limit.run(() => { throw one; }, { timeoutMs: 1_000_000 })
          .finally(() => env.advance(600_000))),
      ).toBe(wrong);
    }
    expect(limit.stats().pausedMs).toBe(0);
    const told = log.lines.filter(({ level }) => level === 'warn');
    expect(told.map(({ fields }) => fields)).toEqual(Array(2).fill({
      system: 'castcall', limit: 'openai', retryAfterMs: 1_764_000_000_000, pausedMs: 600_000,
      retryAfterMaxMs: 600_000,
    }));
    expect(told[0]?.text).toContain("limit 'openai': an error asked for a longer pause than retryAfterMaxMs");
    expect(await limit.run(() => 'on')).toBe('on');
  });

  test('retryAfterMaxMs is an option; many calls that fail together say it once; an endless one is cut as well', async () => {
    const log = new Recorder();
    const env = new VirtualEnv();
    const limit = testSystem({ env, logger: log }).limit('openai', { concurrency: 5, retryAfterMaxMs: 50 });
    const endless = Object.assign(new Error('429'), { retryAfterMs: Infinity });
    await Promise.all([1, 2, 3, 4].map(() => outcome(limit.run(() => Promise.reject(endless)))));
    expect(limit.stats().pausedMs).toBe(50);
    expect(log.texts('warn')).toHaveLength(1);
    await env.advance(50);
    expect(await limit.run(() => 'on')).toBe('on');
  });

  test('resume() ends a pause, whoever asked for it, and serves who waits in order', async () => {
    const log = new Recorder();
    const env = new VirtualEnv();
    const limit = testSystem({ env, logger: log }).limit('openai', { concurrency: 1 });
    limit.pause(31_536_000_000);
    expect(log.texts('warn'))
      .toEqual(["limit 'openai': a pause longer than retryAfterMaxMs; limit.resume() ends it"]);
    const order: number[] = [];
    const waiting = [1, 2, 3].map((n) => limit.run(() => order.push(n)));
    await env.advance(1_000);
    expect(order).toEqual([]);
    limit.resume();
    await Promise.all(waiting);
    expect([order, limit.stats().pausedMs]).toEqual([[1, 2, 3], 0]);
    limit.resume();
    expect(await outcome(limit.run(() => { throw Object.assign(new Error('429'), { retryAfterMs: 10 }); })))
      .toBeInstanceOf(Error);
    expect(limit.stats().pausedMs).toBe(10);
    expect(env.pending.held).toBe(0);
  });
});

describe('with a breaker inside', () => {
  test('a call that the breaker did not let through gives its token back', async () => {
    const { env, system, limit } = world({ perMinute: 1 });
    const breaker = system.breaker('openai', { failures: 1 });
    breaker.open();
    for (let n = 0; n < 5; n++) {
      expect(await outcome(limit.run(() => breaker.run(() => 'called'))))
        .toMatchObject({ code: 'BREAKER_OPEN' });
    }
    breaker.close();
    expect(await limit.run(() => breaker.run(() => 'called'))).toBe('called');
    await env.settle();
  });
});
