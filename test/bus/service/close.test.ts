import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import { defineService, type ServiceError } from '../../../src/bus/service/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, Doubler, expectBalanced, Maths, OPERATIONS, sleeper, sleepOn } from './help.js';

const Retried = defineService({
  name: 'retried', operations: OPERATIONS, guarantee: 'at-least-once', retry: { backoff: { baseMs: 1_000 } },
});

describe('V Service queues: a service is closed', () => {
  test('who waits, and who has a worker, is told SERVICE_CLOSED, and the signal of the handler fires', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const worker = system.start(sleeper(env));
    const maths = system.service(Maths, { workers: [worker] });
    const asked = [1, 2, 3].map(() => maths.request('double', 1_000).catch((error: ServiceError) => error));
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 1, waiting: 2, closed: false });
    const closing = maths.close();
    expect(maths.stats()).toMatchObject({ running: 0, waiting: 0, refused: 2, cancelled: 1, closed: true });
    expectBalanced(maths.stats());
    await closing;
    const errors = await Promise.all(asked) as ServiceError[];
    expect(errors.map((error) => `${error.code} after ${error.attempts}`))
      .toEqual(['SERVICE_CLOSED after 1', 'SERVICE_CLOSED after 0', 'SERVICE_CLOSED after 0']);
    expect(errors[0]?.message).toBe("service 'maths': it is closed");
    expect(await worker.call('seen'), 'a worker that was given lives on').toEqual({ done: 0, aborted: 1 });
    expect(await codeOf(maths.request('double', 1))).toBe('SERVICE_CLOSED');
    expect(maths.stats()).toMatchObject({ requested: 4, refused: 3, late: 0 });
    expectBalanced(maths.stats());
    expect(maths.join(system.start(Doubler))).toBe(false);
    expect(maths.leave(worker)).toBe(true);
  });

  test('one that waits to be tried again is told as well, also when the system stops', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    for (const [end, code] of [['close', 'SERVICE_CLOSED'], ['stop', 'SYSTEM_STOPPED']] as const) {
      const retried = system.service(Retried, { workers: [system.start(Doubler), system.start(Doubler)] });
      let told: unknown = 'nothing';
      void codeOf(retried.request('double', -1)).then((code) => { told = code; });
      await settleTurn();
      expect(retried.stats()).toMatchObject({ waiting: 1, running: 0 });
      await (end === 'close' ? retried.close() : system.stop());
      await settleTurn();
      expect(told, end).toBe(code);
      expectBalanced(retried.stats());
    }
  });

  test('streams end with it, those that nobody has begun to read at their first item', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: [system.start(sleeper(env))] });
    const begun = maths.stream('count', 3);
    const first = begun.next();
    await settleTurn();
    await env.advance(10);
    expect(await first).toEqual({ done: false, value: 1 });
    const waiting = maths.stream('count', 3);
    const never = waiting.next();
    const later = maths.stream('count', 3);
    await maths.close();
    expect(await codeOf(never)).toBe('SERVICE_CLOSED');
    expect(await codeOf(begun.next())).toBe('SERVICE_CLOSED');
    expect(await begun.next()).toEqual({ done: true, value: undefined });
    expect(await codeOf(later.next())).toBe('SERVICE_CLOSED');
    expect(maths.stats()).toMatchObject({ cancelled: 1, refused: 2, running: 0, waiting: 0 });
  });

  test('its name is free at once, while the workers that it has started still end', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let ended = 0;
    const Slow = defineAgent({
      trapExit: true,
      calls: { double: (_self, n: number) => n * 2, async *count(_self, n: number) { yield n; } },
      async terminate() { await sleepOn(env, 100); ended++; },
    });
    const old = system.service(Maths, { workers: { start: Slow, count: 2 } });
    expect(await old.request('double', 1)).toBe(2);
    let over = false;
    const closing = old.close();
    void closing.then(() => { over = true; });
    expect(system.services()).toEqual([]);
    const Other = defineService({
      name: 'maths', operations: { half: { request: z.number(), response: z.number() } },
    });
    const Halver = defineAgent({ calls: { half: (_self, n: number) => n / 2 } });
    const next = system.service(Other, { workers: { start: Halver } });
    await settleTurn();
    expect(await next.request('half', 4), 'its worker has a name of its own').toBe(2);
    expect([over, ended]).toEqual([false, 0]);
    for (let n = 0; n < 30 && !over; n++) { await env.advance(10); await settleTurn(); }
    expect([over, ended]).toEqual([true, 2]);
    expect(system.services()).toMatchObject([{ name: 'maths', workers: 1, closed: false }]);
    expect(await next.request('half', 6), 'the end of the old one changes nothing in the new').toBe(3);
  });

  test('it is idempotent, of any handle; the close of an old one does not close its successor', async () => {
    const system = testSystem();
    const stopping = testSystem();
    const old = system.service(Maths, { workers: { start: Doubler } });
    const same = system.service(Maths);
    await Promise.all([old.close(), same.close(), old.close()]);
    const next = system.service(Maths, { workers: { start: Doubler } });
    await old.close();
    expect(await next.request('double', 4)).toBe(8);
    expect(same.stats().closed).toBe(true);
    const last = stopping.service(Maths, { workers: { start: Doubler } });
    await stopping.stop();
    await last.close();
    expect(last.stats().closed).toBe(true);
  });

  test('P16: an agent that has ended closes nothing', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    let close: (() => Promise<void>) | undefined;
    const Closer = defineAgent({
      calls: { keep(self) { const own = self.service(Maths); close = () => own.close(); } },
    });
    const closer = system.start(Closer);
    await closer.call('keep');
    await closer.stop();
    expect(await codeOf(close?.() ?? Promise.resolve())).toBe('ZOMBIE');
    expect(await maths.request('double', 1)).toBe(2);
  });

  test('scale starts nobody for one that is closed', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, {
      workers: { start: sleeper(env), count: 0 }, scaleEveryMs: 10, scale: () => 2,
    });
    const asked = codeOf(maths.request('double', 1_000));
    await settleTurn();
    await maths.close();
    expect(await asked).toBe('SERVICE_CLOSED');
    expect(await codeOf(maths.request('double', 1))).toBe('SERVICE_CLOSED');
    for (let n = 0; n < 5; n++) { await env.advance(10); await settleTurn(); }
    expect(maths.stats()).toMatchObject({ workers: 0 });
    expect(system.tree().filter((node) => JSON.stringify(node).includes('service'))).toEqual([]);
  });
});
