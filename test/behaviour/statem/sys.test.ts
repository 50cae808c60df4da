import { describe, expect, it } from 'vitest';
import type { From } from '../../../src/index.js';
import {
  defineStatem, defineStatemHandler, operation, type StatemStatus,
} from '../../../src/behaviour/statem/public.js';
import type { Process, SysHooks } from '../../../src/process/record/process.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

/** The behaviour's answers to system messages, and the process they are about. */
function sysOf(ref: object): { readonly p: Process; readonly sys: SysHooks } {
  const p = (ref as { addr: Process }).addr;
  if (p.behaviour.sys === null) throw new Error('no system hooks');
  return { p, sys: p.behaviour.sys };
}

const Lamp = defineStatem({
  name: 'lamp',
  init: (secret: string) => ({ state: 'off', data: { secret, flips: 0 } }),
  states: {
    off: { casts: {
      flip: (self) => self.next('on').stateTimeout(60_000, 'dark').genericTimeout('check', 70_000, 1),
      wait: (self) => self.keep().postpone(),
    }, calls: { ask: (self) => self.keep().postpone() } },
    on: { casts: {
      flip: (self) => self.next('off'), wait: (self) => self.keep().postpone(),
      crash(self) { self.data = { ...self.data, flips: 1 }; throw new Error('boom'); },
    }, calls: { ask: () => 'on' } },
  },
  common: { calls: { state: (self) => [self.state, self.data.flips] } },
});

