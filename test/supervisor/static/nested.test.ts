import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { describe, expect, test } from 'vitest';
import {
  defineAgent, dynamicSupervisor, supervisor, SupervisorRef, taskSupervisor, type ProcessVerbs,
  type SupervisorSpec,
} from '../../../src/index.js';
import { defineEventHandler, EventManager } from '../../../src/behaviour/event/public.js';
import { pool } from '../../../src/delivery/group/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { partitionSupervisor, type AnySupervisorRef } from '../../../src/supervisor/public.js';
import { testSystem } from '../../support/system.js';
import { family } from '../family.js';
import { Gate, rejection, settled } from '../wait.js';

describe('who may start one', () => {
  /** What each kind of process starts: a tree with the one child `a`. */
  const spec =
    (worker: ReturnType<typeof family>['worker']): SupervisorSpec => ({
      name: 'tree', children: [worker('a')],
    });

  test('SU-37 an agent, in init and in a handler', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const Boss = defineAgent({
      async init(early: boolean) { if (early) await this.supervise(spec(worker)); return {}; },
      calls: { begin: async (self) => { await self.supervise(spec(worker)); } },
    });
    for (const early of [true, false]) {
      const boss = await system.start(Boss, early);
      if (!early) await boss.call('begin');
      const tree = system.ref(SupervisorRef, 'tree');
      expect(await tree.countChildren()).toMatchObject({ active: 1 });
      await boss.stop();
      expect(await tree.down).toBe('normal');
      expect(take()).toEqual(['+a', '-a shutdown']);
    }
  });

  test('SU-37 an agent whose init fails takes the tree along that it had started', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const Boss = defineAgent({ async init() { await this.supervise(spec(worker)); throw new Error('no'); } });
    await rejection(system.start(Boss));
    await settled();
    expect([take(), system.stats().processes]).toEqual([['+a', '-a shutdown'], 0]);
  });

  test('SU-37 a state machine, a task, an event handler for its manager, a handler that runs beside its agent', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const start = async (self: ProcessVerbs): Promise<void> => { await self.supervise(spec(worker)); };
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: null }),
      states: { on: { casts: { async begin(self) { await start(self); } } } },
    });
    const Handler = defineEventHandler({ event: (self) => start(self) });
    const Beside = defineAgent({ calls: { begin: { concurrent: true, handle: (self) => start(self) } } });
    const machine = system.start(Machine);
    machine.cast('begin');
    await settled();
    expect(take()).toEqual(['+a']);
    await machine.stop();
    await settled();
    expect(take()).toEqual(['-a shutdown']);
    await system.task.await(system.task.async(start));
    await settled();
    expect(take()).toEqual(['+a', '-a shutdown']);
    const manager = system.start(EventManager);
    const events = system.ref(EventManager, manager);
    await events.addHandler(Handler);
    await events.syncNotify('go');
    await events.deleteHandler(Handler);
    expect(take()).toEqual(['+a']);
    await manager.stop();
    await settled();
    expect(take()).toEqual(['-a shutdown']);
    await system.start(Beside).call('begin');
    await settled();
    expect(take()).toEqual(['+a', '-a shutdown']);
  });

  test('SU-37 DS-01 PS-01 TK-16 supervisors of every kind, each with its own handle', async () => {
    const system = testSystem();
    const { worker, Worker } = family();
    const handles: AnySupervisorRef<unknown>[] = [];
    const seen: unknown[] = [];
    const up = new Gate();
    const p = system.spawn(async (self) => {
      const dynamic = await self.supervise(dynamicSupervisor('d', { maxChildren: 2 }));
      await dynamic.startChild(worker('x'));
      const simple = await self.supervise(simpleSupervisor('s', template(Worker, ['y'])));
      await simple.startChild(false);
      const parts = await self.supervise(
        partitionSupervisor('p', { name: 'p', child: worker('z'), partitions: 3 }),
      );
      seen.push(await parts.ref(4).call('id'));
      const tasks = self.bind(await self.supervise(taskSupervisor('t', {})));
      seen.push(await self.task.await(await tasks.asyncNolink(() => 'done')));
      await tasks.startChild((one) => one.receive(), []);
      const nested = await self.supervise(supervisor('n', { children: [worker('v')] }));
      const workers = await self.supervise(pool('w', Worker, 'w', false, { min: 1 }));
      seen.push(await workers.call('id'));
      seen.push(system.tree().find((node) => node.pid === self.pid)?.children.map(({ type }) => type));
      handles.push(dynamic, simple, parts, nested);
      up.open();
      await self.receive();
    });
    expect(await Promise.race([up.promise, system.monitor(p).down])).toBeUndefined();
    expect(seen).toEqual(['z', 'done', 'w', Array.from({ length: 6 }, () => 'supervisor')]);
    system.exit(p, 'shutdown');
    expect(await Promise.all(handles.map(({ down }) => down))).toEqual(handles.map(() => 'shutdown'));
    await settled();
    expect(system.stats().processes).toBe(0);
  });

  test('DS-01 system.supervise takes the specification of any supervisor too, and starts it at the top, whoever calls', async () => {
    const system = testSystem();
    const { worker, ref } = family();
    const up = new Gate();
    const p = system.spawn(async () => {
      const jobs = await system.supervise(dynamicSupervisor('jobs', {}));
      await jobs.startChild(worker('a', { name: 'a' }));
      up.open();
    });
    await up.promise;
    await system.monitor(p).down;
    await settled();
    expect([await ref(system, 'a').call('id'), system.tree().length]).toEqual(['a', 1]);
  });
});
