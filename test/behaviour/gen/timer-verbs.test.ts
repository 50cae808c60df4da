import { describe, expect, it } from 'vitest';
import { OptionError, TimerAnswer, TimerFired, type System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { listener, type Listener } from '../../process/peers.js';

async function clocked(): Promise<{ readonly env: VirtualEnv; readonly system: System; readonly a: Listener }> {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  return { env, system, a: await listener(system, { name: 'a' }) };
}

describe('timers with a ref', () => {
  it('TI-01 startTimer tells which timer fired, sendAfter delivers the bare message', async () => {
    const { env, a } = await clocked();
    const timer = a.self.startTimer(10, 'named');
    a.self.sendAfter(20, 'bare');
    await env.advance(20);
    expect(a.seen).toEqual([expect.any(TimerFired), 'bare']);
    expect(a.seen[0]).toMatchObject({ ref: timer, message: 'named' });
  });

  it('TI-06 cancel and read may answer with a message, or not at all', async () => {
    const { env, a } = await clocked();
    const timer = a.self.sendAfter(100, 'never');
    await env.advance(40);
    expect(a.self.readTimer(timer)).toBe(60);
    expect(a.self.readTimer(timer, { async: true })).toBe('ok');
    expect(a.self.cancelTimer(timer, { async: true })).toBe('ok');
    expect(a.self.cancelTimer(timer, { async: true })).toBe('ok');
    await env.settle();
    expect(a.seen).toEqual([expect.any(TimerAnswer), expect.any(TimerAnswer), expect.any(TimerAnswer)]);
    expect(a.seen).toMatchObject([
      { tag: 'READ_TIMER', ref: timer, result: 60 }, { tag: 'CANCEL_TIMER', ref: timer, result: 60 },
      { tag: 'CANCEL_TIMER', ref: timer, result: false },
    ]);
    const other = a.self.sendAfter(100, 'never');
    expect(a.self.cancelTimer(other, { info: false })).toBe('ok');
    expect(a.self.cancelTimer(a.self.sendAfter(1, 'never'), { async: true, info: false })).toBe('ok');
    await env.advance(200);
    expect(a.seen).toHaveLength(3);
    expect(() => a.self.readTimer(timer, { info: false } as never)).toThrow(OptionError);
  });

  it('TI-10 an absolute time is a reading of the monotonic clock, and no jump of the wall clock matters', async () => {
    const { env, system, a } = await clocked();
    a.self.sendAfter(system.monotonic() + 50, 'abs', undefined, { abs: true });
    a.self.sendAfter(system.monotonic() - 50, 'past', undefined, { abs: true });
    a.self.sendAfter(50, 'relative');
    env.wallNow += 3_600_000;
    await env.advance(1);
    expect(a.seen).toEqual(['past']);
    env.wallNow -= 7_200_000;
    await env.advance(48);
    expect(a.seen).toEqual(['past']);
    await env.advance(1);
    expect([...a.seen].map(String).sort()).toEqual(['abs', 'past', 'relative']);
    const hostile = { valueOf() { throw new Error('no'); } };
    for (const at of [Number.NaN, Infinity, 1n, '5', Symbol('at'), {}, null, hostile]) {
      expect(() => a.self.sendAfter(at as number, 'x', undefined, { abs: true })).toThrow(OptionError);
    }
  });

  it('TI-04 of timers that are due at once all arrive, in whatever order', async () => {
    const { env, a } = await clocked();
    for (let i = 0; i < 50; i++) a.self.sendAfter(10 + (i % 2), i);
    await env.advance(9);
    for (let i = 50; i < 75; i++) a.self.sendAfter(2, i);
    await env.advance(2);
    expect(new Set(a.seen)).toEqual(new Set(Array.from({ length: 75 }, (_, i) => i)));
    expect(a.seen).toHaveLength(75);
  });
});
