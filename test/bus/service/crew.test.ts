import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import { defineService, type ServiceLoad } from '../../../src/bus/service/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, Doubler, expectBalanced, Maths, OPERATIONS, sleeper } from './help.js';

async function pass(env: VirtualEnv, ms: number): Promise<void> {
  for (let n = 0; n < ms; n++) {
    await env.advance(1);
    await settleTurn();
  }
}

describe('V Worker processes: workers that the service starts', () => {
  test('are supervised: one that crashes is a worker again', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: { start: Doubler, count: 2 } });
    expect(await maths.request('double', 1)).toBe(2);
    expect(await codeOf(maths.request('double', -1))).toBe('EXIT');
    const next = Promise.all([maths.request('double', 2), maths.request('double', 3), maths.request('double', 4)]);
    await pass(env, 10);
    expect(await next).toEqual([4, 6, 8]);
    expect(maths.stats()).toMatchObject({ workers: 2, failed: 1, responded: 4 });
  });

  test('one that cannot start is told, and who waits for it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Broken = defineAgent({
      init(): object { throw new Error('no key'); },
      calls: { double: (_self, n: number) => n, async *count(_self, n: number) { yield n; } },
    });
    const maths = system.service(Maths, { workers: { start: Broken } });
    const asked = codeOf(maths.request('double', 1));
    await settleTurn();
    expect(await asked).toBe('NO_WORKERS');
  });

  test('V Service queues: the hook for scaling says how many, by depth, age and utilisation', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const loads: ServiceLoad[] = [];
    const maths = system.service(Maths, {
      workers: { start: sleeper(env), count: 0 }, workersMax: 4, scaleEveryMs: 10,
      scale: (load) => { loads.push(load); return load.depth > 0 ? load.workers * 2 || 1 : load.workers - 1; },
    });
    const all = Promise.all(Array.from({ length: 20 }, () => maths.request('double', 10)));
    await settleTurn();
    expect(loads).toEqual([{ depth: 1, oldestMs: 0, utilisation: 1, workers: 0 }]);
    await pass(env, 25);
    expect(maths.stats()).toMatchObject({ workers: 4, running: 4 });
    expectBalanced(maths.stats());
    await pass(env, 60);
    expect(await all).toHaveLength(20);
    await pass(env, 100);
    expect(maths.stats()).toMatchObject({ workers: 0, responded: 20, waiting: 0 });
    expect(loads.some((load) => load.oldestMs > 0)).toBe(true);
    const late = maths.request('double', 1);
    await pass(env, 30);
    expect(await late, 'one more is started for a request, also from none').toBe(2);
  });

  test('a hook that throws, or says nonsense, changes nothing', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const answers: unknown[] = [NaN, 'many', undefined, -7, Infinity];
    const maths = system.service(Maths, {
      workers: { start: sleeper(env), count: 1 }, workersMax: 3, scaleEveryMs: 1,
      scale: () => {
        if (answers.length === 0) throw new Error('hook');
        return answers.shift() as number;
      },
    });
    const all = Promise.all(Array.from({ length: 8 }, () => maths.request('double', 3)));
    await pass(env, 60);
    expect(await all).toHaveLength(8);
    expect(maths.stats().workers).toBe(3);
  });
});

