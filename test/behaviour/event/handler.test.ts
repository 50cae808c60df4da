import { describe, expect, test } from 'vitest';
import { defineAgent, type Pid, type ProcessSelf, type System } from '../../../src/index.js';
import {
  defineEventHandler, EventManager, HandlerExit, type EventManagerRef,
} from '../../../src/behaviour/event/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

const Quiet = defineEventHandler({
  calls: { crash() { throw new Error('boom'); }, remove(self) { self.remove(); } },
});
const Refusing = defineEventHandler({ init() { throw new Error('no room'); } });

/** A process that supervises handlers as it is told, and whether it lives. */
function subscriber(
  system: System, events: EventManagerRef, first: (mine: EventManagerRef, self: ProcessSelf) => unknown,
) {
  const got: unknown[] = [];
  const p = system.spawn(async (self) => {
    await first(self.bind(events), self);
    for (;;) got.push(await self.receive());
  });
  return { p, got, links: (): readonly Pid[] | undefined => system.inspect(p)?.links };
}

describe('the link of a supervised handler', () => {
  const WAYS: readonly [string, (mine: EventManagerRef, self: ProcessSelf) => unknown][] = [
    ['deleted', async (mine) => { await mine.addSupHandler(Quiet); await mine.deleteHandler(Quiet); }],
    [
      'removed by itself',
      async (mine) => { await mine.addSupHandler(Quiet); await mine.call(Quiet, 'remove'); },
    ],
    [
      'crashed',
      async (mine) => {
        await mine.addSupHandler(Quiet);
        await mine.call(Quiet, 'crash').catch(() => undefined);
      },
    ],
    ['refused in its init', async (mine) => { await mine.addSupHandler(Refusing).catch(() => undefined); }],
    ['swapped for one that failed', async (
      mine,
    ) => {
      await mine.addSupHandler(Quiet);
      await mine.swapHandler(Quiet, 1, Refusing).catch(() => undefined);
    }],
  ];
  for (const [title, way] of WAYS) {
    test(`GE-08 GE-10 goes with the handler: it was ${title}, and the end of the manager is nothing to whoever had supervised it`, async () => {
      for (const end of ['kill', 'boom', 'shutdown'] as const) {
        const system = testSystem();
        const manager = system.start(EventManager);
        const { p, links } = subscriber(system, system.ref(EventManager, manager), way);
        await settleTurn();
        expect(links()).toEqual([]);
        if (end === 'kill') system.exit(manager, 'kill');
        else await manager.stop(end).catch(() => undefined);
        await settleTurn();
        expect(p.alive).toBe(true);
        await system.stop();
      }
    });
  }

  test('GE-08 stays while one more handler of that process is there, or another process has one', async () => {
    const system = testSystem();
    const manager = system.start(EventManager);
    const events = system.ref(EventManager, manager);
    const two = subscriber(system, events, async (mine) => {
      await mine.addSupHandler(Quiet.as(1));
      await mine.addSupHandler(Quiet.as(2));
      await mine.deleteHandler(Quiet.as(1));
    });
    const other = subscriber(system, events, (mine) => mine.addSupHandler(Quiet.as(3)));
    await settleTurn();
    expect([two.links(), other.links()]).toEqual([[manager.pid], [manager.pid]]);
    await events.deleteHandler(Quiet.as(2));
    await settleTurn();
    expect([two.links(), other.links()]).toEqual([[], [manager.pid]]);
    system.exit(manager, 'kill');
    await settleTurn();
    expect([two.p.alive, other.p.alive]).toEqual([true, false]);
  });

  test('GE-07 GE-08 goes over to who swaps it', async () => {
    const system = testSystem();
    const manager = system.start(EventManager);
    const events = system.ref(EventManager, manager);
    const first = subscriber(system, events, (mine) => mine.addSupHandler(Quiet));
    await settleTurn();
    const second = subscriber(system, events, (mine) => mine.swapSupHandler(Quiet, 1, Quiet.as('new')));
    await settleTurn();
    expect([first.links(), second.links()]).toEqual([[], [manager.pid]]);
  });

  test('EX-01 GE-08 is left when the process had linked itself before, and to the parent of the manager', async () => {
    const system = testSystem();
    const manager = system.start(EventManager);
    const own = subscriber(
      system, system.ref(EventManager, manager),
      async (mine, self) => {
        self.link(manager);
        await mine.addSupHandler(Quiet);
        await mine.deleteHandler(Quiet);
      },
    );
    const parent = system.spawn(async (self) => {
      const events = self.bind(system.ref(EventManager, self.start(EventManager, { name: 'theirs' })));
      await events.addSupHandler(Quiet);
      await events.deleteHandler(Quiet);
      await self.receive(() => false);
    });
    await settleTurn();
    expect(own.links()).toEqual([manager.pid]);
    expect(system.inspect(parent)?.links).toEqual([system.whereis('theirs')]);
  });

  test('GE-08 a handler of a process that has ended before it was added ends as that process did', async () => {
    const log: unknown[] = [];
    const system = testSystem();
    const manager = system.start(EventManager);
    const Late = defineEventHandler({ terminate: (_self, why) => { log.push(why); } });
    await system.sys(manager).suspend();
    const p = system.spawn((self) => {
      void self.bind(system.ref(EventManager, manager)).addSupHandler(Late);
    });
    await system.monitor(p).down;
    await system.sys(manager).resume();
    await settleTurn();
    expect(log).toEqual([{ because: 'adder_ended', reason: 'noproc' }]);
    expect(await system.ref(EventManager, manager).whichHandlers()).toEqual([]);
  });

  test('GE-09 after a swap that failed the reason is why the new handler did not come', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const manager = system.start(EventManager);
    const Old = defineEventHandler({ event(self) { self.swap('args', Refusing); } });
    const { got } = subscriber(system, system.ref(EventManager, manager), (mine) => mine.addSupHandler(Old));
    await settleTurn();
    await system.ref(EventManager, manager).syncNotify('go');
    await settleTurn();
    expect(got.map((one) => (one as HandlerExit).reason)).toEqual(
      [{ swapped: { handler: Refusing, id: undefined }, by: expect.any(String) }, new Error('no room')],
    );
    expect(got.every((one) => one instanceof HandlerExit)).toBe(true);
  });
});

describe('labels in reports', () => {
  test('PR-15 PL-09 LG-08 TK-18 SM-25 tasks, machines and event managers say their label, as every process does', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const labels = (text: string): unknown[] =>
      logger.lines.filter((line) => line.text === text).map((line) => line.fields['processLabel']);
    system.task.asyncNolink((self) => { self.label = 'one task'; throw new Error('boom'); });
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: null }),
      states: { on: { casts: { crash() { throw new Error('boom'); } } } },
    });
    system.start(Machine, { label: 'one machine' }).cast('crash');
    const Agent = defineAgent({ casts: { crash() { throw new Error('boom'); } } });
    system.start(Agent, { label: 'one agent' }).cast('crash');
    system.spawn(() => { throw new Error('boom'); }, { label: 'one process' });
    const events = system.ref(EventManager, system.start(EventManager, { label: 'one manager' }));
    await events.addHandler(Quiet);
    await events.call(Quiet, 'crash').catch(() => undefined);
    await settleTurn();
    expect(labels('task terminated')).toEqual(['one task']);
    expect(labels('state machine terminated')).toEqual(['one machine']);
    expect(labels('event handler crashed')).toEqual(['one manager']);
    expect(new Set(labels('process crashed'))).toEqual(new Set(['one agent', 'one machine', 'one process']));
  });
});
