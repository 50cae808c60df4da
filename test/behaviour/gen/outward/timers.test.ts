import { describe, expect, it } from 'vitest';
import { Exit, OptionError, type System } from '../../../../src/index.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { idler, listener, reasonOfEnd, type Listener } from '../../../process/peers.js';

async function clocked(): Promise<{ readonly env: VirtualEnv; readonly system: System; readonly a: Listener }> {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  return { env, system, a: await listener(system, { name: 'a' }) };
}

describe('functions, intervals and exits that come later', () => {
  it('TI-14 applyAfter runs its function in a fresh process, also when whoever asked has ended', async () => {
    const { env, system, a } = await clocked();
    const ran: unknown[] = [];
    a.self.timers.applyAfter(10, (self) => { ran.push(self.pid, self.parent); });
    system.exit(a.ref, 'kill');
    await env.advance(10);
    expect(ran).toHaveLength(2);
    expect(ran[0]).not.toBe(a.ref.pid);
    expect(ran[1]).toBeUndefined();
  });

  it('TI-15 applyInterval starts a run in every period though the one before still runs; applyRepeatedly never overlaps and catches up', async () => {
    const { env, system } = await clocked();
    let [running, most, runs] = [0, 0, 0];
    const work = async (
      self: { receive(match: undefined, options: { timeoutMs: number }): Promise<unknown> },
    ): Promise<void> => {
      runs++;
      most = Math.max(most, ++running);
      await self.receive(undefined, { timeoutMs: runs === 1 ? 25 : 1 });
      running--;
    };
    const interval = system.timers.applyInterval(10, work);
    await env.advance(30);
    expect([runs, most]).toEqual([3, 2]);
    system.cancelTimer(interval);
    await env.advance(60);
    expect([runs, running]).toEqual([3, 0]);
    [most, runs] = [0, 0];
    const repeated = system.timers.applyRepeatedly(10, work);
    await env.advance(34);
    expect([runs, most], 'the first run took 25 ms, two periods were missed').toEqual([1, 1]);
    await env.advance(4);
    expect([runs, most], 'made up for back to back').toEqual([3, 1]);
    system.cancelTimer(repeated);
    await env.advance(100);
    expect([runs, running]).toEqual([3, 0]);
  });

  it('TI-16 an interval keeps an absolute schedule and ends with its process', async () => {
    const { env, system, a } = await clocked();
    const at: number[] = [];
    const ticker = await listener(system, { name: 'ticker' });
    const start = env.now;
    a.self.timers.sendInterval(20, 'tick', ticker.ref);
    for (let i = 0; i < 10; i++) {
      await env.advance(7);
      while (at.length < ticker.seen.length) at.push(env.now - start);
    }
    expect(at, '3 ticks in 70 ms at 20 ms').toEqual([21, 42, 63]);
    env.readCostMs = 0.4;
    await env.advance(1_000 - (env.now - start));
    env.readCostMs = 0;
    expect(Math.abs(ticker.seen.length - Math.floor((env.now - start) / 20)), 'no drift')
      .toBeLessThanOrEqual(1);
    system.exit(ticker.ref, 'kill');
    const before = env.pending.timers;
    await env.advance(100);
    expect(env.pending.timers).toBeLessThanOrEqual(before);
    expect(system.stats().signals.dropped).toBe(0);
  });

  it('TI-17 exitAfter and killAfter signal a pid or a name; a missing target is harmless', async () => {
    const { env, system, a } = await clocked();
    const plain = await idler(system);
    const stubborn = await listener(system, { name: 'stubborn' });
    a.self.timers.exitAfter(10, 'late', plain.ref);
    a.self.timers.exitAfter(10, 'asked', 'stubborn');
    a.self.timers.killAfter(20, 'stubborn');
    a.self.timers.killAfter(20, 'nobody');
    const reasons = Promise.all([reasonOfEnd(system, plain.ref), reasonOfEnd(system, stubborn.ref)]);
    await env.advance(10);
    expect(stubborn.seen).toEqual([new Exit(undefined, 'asked')]);
    await env.advance(10);
    expect(await reasons).toEqual(['late', 'killed']);
    const cancelled = a.self.timers.exitAfter(10, 'never', a.ref);
    a.self.cancelTimer(cancelled);
    await env.advance(20);
    expect(a.ref.alive).toBe(true);
  });

  it('TI-18 cancelling what is over is harmless, what is no timer is refused', async () => {
    const { env, system, a } = await clocked();
    const timer = a.self.timers.exitAfter(1, 'normal', 'nobody');
    await env.advance(5);
    for (let i = 0; i < 2; i++) system.cancelTimer(timer);
    expect(() => system.cancelTimer({})).toThrow(OptionError);
    expect(() => a.self.cancelTimer('timer' as never)).toThrow(OptionError);
    for (const ms of [-1, 1.5, '3', Number.NaN]) {
      expect(() => system.timers.applyAfter(ms as never, () => undefined)).toThrow(OptionError);
      expect(() => a.self.timers.sendInterval(ms as never, 'x')).toThrow(OptionError);
    }
    expect(() => a.self.timers.sendInterval(0, 'x')).toThrow('a whole number of milliseconds from 1');
    expect(() => system.timers.sendInterval(5, 'x')).toThrow('pass a ref, a pid or a name');
  });

  it('P15 TI-16 a timer that is set after the system has stopped never fires and holds nothing', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    await system.stop();
    let ran = 0;
    system.timers.applyInterval(5, () => { ran++; });
    system.timers.applyRepeatedly(5, () => { ran++; });
    system.timers.applyAfter(5, () => { ran++; });
    system.timers.sendInterval(5, 'tick', 'nobody');
    await env.advance(100);
    expect(env.pending).toEqual({ timers: 0, held: 0 });
    expect(ran).toBe(0);
  });
});

