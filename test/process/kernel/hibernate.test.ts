import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { defineEventHandler, EventManager } from '../../../src/behaviour/event/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Agent = defineAgent({
  init(early: boolean) { if (early) this.hibernate(); return {}; },
  calls: {
    rest(self) { self.hibernate(); return 'good night'; },
    async 'rest later'(self) { self.hibernate(); await Promise.resolve(); },
    ping: () => 'pong',
  },
});

describe('a hibernation that a callback asked for', () => {
  test('GS-31 PF-08 is seen until the next message, which may ask again', async () => {
    const system = testSystem();
    const agent = system.start(Agent, false);
    const status = (): unknown => system.inspect(agent)?.status;
    expect(status()).toBe('idle');
    expect(await agent.call('rest')).toBe('good night');
    expect(status()).toBe('hibernated');
    expect(await agent.call('ping')).toBe('pong');
    expect(status()).toBe('idle');
    await agent.call('rest later');
    expect(status()).toBe('hibernated');
    agent.send('unexpected');
    expect(status()).toBe('queued');
    await agent.call('ping');
    expect(status()).toBe('idle');
    expect(system.inspect(system.start(Agent, true))?.status).toBe('hibernated');
  });

  test('SY-04 GS-31 system messages are answered in between: it goes on to hibernate, also after a suspension', async () => {
    const system = testSystem();
    const agent = system.start(Agent, true);
    const sys = system.sys(agent);
    const status = (): unknown => system.inspect(agent)?.status;
    await sys.getState();
    expect(status()).toBe('hibernated');
    await sys.replaceState((state) => state);
    await sys.getStatus();
    expect(status()).toBe('hibernated');
    await sys.suspend();
    expect([status(), (await sys.getStatus()).status]).toEqual(['hibernated', 'suspended']);
    await sys.resume();
    expect(status()).toBe('hibernated');
    await agent.call('ping');
    expect(status()).toBe('idle');
  });

  test('GS-31 SY-04 one by time too: a system message does not wake it, and resets the time of one that is awake', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const agent = system.start(Agent, false, { hibernateAfterMs: 100 });
    const status = (): unknown => system.inspect(agent)?.status;
    await env.advance(60);
    await system.sys(agent).getState();
    await env.advance(60);
    expect(status()).toBe('idle');
    await env.advance(40);
    expect(status()).toBe('hibernated');
    await system.sys(agent).getState();
    expect(status()).toBe('hibernated');
    await agent.call('rest');
    expect(status()).toBe('hibernated');
    await agent.call('ping');
    expect(status()).toBe('idle');
    await env.advance(100);
    expect(status()).toBe('hibernated');
  });

  test('GE-11 RE-10 SM-04 of an event manager, a plain process and a state machine as well', async () => {
    const system = testSystem();
    const Handler = defineEventHandler({ event(self) { self.hibernate(); } });
    const manager = system.start(EventManager);
    const events = system.ref(EventManager, manager);
    await events.addHandler(Handler);
    expect(system.inspect(manager)?.status).toBe('idle');
    await events.syncNotify('night');
    expect(system.inspect(manager)?.status).toBe('hibernated');
    const log: unknown[] = [];
    const plain =
      system.spawn(async (self) => {
        await self.hibernate();
        log.push(await self.receive());
        await self.receive();
      });
    await new Promise(setImmediate);
    expect(system.inspect(plain)?.status).toBe('hibernated');
    plain.send('morning');
    await new Promise(setImmediate);
    expect([log, system.inspect(plain)?.status]).toEqual([['morning'], 'waiting']);
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: null }),
      states: { on: { calls: { rest: (self) => self.keep().hibernate().reply(1), ping: () => 2 } } },
    });
    const machine = system.start(Machine);
    await machine.call('rest');
    expect(system.inspect(machine)?.status).toBe('hibernated');
    await system.sys(machine as never).getState();
    expect(system.inspect(machine)?.status).toBe('hibernated');
    await machine.call('ping');
    expect(system.inspect(machine)?.status).toBe('idle');
  });
});
