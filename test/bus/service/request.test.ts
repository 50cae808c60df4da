import { describe, expect, test } from 'vitest';
import { defineAgent, type ProcessSelf } from '../../../src/index.js';
import { defineService, ServiceError, type ServiceStats } from '../../../src/bus/service/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, Doubler, expectBalanced, Maths, OPERATIONS, SafeMaths, sleeper } from './help.js';

async function failure(promise: Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await promise.then(() => 'done', (error: unknown) => error);
  expect(error).toBeInstanceOf(ServiceError);
  return error as ServiceError;
}

describe('V Service queues: a request is done by one worker of the named service', () => {
  test('typed request and response, in process', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    expect(await maths.request('double', 21)).toBe(42);
    expect(maths.stats()).toMatchObject({ requested: 1, responded: 1, waiting: 0, running: 0, workers: 1 });
    expect(system.services()).toHaveLength(1);
  });

  test('the least busy worker with room gets it, the others wait first come, first served', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Sleeper = sleeper(env);
    const workers = [system.start(Sleeper), system.start(Sleeper)];
    const maths = system.service(Maths, { workers });
    const order: number[] = [];
    const all = [10, 20, 30, 40, 50].map(async (ms) => order.push(await maths.request('double', ms)));
    await settleTurn();
    expect(maths.stats()).toMatchObject({ waiting: 3, running: 2, depth: 3, utilisation: 1 });
    expectBalanced(maths.stats());
    for (let n = 0; n < 20; n++) {
      await env.advance(10);
      await settleTurn();
      expectBalanced(maths.stats());
    }
    await Promise.all(all);
    expect(order).toEqual([20, 40, 60, 80, 100]);
    for (const worker of workers) expect((await worker.call('seen')).done).toBeGreaterThanOrEqual(2);
  });

  test('concurrency is per worker', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Many = defineAgent({
      calls: {
        double: { concurrent: true, handle: (_self, ms: number) => new Promise<number>((done) => {
          env.timer(ms, () => done(ms * 2));
        }) },
        async *count(_self, n: number) { yield n; },
      },
    });
    const maths = system.service(Maths, { workers: [system.start(Many), system.start(Many)], concurrency: 3 });
    const all = Array.from({ length: 8 }, () => maths.request('double', 10));
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 6, waiting: 2 });
    for (let n = 0; n < 4; n++) { await env.advance(10); await settleTurn(); }
    expect(await Promise.all(all)).toHaveLength(8);
  });

  test('V weakness 3: a timeout is mandatory: who asks is answered in time', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const worker = system.start(sleeper(env));
    const maths = system.service(Maths, { workers: [worker] });
    const first = maths.request('double', 5_000, { timeoutMs: 50 });
    const second = maths.request('double', 5_000, { timeoutMs: 60 });
    const third = maths.request('double', 1, { timeoutMs: 1_000 });
    await settleTurn();
    await env.advance(50);
    expect((await failure(first)).message).toBe("service 'maths': no response to 'double' within 50 ms");
    await settleTurn();
    await env.advance(10);
    expect(await codeOf(second)).toBe('TIMEOUT');
    await settleTurn();
    await env.advance(10);
    expect(await third).toBe(2);
    expect(await worker.call('seen')).toEqual({ done: 1, aborted: 2 });
    expect(maths.stats()).toMatchObject({ timedOut: 2, responded: 1, running: 0, waiting: 0 });
    for (const timeoutMs of [0, -1, 1.5, NaN, 'infinity', Infinity] as number[]) {
      expect(await codeOf(maths.request('double', 1, { timeoutMs }))).toBe('BAD_OPTION');
    }
  });

  test('a place is taken until its worker has done, though nobody waits any more', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Deaf = defineAgent({
      calls: {
        double: (_self, ms: number) => new Promise<number>((done) => { env.timer(ms, () => done(ms)); }),
        async *count(_self, n: number) { yield n; },
      },
    });
    const maths = system.service(Maths, { workers: [system.start(Deaf)] });
    expect(await Promise.all([
      codeOf(maths.request('double', 100, { timeoutMs: 10 })),
      env.advance(10).then(settleTurn).then(async () => {
        const next = maths.request('double', 1);
        await settleTurn();
        expect(maths.stats()).toMatchObject({ waiting: 1, running: 0, utilisation: 1 });
        await env.advance(90);
        await settleTurn();
        await env.advance(1);
        return next;
      }),
    ])).toEqual(['TIMEOUT', 1]);
    expect(maths.stats()).toMatchObject({ late: 1, timedOut: 1, responded: 1 });
  });

  test('a signal ends it with its reason, waiting or running', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const worker = system.start(sleeper(env));
    const maths = system.service(Maths, { workers: [worker] });
    const controller = new AbortController();
    const asked = [1_000, 1_000].map((ms) => codeOf(maths.request('double', ms, { signal: controller.signal })));
    await settleTurn();
    controller.abort('enough');
    expect(await Promise.all(asked)).toEqual(['enough', 'enough']);
    expect(await codeOf(maths.request('double', 1, { signal: controller.signal }))).toBe('enough');
    await settleTurn();
    expect(maths.stats()).toMatchObject({ requested: 2, cancelled: 2, running: 0, utilisation: 0 });
  });

  test('V weakness 9: nothing is dropped in silence: what does not fit is refused, and who asked is told', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Small = defineService({ name: 'small', operations: OPERATIONS, capacity: 2 });
    const small = system.service(Small, { workers: [system.start(sleeper(env))] });
    const asked = [5, 5, 5, 5].map((ms) => codeOf(small.request('double', ms)));
    await settleTurn();
    expect(small.stats()).toMatchObject({ running: 1, waiting: 2, refused: 1 });
    for (let n = 0; n < 3; n++) { await env.advance(5); await settleTurn(); }
    expect(await Promise.all(asked)).toEqual(['done', 'done', 'done', 'SERVICE_FULL']);
  });
});

