import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener } from '../peers.js';
import { heldAfter } from '../../support/collect.js';

describe('timers', () => {
  it('TI-01 TI-02 sendAfter delivers its message at its time, not before', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    a.self.sendAfter(100, 'tick');
    await env.advance(99);
    expect(a.seen).toEqual([]);
    await env.advance(1);
    expect(a.seen).toEqual(['tick']);
    await env.advance(1_000);
    expect(a.seen).toEqual(['tick']);
  });

  it('TI-02 on the real clock too: never early', async () => {
    const system = testSystem();
    const early = await new Promise<number[]>((resolve) => {
      system.spawn(async (self) => {
        const found: number[] = [];
        for (let ms = 1; ms <= 12; ms++) {
          const began = performance.now();
          self.sendAfter(ms, 'tick');
          await self.receive();
          const took = performance.now() - began;
          if (took < ms) found.push(took - ms);
        }
        resolve(found);
      });
    });
    expect(early).toEqual([]);
  });

  it('TI-03 different due times arrive in their order', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    for (const ms of [5, 1, 4, 2, 3, 500, 100, 400, 200, 300]) a.self.sendAfter(ms, ms);
    await env.advance(500);
    expect(a.seen).toEqual([1, 2, 3, 4, 5, 100, 200, 300, 400, 500]);
  });

  it('TI-05 cancel returns what was left, or false when it had fired or was cancelled', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    const [one, two, three] =
      [a.self.sendAfter(100, 'one'), a.self.sendAfter(100, 'two'), a.self.sendAfter(100, 'three')];
    expect(a.self.cancelTimer(one)).toBe(100);
    await env.advance(30);
    expect(a.self.cancelTimer(two)).toBe(70);
    expect(a.self.cancelTimer(two)).toBe(false);
    await env.advance(100);
    expect(a.self.cancelTimer(three)).toBe(false);
    expect(a.seen).toEqual(['three']);
  });

  it('TI-05 a message that is already queued stays after a cancel', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    let release = (): void => undefined;
    const Busy = defineAgent({
      name: 'Busy', init: () => ({}),
      casts: { async work(self) {
        const timer = self.sendAfter(10, 'tick');
        await new Promise<void>((resolve) => { release = resolve; });
        seen.push(self.cancelTimer(timer));
      } },
      info: (self, message) => void seen.push(message),
    });
    system.start(Busy).cast('work');
    await env.advance(20);
    release();
    await env.settle();
    expect(seen).toEqual([false, 'tick']);
  });

  it('TI-07 TI-13 a timer addressed to a process is gone with it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await idler(system);
    const b = await listener(system);
    const timers =
      [a.self.sendAfter(100, 'x'), b.self.sendAfter(100, 'y', a.ref), a.self.sendAfter(100, 'to b', b.ref)];
    system.exit(a.ref, 'kill');
    expect(timers.map((timer) => b.self.cancelTimer(timer))).toEqual([false, false, 100]);
    const { sent } = system.stats().signals;
    await env.advance(200);
    expect(system.stats().signals.sent).toBe(sent);
    expect(env.pending.held).toBe(0);
  });

  it('TI-07 a timer that one process sends to another outlives its sender', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await idler(system);
    const b = await listener(system);
    a.self.sendAfter(100, 'testament', b.ref);
    system.exit(a.ref, 'kill');
    await env.advance(100);
    expect(b.seen).toEqual(['testament']);
  });

  it('TI-08 a timer addressed to a name finds its owner at expiry, and nobody is no error', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const first = await listener(system, { name: 'role' });
    const other = await listener(system);
    other.self.sendAfter(100, 'tick', 'role');
    other.self.sendAfter(300, 'tock', 'role');
    system.exit(first.ref, 'kill');
    const second = await listener(system, { name: 'role' });
    await env.advance(100);
    expect([first.seen, second.seen]).toEqual([[], ['tick']]);
    system.exit(second.ref, 'kill');
    await env.advance(300);
    expect(system.deadLetters.total).toBe(0);
  });

  it('TI-09 any process may cancel a timer if it has its ref', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    const b = await idler(system);
    expect(b.self.cancelTimer(a.self.sendAfter(100, 'x'))).toBe(100);
    await env.advance(200);
    expect(a.seen).toEqual([]);
  });

  it.each(
    [-1, 0.5, Number.NaN, Infinity, '5', undefined],
  )('TI-11 a time of %s is refused and arms nothing', async (ms) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    expect(() => a.self.sendAfter(ms as number, 'x')).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    await env.advance(1_000);
    expect(a.seen).toEqual([]);
  });

  it.each([2 ** 31, 2 ** 33])('TI-11 J3 P32 a time of %d ms works', async (ms) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    a.self.sendAfter(ms, 'late');
    await env.advance(ms - 1);
    expect(a.seen).toEqual([]);
    await env.advance(1);
    expect(a.seen).toEqual(['late']);
  });

  it('TI-10 P32 a jump of the wall clock matters to no timer', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    a.self.sendAfter(100, 'tick');
    env.wallNow += 10 ** 10;
    await env.advance(99);
    expect(a.seen).toEqual([]);
    await env.advance(1);
    expect(a.seen).toEqual(['tick']);
  });

  it('TI-12 50,000 timers with one due time all arrive, and the loop is not held meanwhile', async () => {
    const system = testSystem();
    const a = await listener(system);
    for (let i = 0; i < 50_000; i++) a.self.sendAfter(20, i);
    const began = performance.now();
    let worst = 0;
    let last = began;
    while (a.seen.length < 50_000 && performance.now() - began < 5_000) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      worst = Math.max(worst, now - last);
      last = now;
    }
    expect(a.seen.length).toBe(50_000);
    expect(worst).toBeLessThan(500);
  });

  it('TI-13 timers that fired or were cancelled leave nothing with their process', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    const refs = await (async (): Promise<WeakRef<object>[]> => {
      const made = Array.from({ length: 30 }, (_, i) => a.self.sendAfter(1 + (i % 3), i));
      made.forEach((timer, i) => {
        if (i % 2 === 0) a.self.cancelTimer(timer);
      });
      await env.advance(5);
      return made.map((timer) => new WeakRef(timer));
    })();
    expect(a.seen.length).toBe(15);
    await env.settle();
    expect(await heldAfter(refs, 1)).toBeLessThanOrEqual(1);
  });

  it('TI-02 TI-05 TI-07 any mix of timers, cancels and ends delivers exactly what is left, in due order', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('start' as const), n: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('cancel' as const), n: fc.nat(50) }),
      fc.record({ kind: fc.constant('pass' as const), n: fc.nat(200) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const a = await listener(system);
      const made: { readonly due: number; readonly id: number; gone: boolean; readonly timer: ReturnType<
        typeof a.self.sendAfter
      > }[] = [];
      for (const { kind, n } of steps) {
        if (kind === 'start') made.push(
          { id: made.length, due: env.now + n, gone: false, timer: a.self.sendAfter(n, made.length) },
        );
        else if (kind === 'pass') await env.advance(n);
        else {
          const one = made[n % Math.max(1, made.length)];
          if (one === undefined) continue;
          const left = a.self.cancelTimer(one.timer);
          expect(left).toBe(one.gone || a.seen.includes(one.id) ? false : one.due - env.now);
          if (left !== false) one.gone = true;
        }
      }
      await env.advance(1_000);
      expect([...(a.seen as number[])].sort((x, y) => x - y)).toEqual(
        made.filter((one) => !one.gone).map((one) => one.id),
      );
      const dues = (a.seen as number[]).map((id) => made[id]?.due as number);
      expect(dues).toEqual([...dues].sort((x, y) => x - y));
      await system.stop();
    }), { numRuns: 40 });
  });
});