describe('V Service queues: limits, breakers, options', () => {
  test('the limit holds for all workers together, and what waits for it is not forgotten', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Limited = defineService({ name: 'limited', operations: OPERATIONS, limit: { perMinute: 6_000, burst: 2 } });
    const limited = system.service(Limited, { workers: [1, 2, 3].map(() => system.start(Doubler)) });
    const all = [1, 2, 3, 4].map((n) => limited.request('double', n));
    await settleTurn();
    expect(limited.stats()).toMatchObject({ responded: 2, waiting: 2 });
    await env.advance(10);
    expect(limited.stats()).toMatchObject({ responded: 3, waiting: 1 });
    await env.advance(10);
    expect(await Promise.all(all)).toEqual([2, 4, 6, 8]);
    const { signal } = new AbortController();
    const last = limited.request('double', 1, { signal });
    await env.advance(20);
    expect(await last).toBe(2);
  });

  test('the breaker opens when workers fail, and lets a probe through later', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Guarded = defineService({ name: 'guarded', operations: OPERATIONS, breaker: { failures: 2, openMs: 100 } });
    const guarded = system.service(Guarded, { workers: [1, 2, 3, 4].map(() => system.start(Doubler)) });
    expect(await codeOf(guarded.request('double', -1))).toBe('EXIT');
    expect(await codeOf(guarded.request('double', 404)), 'a refusal is no failure').toBe('REFUSED');
    expect(await codeOf(guarded.request('double', -1))).toBe('EXIT');
    expect(await codeOf(guarded.request('double', 1))).toBe('BREAKER_OPEN');
    expect(guarded.stats()).toMatchObject({ breaker: 'open', refused: 1, failed: 3 });
    await env.advance(100);
    expect(await guarded.request('double', 1)).toBe(2);
    expect(guarded.stats().breaker).toBe('closed');
  });

  test('retries wait as long as their back-off says, and are those that when chooses', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let tries = 0;
    const Later = defineAgent({
      calls: {
        double: (self, n: number) => (++tries < 3 ? self.refuse('BUSY') : n * 2),
        async *count(_self, n: number) { yield n; },
      },
    });
    const Stubborn = defineService({
      name: 'stubborn', operations: OPERATIONS, guarantee: 'at-least-once',
      retry: { attemptsMax: 5, backoff: { baseMs: 10, jitter: 0, factor: 1 }, when: () => true },
    });
    const stubborn = system.service(Stubborn, { workers: [system.start(Later)] });
    const asked = stubborn.request('double', 4);
    await settleTurn();
    expect(stubborn.stats()).toMatchObject({ waiting: 1, running: 0 });
    await env.advance(10);
    expect(tries).toBe(2);
    await env.advance(10);
    expect(await asked).toBe(8);
    expect(stubborn.stats()).toMatchObject({ retried: 2, responded: 1 });
  });

  test('V Error taxonomy: misuse is a coded error that names the value, the rule and the fix', async () => {
    const system = testSystem();
    const define = defineService as (spec: unknown) => unknown;
    const op = { request: z.number(), response: z.number() };
    const code = (make: () => unknown): unknown => {
      try { make(); } catch (error) { return (error as { code?: unknown }).code; }
      return 'done';
    };
    const spec = { name: 'x', operations: { op } };
    for (const name of ['', 'a b', 'a..b', '.', 'ä', 'a/b', 7, undefined]) {
      expect(code(() => define({ ...spec, name })), String(name)).toBe('BAD_NAME');
    }
    expect(code(() => define({ ...spec, timeoutMs: 0 }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, timeoutMs: 'infinity' }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, timeOutMs: 1 }))).toBe('UNKNOWN_OPTION');
    expect(code(() => define({ ...spec, operations: {} }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, operations: { op: { ...op, item: z.number() } } }))).toBe('BAD_COMBINATION');
    expect(code(() => define({ ...spec, operations: { op: { request: z.number() } } }))).toBe('BAD_COMBINATION');
    expect(code(() => define({ ...spec, operations: { op: { request: 1, response: 2 } } }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, retry: {} }))).toBe('BAD_COMBINATION');
    expect(code(() => define({ ...spec, guarantee: 'exactly-once' }))).toBe('BAD_OPTION');
    expect(code(() => define(null))).toBe('BAD_OPTION');
    interface Untyped { request(...args: unknown[]): Promise<unknown> }
    const service = system.service.bind(system) as (...args: unknown[]) => Untyped;
    expect(code(() => service('maths'))).toBe('BAD_OPTION');
    expect(code(() => service(Maths, { workers: [{}] }))).toBe('BAD_OPTION');
    expect(code(() => service(Maths, { workers: 'all' }))).toBe('BAD_OPTION');
    const Other = defineAgent({ calls: { double: (_self, n: number) => n } });
    expect(code(() => service(Maths, { workers: [system.start(Other)] }))).toBe('UNKNOWN_OPERATION');
    expect(code(() => service(Maths, { workers: { start: Other } }))).toBe('UNKNOWN_OPERATION');
    expect(code(() => service(Maths, { scale: () => 1 }))).toBe('BAD_COMBINATION');
    expect(code(() => service(Maths, { concurrency: 0 }))).toBe('BAD_OPTION');
    const maths = service(Maths, { workers: [system.start(Doubler)], concurrency: 2 });
    expect(code(() => service(Maths, { concurrency: 3 }))).toBe('OPTIONS_CONFLICT');
    expect(code(() => service(defineService({ name: 'maths', operations: OPERATIONS })))).toBe('OPTIONS_CONFLICT');
    expect(await codeOf(maths.request('dubble', 1))).toBe('UNKNOWN_OPERATION');
    expect(await codeOf(maths.request('count', 1))).toBe('UNKNOWN_OPERATION');
    expect(await codeOf(maths.request('double', 'one'))).toBe('INVALID_PAYLOAD');
    expect(await codeOf(maths.request('double', 1, { timeout: 5 }))).toBe('UNKNOWN_OPTION');
    expect(await codeOf(maths.request('double', 1, { signal: {} }))).toBe('BAD_OPTION');
    const strict = testSystem({ strict: true });
    expect(code(() => strict.service(Maths))).toBe('UNKNOWN_NAME');
    strict.service(Maths, {});
    expect(code(() => strict.service(Maths))).toBe('done');
  });
});