describe('V Service queues: workers that end', () => {
  test('V weakness 5: when its worker ends the caller hears the reason at once', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler), system.start(Doubler)] });
    const error = await failure(maths.request('double', -1));
    expect(error).toMatchObject({ code: 'EXIT', attempts: 1, reason: expect.objectContaining({ message: 'no -1' }) });
    expect(await maths.request('double', 1)).toBe(2);
    expect(maths.stats()).toMatchObject({ failed: 1, responded: 1, workers: 1 });
  });

  test('when all have ended those who wait hear the last reason at once, and those who ask later', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const workers = [1, 2].map(() => system.start(sleeper(env)));
    const maths = system.service(Maths, { workers });
    const asked = [1, 2, 3, 4].map(() => failure(maths.request('double', 1_000)));
    await settleTurn();
    for (const worker of workers) system.exit(worker, 'gone');
    const [first, second, third, fourth] = await Promise.all(asked);
    expect([first, second, third, fourth].map((error) => error?.code))
      .toEqual(['EXIT', 'EXIT', 'NO_WORKERS', 'NO_WORKERS']);
    expect(fourth?.reason).toBe('gone');
    expect((await failure(maths.request('double', 1))).message).toContain('the last one ended: gone');
    expectBalanced(maths.stats());
  });

  test('V weakness 2: with at-least-once another worker does it, up to attemptsMax', async () => {
    const system = testSystem();
    const safe = system.service(SafeMaths, { workers: [1, 2, 3, 4].map(() => system.start(Doubler)) });
    const poison = await failure(safe.request('double', -1));
    expect(poison).toMatchObject({ code: 'EXIT', attempts: 3 });
    expect(safe.stats()).toMatchObject({ workers: 1, retried: 2, failed: 1 });
    expect(await safe.request('double', 1)).toBe(2);
  });

  test('a refusal, and what is no response, are told, and end nobody', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    expect(await failure(maths.request('double', 404))).toMatchObject({
      code: 'REFUSED', refusal: 'NOT_FOUND', details: { n: 404 },
    });
    expect((await failure(maths.request('double', 500))).code).toBe('INVALID_RESPONSE');
    expect(await maths.request('double', 2)).toBe(4);
    expect(maths.stats()).toMatchObject({ failed: 2, responded: 1, workers: 1 });
  });

  test('a worker by name is one again when the name has a new owner', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const first = system.start(Doubler, { name: 'w' });
    const maths = system.service(Maths, { workers: [system.ref(Doubler, 'w')] });
    expect(await maths.request('double', 1)).toBe(2);
    await first.stop();
    const later = maths.request('double', 2);
    await settleTurn();
    system.start(Doubler, { name: 'w' });
    await env.advance(5);
    expect(await later).toBe(4);
    await system.ref(Doubler, 'w').stop();
    const never = codeOf(maths.request('double', 3));
    await settleTurn();
    await env.advance(1_000);
    expect(await never).toBe('NO_WORKERS');
    expect(await codeOf(maths.request('double', 3))).toBe('NO_WORKERS');
    system.start(Doubler, { name: 'w' });
    expect(await maths.request('double', 4)).toBe(8);
  });

  test('a second answer is counted, and nobody gets it', async () => {
    const system = testSystem();
    const Twice = defineAgent({
      calls: {
        double(self, n: number) {
          const { from } = self;
          if (from !== undefined) self.reply(from, n * 2);
          return n * 3;
        },
        async *count(_self, n: number) { yield n; },
      },
    });
    const maths = system.service(Maths, { workers: [system.start(Twice)] });
    expect(await maths.request('double', 1)).toBe(2);
    expect(maths.stats()).toMatchObject({ late: 1, responded: 1, failed: 0 });
  });

  test('P35: what a process has asked for ends with it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const worker = system.start(sleeper(env));
    const maths = system.service(Maths, { workers: [worker] });
    const codes: unknown[] = [];
    let mine: ProcessSelf | undefined;
    const asker = system.spawn(async (self) => {
      mine = self;
      await Promise.all([1, 2].map(async () => codes.push(await codeOf(self.service(Maths).request('double', 500)))));
    });
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 1, waiting: 1 });
    system.exit(asker, 'kill');
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 0, waiting: 0, cancelled: 2, utilisation: 0 });
    expect(codes).toEqual(['ZOMBIE', 'ZOMBIE']);
    expect(await codeOf((mine as ProcessSelf).service(Maths).request('double', 1))).toBe('ZOMBIE');
  });

  test('what waits ends with the system', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: [system.ref(Doubler, 'nobody')], graceMs: 60_000 });
    const asked = codeOf(maths.request('double', 1));
    await settleTurn();
    await system.stop();
    expect(await asked).toBe('SYSTEM_STOPPED');
    expect(await codeOf(maths.request('double', 1))).toBe('SYSTEM_STOPPED');
    const stats: ServiceStats = maths.stats();
    expectBalanced(stats);
    await settleTurn();
  });

  test('V weakness 7: a worker that asks its own service is told, or served by another', async () => {
    const system = testSystem();
    const Recursive = defineAgent({
      calls: {
        async double(self, n: number): Promise<number> {
          if (n === 0) return 1;
          return (await self.service(Maths).request('double', n - 1)) * 2;
        },
        async *count(_self, n: number) { yield n; },
      },
    });
    const maths = system.service(Maths, { workers: [1, 2, 3].map(() => system.start(Recursive)) });
    expect(await maths.request('double', 2)).toBe(4);
    expect(await codeOf(maths.request('double', 3, { timeoutMs: 20 }))).toBe('TIMEOUT');
  });
});
