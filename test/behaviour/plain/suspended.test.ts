import { describe, expect, test } from 'vitest';
import { defineAgent, Timeout, type ProcessSelf } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** A plain process that takes part in sys and waits for messages, 100 ms at a time. */
function waiter(batch: boolean) {
  const seen: unknown[] = [];
  const body = async (self: ProcessSelf): Promise<void> => {
    self.joinSys({ state: () => seen.length });
    for (;;) {
      seen.push(batch
        ? await self.receiveBatch({ timeoutMs: 100 })
        : (await self.receive(undefined, { timeoutMs: 100 })) ?? 'timeout');
    }
  };
  return { seen, body };
}

describe('a plain process that waits with a limit', () => {
  for (const batch of [false, true]) {
    const empty = batch ? [] : 'timeout';
    const got = (message: unknown): unknown => (batch ? [message] : message);
    const title = batch ? 'receiveBatch' : 'receive';

    test(`SY-01 SY-02 SY-12 no time passes for ${title} while it is suspended, and all of it begins anew with the resume`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const { seen, body } = waiter(batch);
      const p = system.spawn(body);
      await env.advance(60);
      await system.sys(p).suspend();
      await env.advance(1_000);
      expect(seen).toEqual([]);
      await system.sys(p).resume();
      await env.advance(99);
      expect(seen).toEqual([]);
      await env.advance(1);
      expect(seen).toEqual([empty]);
    });

    test(`GS-29 SY-12 every system message begins the time of ${title} anew`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const { seen, body } = waiter(batch);
      const p = system.spawn(body);
      await env.advance(60);
      await system.sys(p).getState();
      await env.advance(99);
      expect(seen).toEqual([]);
      await env.advance(1);
      expect(seen).toEqual([empty]);
    });

    test(
      `SY-01 SY-02 what comes while it is suspended waits, and ends ${title} when it is resumed`,
      async () => {
        const env = new VirtualEnv();
        const system = testSystem({ env });
        const { seen, body } = waiter(batch);
        const p = system.spawn(body);
        await env.settle();
        await system.sys(p).suspend();
        p.send('first');
        await env.advance(500);
        expect(seen).toEqual([]);
        await system.sys(p).resume();
        await env.settle();
        expect(seen).toEqual([got('first')]);
      },
    );

    test(`PR-20 RE-02 under system.suspend the time of ${title} passes, and it hears of it when it goes on`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const { seen, body } = waiter(batch);
      const p = system.spawn(body);
      await env.advance(10);
      system.suspend(p);
      await env.advance(50);
      p.send('in time');
      await env.advance(200);
      expect(seen).toEqual([]);
      system.resume(p);
      await env.settle();
      expect(seen).toEqual([empty, got('in time')]);
    });
  }

  test('SY-01 RE-02 a receive that begins while it is suspended begins its time with the resume', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    const p = system.spawn(async (self) => {
      self.joinSys({ state: () => 0 });
      await new Promise<void>((resolve) => void env.timer(50, resolve));
      for (const timeoutMs of [100, 0]) seen.push((await self.receive(undefined, { timeoutMs })) ?? 'timeout');
    });
    await env.settle();
    await system.sys(p).suspend();
    await env.advance(500);
    expect(seen).toEqual([]);
    await system.sys(p).resume();
    await env.advance(99);
    expect(seen).toEqual([]);
    await env.advance(2);
    expect(seen).toEqual(['timeout', 'timeout']);
  });

  test('SY-03 PR-20 one that is killed while it is suspended stays dead, whatever was due', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    for (const how of ['sys', 'system'] as const) {
      const { seen, body } = waiter(false);
      const p = system.spawn(body);
      await env.settle();
      if (how === 'sys') await system.sys(p).suspend();
      else system.suspend(p);
      await env.advance(150);
      system.exit(p, 'kill');
      await env.advance(500);
      expect(seen).toEqual([]);
    }
    expect(env.pending.timers).toBe(0);
  });
});

describe('the siblings of that limit', () => {
  test('GS-29 SM-15 TI-16 while suspended no idle timeout passes; timeouts of machines and intervals pass, and wait in the queue', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    const Idle = defineAgent({
      casts: { arm(self) { self.timeout(100); } },
      info: (_self, message) => { seen.push(message instanceof Timeout ? 'idle' : message); },
    });
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: null }),
      states: { on: {
        casts: { arm: (self) => self.keep().stateTimeout(100, 'state') },
        stateTimeout: () => { seen.push('state'); },
      } },
    });
    const idle = system.start(Idle);
    const machine = system.start(Machine);
    const ticker = system.start(Idle);
    idle.cast('arm');
    machine.cast('arm');
    await env.settle();
    for (const ref of [idle, machine, ticker]) await system.sys(ref as never).suspend();
    const timer = system.timers.sendInterval(100, 'tick', ticker);
    await env.advance(250);
    expect(seen).toEqual([]);
    for (const ref of [idle, machine, ticker]) await system.sys(ref as never).resume();
    await env.settle();
    expect(seen).toEqual(['state', 'tick', 'tick']);
    system.cancelTimer(timer);
    await env.advance(99);
    expect(seen.length).toBe(3);
    await env.advance(1);
    expect(seen[3]).toBe('idle');
  });
});