describe('the system side of a state machine', () => {
  it('SM-24 get-state is state and data; replace-state may change both, runs no enter call, and a throw changes nothing', async () => {
    const system = testSystem();
    const lamp = system.start(Lamp, 's');
    const { p, sys } = sysOf(lamp);
    expect(sys.state(p)).toEqual(['off', { secret: 's', flips: 0 }]);
    expect(sys.replace(p, () => ['on', { secret: 't', flips: 9 }])).toEqual(['on', { secret: 't', flips: 9 }]);
    expect(await lamp.call('state')).toEqual(['on', 9]);
    expect(await lamp.call('ask')).toBe('on');
    expect(() => sys.replace(p, () => { throw new Error('no'); })).toThrow('no');
    expect(() => sys.replace(p, () => 'off')).toThrow('[state, data]');
    expect(() => sys.replace(p, () => ['zork', 1])).toThrow("has no state 'zork'");
    expect(sys.state(p)).toEqual(['on', { secret: 't', flips: 9 }]);
    lamp.cast('crash');
    await settleTurn();
  });

  it('SM-24 what was replaced is what terminate sees after a later crash', async () => {
    const system = testSystem();
    let seen: unknown;
    const M = defineStatem({
      init: () => ({ state: 'a', data: 1 }),
      states: { a: { casts: { crash() { throw new Error('boom'); } } }, b: {} },
      common: { casts: { crash() { throw new Error('boom'); } } },
      terminate(self) { seen = [self.state, self.data]; },
    });
    const machine = system.start(M);
    const { p, sys } = sysOf(machine);
    sys.replace(p, () => ['b', 2]);
    machine.cast('crash');
    await settleTurn();
    expect(seen).toEqual(['b', 2]);
  });

  it('SM-25 the status shows state, data, queue, postponed events and running timeouts, through formatStatus', async () => {
    const system = testSystem();
    const lamp = system.start(Lamp, 's');
    lamp.cast('flip');
    lamp.cast('wait');
    await settleTurn();
    const { p, sys } = sysOf(lamp);
    expect(sys.show(p)).toEqual({
      state: 'on', data: {
        secret: 's', flips: 0,
      }, event: undefined, queue: [], postponed: [{ type: 'cast', op: 'wait', payload: undefined }],
      timeouts: [
        { type: 'stateTimeout', content: 'dark' },
        { type: 'genericTimeout', name: 'check', content: 1 },
      ],
    });
    const Shy = defineStatem({
      init: () => ({ state: 'a', data: { password: 'x' } }), states: { a: {} },
      formatStatus: (status): StatemStatus => ({ ...status, data: 'hidden' }),
    });
    const shy = sysOf(system.start(Shy));
    expect(shy.sys.show(shy.p)).toMatchObject({ state: 'a', data: 'hidden' });
    const Broken = defineStatem({
      init: () => ({ state: 'a', data: { password: 'x' } }), states: { a: {} },
      formatStatus: () => { throw new Error('no'); },
    });
    const broken = sysOf(system.start(Broken));
    expect(JSON.stringify(broken.sys.show(broken.p))).not.toContain('password');
  });

  it('SM-25 the report of an abnormal end has the event, the queue, postponed events and timeouts, formatted; an orderly end makes none', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const M = defineStatem({
      name: 'm',
      init: () => ({ state: 'a', data: { password: 'x' } }),
      states: {
        a: {
          casts: {
            wait: (self) => self.keep().postpone().stateTimeout(60_000, 's'),
            go: (self) => self.keep().internal('crash').internal('rest'), stop: (self) => self.stop('shutdown'),
          },
          calls: { ask: (self) => self.keep().postpone() },
          internal() { throw new Error('boom'); },
        },
      },
      formatStatus: (status) => ({ ...status, data: 'hidden' }),
    });
    const machine = system.start(M, { name: 'it' });
    machine.cast('wait');
    void machine.tryCall('ask');
    machine.cast('go');
    await settleTurn();
    const reports = logger.lines.filter(({ text }) => text === 'state machine terminated');
    expect(reports).toHaveLength(1);
    expect(reports[0]?.fields).toMatchObject({
      name: 'it', definition: 'm', state: 'a', data: 'hidden', event: {
        type: 'internal', content: 'crash',
      }, queue: [{ type: 'internal', content: 'rest' }],
      postponed: [
        { type: 'cast', op: 'wait' }, { type: 'call', op: 'ask' },
      ], timeouts: [{ type: 'stateTimeout', content: 's' }], reason: 'Error: boom',
    });
    system.start(M).cast('stop');
    await settleTurn();
    expect(logger.lines.filter(({ text }) => text === 'state machine terminated')).toHaveLength(1);
  });

  it('SM-26 codeChange converts state and data, and may switch the callback mode', async () => {
    const system = testSystem();
    const V2 = defineStatemHandler({
      name: 'counter 2',
      init: () => ({ state: { count: 0 }, data: '' }),
      calls: { count: operation<void>() },
      casts: { add: operation<number>() },
      handle(self, event) {
        if (event.type === 'call') return self.keep().reply(self.state);
        return event.type === 'cast' ? self.next({ count: self.state.count + event.payload }) : undefined;
      },
    });
    const V1 = defineStatem({
      name: 'counter 1',
      init: () => ({ state: 'counting', data: 1 }),
      states: { counting: {
        calls: { count: (self): unknown => self.data }, casts: { add(self, n: number) { self.data += n; } },
      } },
      codeChange: (from, old, extra) => (from === 'fails'
        ? { state: 'zork', data: 0 }
        : { state: { count: Number(old.data) + Number(extra) }, data: 'converted', module: V2 }),
    });
    const machine = system.start(V1);
    machine.cast('add', 1);
    expect(await machine.call('count')).toBe(2);
    const { p, sys } = sysOf(machine);
    expect(() => sys.codeChange(p, 'fails', 0)).toThrow("has no state 'zork'");
    expect(await machine.call('count')).toBe(2);
    expect(sys.codeChange(p, 'v1', 10)).toEqual([{ count: 12 }, 'converted']);
    machine.cast('add', 5);
    expect(await machine.call('count')).toEqual({ count: 17 });
  });

  it('SM-20 SM-24 a terminate by system message runs terminate', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const late: From[] = [];
    const M = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: { a: { calls: { wait(self): unknown { late.push(self.from as From); return self.keep(); } } } },
      async terminate(_self, reason) { await Promise.resolve(); log.push(reason); },
    });
    const machine = system.start(M);
    const waiting = machine.tryCall('wait');
    await settleTurn();
    const down = system.monitor(machine.pid ?? '').down;
    void machine.stop('shutdown');
    expect((await down).reason).toBe('shutdown');
    expect(log).toEqual(['shutdown']);
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'shutdown' } });
    expect(late[0]?.settled).toBe(true);
  });

  it('SM-24 SM-25 SY-05 between two events there is no event: neither getStatus nor the report of an asked end shows the last one', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const lamp = system.start(Lamp, 's', { name: 'lamp' });
    const sys = system.sys(lamp as never);
    lamp.cast('flip');
    lamp.send({ token: 'secret' });
    expect(((await sys.getStatus()).state as StatemStatus).event).toBeUndefined();
    await lamp.call('state');
    expect(((await sys.getStatus()).state as StatemStatus).event).toBeUndefined();
    for (const end of [() => lamp.stop('boom').catch(() => undefined), () =>
      system.sys(system.ref(Lamp, 'lamp') as never).terminate('boom')]) {
      if (system.whereis('lamp') === undefined) system.start(Lamp, 's', { name: 'lamp' })
        .send({ token: 'secret' });
      await settleTurn();
      await end();
      await settleTurn();
    }
    const parent = system.spawn((self) => {
      self.start(Trapping).send({ token: 'secret' });
      return self.receive();
    });
    await settleTurn();
    system.exit(parent, 'boom');
    await settleTurn();
    const reports = logger.lines.filter(({ text }) => text === 'state machine terminated');
    expect(reports.map(({ fields }) => fields['event'])).toEqual([undefined, undefined, undefined]);
  });
});

const Trapping = defineStatem(
  { trapExit: true, init: () => ({ state: 'on', data: null }), states: { on: { info: () => undefined } } },
);
