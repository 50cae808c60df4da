import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineAgent, retry, type ProcessSelf } from '../../../src/index.js';
import { defineRegistry } from '../../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import { Strays } from '../../support/strays.js';
import { testSystem } from '../../support/system.js';

/* What castcall decides ends no program when nobody looks at it; an error of the user's own function surfaces, once. */
const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

const mine = new Error('mine');
const fail = async (): Promise<never> => { throw mine; };
const failNow = (): never => { throw mine; };
const Worker = defineAgent(
  { calls: { hang: () => new Promise<void>(() => undefined), gone: (self) => self.stop('gone') } },
);
const Registry = defineRegistry({ keys: 'unique' });

describe('an error of the function, which nobody looks at, surfaces', () => {
  test('out of a limit, a breaker and a retry', async () => {
    const system = testSystem();
    const limit = system.limit('l', { concurrency: 1 });
    const breaker = system.breaker('b');
    void limit.run(fail);
    void limit.run(failNow);
    void limit.run(fail); // it has waited
    void breaker.run(fail);
    void breaker.run(failNow);
    void retry(fail, { attemptsMax: 1 });
    system.spawn((self) => void self.retry(fail, { attemptsMax: 2, backoff: { baseMs: 0 } }));
    expect(await strays.seen()).toEqual(Array(6).fill(mine));
    await system.stop();
  });

  test('out of pool.run and a lock', async () => {
    const system = testSystem();
    await system.supervise({ children: [pool('workers', Worker, { min: 1, max: 1 })] });
    void system.ref(poolOf(Worker), 'workers').run(fail);
    await system.supervise({ children: [] });
    const registry = system.start(Registry, { name: 'r' });
    system.spawn(async (self: ProcessSelf) => {
      void system.ref(Registry, 'r').lock(self, 'k', fail);
      await self.receive();
    });
    await strays.seen();
    expect(await strays.seen()).toEqual([mine, mine]);
    void registry;
    await system.stop();
  });

  test('also when the turn is used up, and then once', async () => {
    const system = testSystem();
    const limit = system.limit('l', { concurrency: 1_000 });
    const until = performance.now() + 8;
    while (performance.now() < until) await limit.run(() => undefined);
    for (let n = 0; n < 40; n++) void limit.run(fail);
    expect(await strays.seen()).toEqual(Array(40).fill(mine));
    await system.stop();
  });

  test('looked at, it does not', async () => {
    const system = testSystem();
    for (const run of [system.limit('l', { concurrency: 1 }), system.breaker('b')]) {
      await expect(run.run(fail)).rejects.toBe(mine);
    }
    await expect(retry(fail, { attemptsMax: 1 })).rejects.toBe(mine);
    expect(await strays.seen()).toEqual([]);
    await system.stop();
  });
});

describe('P17 what castcall decides ends no program', () => {
  test('a wait that is over, an open breaker, bad options, a call that failed', async () => {
    const system = testSystem();
    const limit = system.limit('l', { concurrency: 1 });
    const breaker = system.breaker('b', { failures: 1 });
    await breaker.run(fail).catch(() => undefined);
    void breaker.run(fail);
    const ref = system.start(Worker);
    void system.limit('calls', { concurrency: 1 }).run(() => ref.call('gone'));
    void limit.run(() => new Promise(() => undefined));
    void limit.run(fail, { timeoutMs: 0 });
    void limit.run('x' as never);
    void limit.run(fail, { signal: AbortSignal.abort('enough') });
    void retry(fail, { attemptsMax: 0 });
    void retry(fail, { signal: AbortSignal.abort('enough') });
    await system.supervise({ children: [pool('workers', Worker, { min: 1, max: 1 })] });
    const workers = system.ref(poolOf(Worker), 'workers');
    const held = await workers.checkout();
    void workers.run(fail, { timeoutMs: 1 });
    // so the one before is over
    await expect(workers.checkout({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' });
    held.release();
    expect(await strays.seen()).toEqual([]);
    await system.stop();
  });

  test('what comes when the signal has fired, or the agent has ended', async () => {
    const system = testSystem();
    const controller = new AbortController();
    const aborts = (signal: AbortSignal): Promise<never> => new Promise(
      (_, reject) => signal.addEventListener('abort', () => reject(mine)),
    );
    const limit = system.limit('l', { concurrency: 10 });
    void limit.run(aborts, { signal: controller.signal });
    void system.breaker('b').run(aborts, { signal: controller.signal });
    const agent = system.spawn(async (self) => {
      void self.limit('l').run(aborts);
      void self.breaker('b').run(aborts);
      await self.receive();
    });
    await strays.seen();
    controller.abort();
    await agent.stop('kill');
    expect(await strays.seen()).toEqual([]);
    await system.stop();
  });
});

test('a function that declares no signal gets one that never fires outside of every process, and no listener stays on it', async () => {
  const system = testSystem();
  const seen: AbortSignal[] = [];
  const rest = (...given: readonly unknown[]): void => {
    const [signal] = given as [AbortSignal];
    signal.addEventListener('abort', () => undefined);
    signal.onabort = () => undefined;
    seen.push(signal);
  };
  await system.limit('l', { concurrency: 1 }).run(rest);
  await system.breaker('b').run(rest);
  expect(
    seen.map((signal) => [
      signal instanceof AbortSignal, signal.aborted, getEventListeners(signal, 'abort').length,
    ]),
  ).toEqual([[true, false, 0], [true, false, 0]]);
  const own: AbortSignal[] = [];
  for (let n = 0; n < 2; n++) await system.breaker('b').run((signal) => void own.push(signal));
  expect(new Set([...own, ...seen]).size, 'who declares one gets its own').toBe(3);
  await system.stop();
});
