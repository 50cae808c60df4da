import { describe, expect, it } from 'vitest';
import { child, defineAgent } from '../../../src/index.js';
import { actions, defineStatem, defineStatemHandler, operation } from '../../../src/behaviour/statem/public.js';
import { defineEventHandler } from '../../../src/behaviour/event/public.js';
import { defineRegistry, defineScope } from '../../../src/behaviour/names/public.js';
import { defineApplication } from '../../../src/supervisor/application/public.js';
import { Recorder } from '../../support/system.js';
import { lifeOn, TestDisk } from '../../delivery/durable/lives.js';

const Other = defineStatem({ init: () => ({ state: 'a', data: null }), states: { a: {} } });

const Door = defineStatem({
  name: 'Door',
  durable: true,
  init: (code: string) => ({ state: 'locked', data: { code, wrong: 0, entered: [] as string[] } }),
  states: {
    locked: {
      enter(self) { self.data.entered.push('locked'); },
      calls: {
        enter(self, code: string) {
          if (code === self.data.code) return self.next('open').reply(true);
          self.data.wrong++;
          return false;
        },
      },
    },
    open: {
      enter(self) {
        self.data.entered.push('open');
        return self.keep().stateTimeout(4_000);
      },
      stateTimeout: (self) => self.next('locked'),
      calls: { enter: () => true },
    },
  },
  common: {
    calls: {
      where: (self) => `${self.state} ${self.data.wrong} ${self.data.entered.join()}`,
      fail(self) { self.data.wrong = 99; throw new Error('broken'); },
      spoil(self) { (self.data as { tool?: unknown }).tool = () => 1; return 1; },
      become: (self) => self.keep().changeModule(Other),
      leave: (self) => self.stop().reply('bye'),
    },
  },
});

