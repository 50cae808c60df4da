import { describe, expect, test } from 'vitest';
import { defineAgent, type System } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** Each sets something that is due every or after 10 ms, and counts how often it happened. */
const TIMERS: Readonly<
  Record<string, { readonly every: boolean; readonly set: (system: System, count: () => void) => void }>
> = {
  'sendInterval of a process': { every: true, set: (system, count) => {
    system.spawn(async (self) => {
      self.timers.sendInterval(10, 'x');
      for (;;) { await self.receive(); count(); }
    });
  } },
  'sendInterval of the system': {
    every: true,
    set: (system, count) => {
      system.timers.sendInterval(10, 'x', system.start(defineAgent({ info: count })));
    },
  },
  'sendInterval to a name': { every: true, set: (
    system, count,
  ) => {
    system.start(defineAgent({ info: count }), { name: 'n' });
    system.timers.sendInterval(10, 'x', 'n');
  } },
  applyInterval: { every: true, set: (system, count) => { system.timers.applyInterval(10, count); } },
  applyRepeatedly: { every: true, set: (system, count) => { system.timers.applyRepeatedly(10, count); } },
  sendAfter: { every: false, set: (
    system, count,
  ) => { system.spawn(async (self) => {
    self.sendAfter(10, 'x');
    for (;;) { await self.receive(); count(); }
  }); } },
  applyAfter: { every: false, set: (system, count) => { system.timers.applyAfter(10, count); } },
  'an idle timeout': { every: true, set: (system, count) => {
    system.start(defineAgent({
      init() { this.timeout(10); return {}; }, info(self) { count(); self.timeout(10); },
    }));
  } },
  'a state timeout': { every: true, set: (system, count) => { system.start(defineStatem({
    init: () => ({ state: 'a', data: 1 }),
    states: {
      a: {
        enter: (self) => self.keep().stateTimeout(10),
        stateTimeout(self) { count(); return self.repeat(); },
      },
    },
  })); } },
  'a generic timeout': { every: true, set: (system, count) => { system.start(defineStatem({
    init: () => ({ state: 'a', data: 1 }),
    states: { a: {
      enter: (self) => self.keep().genericTimeout('t', 10),
      timeouts: { t(self) { count(); return self.repeat(); } },
    } },
  })); } },
};

describe('P34 after a pause of the program what is overdue happens once', () => {
  for (const [what, { every, set }] of Object.entries(TIMERS)) {
    test(`P34 ${what}`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      let times = 0;
      set(system, () => { times++; });
      await env.settle();
      // The machine sleeps: time passes, and no timer fires in between.
      env.now += 425;
      await env.advance(0);
      await env.settle();
      expect(times).toBe(1);
      await env.advance(50);
      expect(times, every ? 'then it goes on in its period' : 'and never again').toBe(every ? 6 : 1);
      env.now += 1_000_000;
      await env.advance(1);
      expect(times).toBe(every ? 7 : 1);
    });
  }

  test('TI-16 an interval is on its old schedule afterwards', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const began = env.now;
    const at: number[] = [];
    system.timers.applyInterval(10, () => { at.push(env.now - began); });
    await env.advance(25);
    env.now += 100;
    await env.advance(0);
    await env.advance(16);
    expect(at).toEqual([10, 20, 125, 130, 140]);
  });
});