describe('an interval to a name', () => {
  it('TI-16 RG-04 ends with the process that had the name when it was set, not with the name', async () => {
    const { env, system } = await clocked();
    const first = await listener(system, { name: 'named' });
    const timer = system.timers.sendInterval(10, 'tick', 'named');
    await env.advance(20);
    expect(first.seen).toEqual(['tick', 'tick']);
    system.exit(first.self.pid, 'kill');
    const second = await listener(system, { name: 'named' });
    await env.advance(100);
    expect([second.seen, system.cancelTimer(timer)]).toEqual([[], false]);
    expect(env.pending.timers).toBe(0);
  });

  it('TI-16 RG-04 goes to whoever has the name at each message, as long as the first owner lives', async () => {
    const { env, system } = await clocked();
    const first = await listener(system, { name: 'named' });
    system.timers.sendInterval(10, 'tick', 'named');
    await env.advance(10);
    system.unregister('named');
    await env.advance(30);
    const second = await listener(system, { name: 'named' });
    await env.advance(20);
    expect([first.seen.length, second.seen.length]).toEqual([1, 2]);
    system.exit(first.self.pid, 'kill');
    await env.advance(100);
    expect(second.seen.length).toBe(2);
    expect(env.pending.timers).toBe(0);
  });

  it('TI-16 TI-08 never begins when nobody is there: a free name, a dead pid, an alias that was switched off', async () => {
    const { env, system, a } = await clocked();
    const alias = a.self.alias();
    const dead = await listener(system);
    const ref = dead.self.ref;
    system.exit(dead.self.pid, 'kill');
    for (const to of ['nobody', dead.self.pid, ref]) {
      expect(a.self.readTimer(system.timers.sendInterval(10, 'tick', to))).toBe(false);
    }
    system.timers.sendInterval(10, 'through', alias);
    await env.advance(20);
    expect(a.seen).toEqual(['through', 'through']);
    a.self.unalias(alias);
    const late = await listener(system, { name: 'nobody' });
    await env.advance(50);
    expect([a.seen.length, late.seen]).toEqual([2, []]);
    expect(env.pending.timers).toBe(0);
  });
});