describe('a durable machine', () => {
  it('P21 is where it was in the next life, without init and enter', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const door = await first.start(Door, '1234', { name: 'door' });
    expect(await door.call('enter', '0000')).toBe(false);
    expect(await door.call('where')).toBe('locked 1 locked');
    await first.stop();
    const second = lifeOn(disk);
    const again = await second.start(Door, 'other', { name: 'door' });
    expect(await again.call('where')).toBe('locked 1 locked');
    expect(await again.call('enter', '1234')).toBe(true);
    expect(await again.call('leave')).toBe('bye');
    expect(await (await second.start(Door, 'x', { name: 'door' })).call('where')).toBe('open 1 locked,open');
  });

  it('P21 an event that fails leaves nothing, and the state timeout goes on over lives', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.supervise({ children: [child('door', Door, '1')] });
    const door = first.ref(Door, 'door');
    expect(await door.call('enter', '1')).toBe(true);
    await expect(door.call('fail')).rejects.toMatchObject({ code: 'EXIT' });
    await expect.poll(() => door.tryCall('where')).toMatchObject({ ok: true, value: 'open 0 locked,open' });
    await expect(door.call('spoil')).rejects.toMatchObject({ reason: { code: 'NOT_STORABLE' } });
    await expect.poll(() => door.tryCall('where')).toMatchObject({ ok: true, value: 'open 0 locked,open' });
    await first.stop();
    const second = lifeOn(disk);
    const again = await second.start(Door, '1', { name: 'door' });
    await expect.poll(() => again.call('where'), { timeout: 20_000 }).toBe('locked 0 locked,open,locked');
  });

  it('P21 what it has inserted for itself is handled by the next life; its casts leave with the commit', async () => {
    const heard: string[] = [];
    const Sink = defineAgent({ casts: { hear: (_self, what: string) => void heard.push(what) } });
    const disk = new TestDisk();
    const Steps = defineStatem({
      name: 'Steps',
      durable: true,
      init: () => ({
        state: 'on', data: { done: [] as string[] }, actions: actions().genericTimeout('tick', 300, 'tick'),
      }),
      states: {
        on: {
          casts: {
            go(self) {
              self.cast(first.ref(Sink, 'sink'), 'hear', 'went');
              return self.keep().internal('one').internal('two');
            },
          },
          calls: { done: (self) => self.data.done.join() },
          internal(self, content) {
            if (content === 'two' && self.data.done.length === 1 && dies) {
              dies = false;
              throw new Error('between the two');
            }
            self.data.done.push(String(content));
          },
          timeouts: { tick(self, content: string) { self.data.done.push(content); } },
        },
      },
    });
    let dies = true;
    const first = lifeOn(disk);
    first.start(Sink, { name: 'sink' });
    await first.supervise({ children: [child('steps', Steps)] });
    const steps = first.ref(Steps, 'steps');
    steps.cast('go');
    await expect.poll(() => steps.tryCall('done')).toMatchObject({ ok: true, value: 'one,two' });
    expect(heard).toEqual(['went']);
    await first.stop();
    const second = lifeOn(disk);
    const again = await second.start(Steps, { name: 'steps' });
    await expect.poll(() => again.call('done')).toBe('one,two,tick');
  });

  it('P21 of one handler keeps any state, and restored looks at it', async () => {
    const disk = new TestDisk();
    const Count = defineStatemHandler({
      name: 'Count',
      durable: { version: 1 },
      init: () => ({ state: { n: 0 }, data: { lives: 1 } }),
      restored(self) { self.data.lives++; },
      calls: { add: operation<number>().replies<string>() },
      handle(self, event) {
        if (event.type !== 'call') return undefined;
        const n = self.state.n + event.payload;
        return self.next({ n }).reply(`${n} in life ${self.data.lives}`);
      },
    });
    for (const expected of ['2 in life 1', '4 in life 2', '6 in life 3']) {
      const system = lifeOn(disk);
      expect(await (await system.start(Count, { name: 'count' })).call('add', 2)).toBe(expected);
      await system.stop();
    }
  });

  it('P21 an older machine is migrated', async () => {
    const disk = new TestDisk();
    const of = (version: number, migrate?: (old: never) => unknown) => defineStatem({
      name: 'Old',
      durable: migrate === undefined ? { version } : { version, migrate },
      init: () => ({ state: version === 1 ? 'v1' as const : 'v2' as const, data: { n: 1 } }),
      states: { v1: {}, v2: {} },
      common: { calls: { where: (self) => `${self.state} ${self.data.n}` } },
    });
    const start = async (definition: ReturnType<typeof of>): Promise<string> => {
      const system = lifeOn(disk);
      try {
        return await (await system.start(definition, { name: 'm' })).call('where');
      } finally {
        await system.stop();
      }
    };
    expect(await start(of(1))).toBe('v1 1');
    await expect(start(of(2, () => 5))).rejects.toMatchObject({ reason: { code: 'BAD_RETURN_VALUE' } });
    expect(await start(of(2, ({ data }: { data: { n: number } }) => ({ state: 'v2', data: { n: data.n + 1 } }))))
      .toBe('v2 2');
    await expect(start(of(1))).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
  });

  it.each([
    ['an event manager', () => defineEventHandler({ durable: true } as never)],
    ['a registry', () => defineRegistry({ keys: 'unique', durable: true } as never)],
    ['a scope', () => defineScope({ durable: true } as never)],
    ['an application', () => defineApplication({ name: 'a', start: () => undefined, durable: true } as never)],
  ])('%s has no durable', (_what, define) => {
    expect(define).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
  });

  it('P21 is refused where it cannot be stored, and is no agent', async () => {
    const define = (spec: object) => () => (
      (defineStatem as (spec: object) => unknown)({ states: { a: {} }, ...spec })
    );
    const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;
    expect(define({ init: () => 1, durable: { log: true } })).toThrow(code('UNKNOWN_OPTION'));
    expect(define({ init: () => 1, restored: () => 1 })).toThrow(code('BAD_COMBINATION'));
    expect(define({ init: () => 1, durable: 'yes' })).toThrow(code('BAD_OPTION'));
    const disk = new TestDisk();
    const system = lifeOn(disk, { logger: new Recorder() });
    await expect(system.start(Door, '1')).rejects.toMatchObject({ reason: { code: 'NOT_DURABLE' } });
    const door = await system.start(Door, '1', { name: 'door' });
    await expect(door.call('become')).rejects.toMatchObject({ reason: { code: 'NOT_DURABLE' } });
    const Agent = defineAgent({ name: 'Door', durable: true, init: () => 0 });
    await expect(system.start(Agent, { name: 'door' })).rejects.toMatchObject({ reason: { code: 'STATE_OTHER' } });
  });
});
