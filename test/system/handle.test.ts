import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, dynamicSupervisor, DynamicSupervisorRef, supervisor, SupervisorRef,
  taskSupervisor, TaskSupervisorRef, type Pid,
} from '../../src/index.js';
import { defineEventHandler, EventManager } from '../../src/behaviour/event/public.js';
import { defineRegistry, defineScope, via } from '../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../src/delivery/group/public.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { partitionsOf, partitionSupervisor } from '../../src/supervisor/public.js';
import { simpleSupervisor } from '../../src/supervisor/dynamic/handle.js';
import { template } from '../../src/supervisor/dynamic/spec.js';
import { testSystem } from '../support/system.js';

const Echo = defineAgent({ init: (word: string) => word, calls: { say: (self) => self.state } });
const Door = defineStatem({
  init: () => ({ state: 'shut', data: 0 }),
  states: { shut: { calls: { look: () => 'shut' } } },
});
const Rooms = defineRegistry<string>({ name: 'rooms', keys: 'unique' });
const Groups = defineScope({ name: 'groups' });
const Count = defineEventHandler({
  init: () => ({ n: 0 }), event(self, by: number) { self.state.n += by; }, calls: { n: (self) => self.state.n },
});

async function house() {
  const system = testSystem();
  const echo = child('echo', Echo, 'hello');
  const specs = {
    jobs: dynamicSupervisor('jobs', { name: 'jobs' }),
    tasks: taskSupervisor('tasks', { name: 'tasks' }),
    shards: partitionSupervisor('shards', { name: 'shards', child: echo, partitions: 2 }),
    crew: pool('crew', Echo, 'work', { min: 1 }),
    top: supervisor('top', { name: 'top', children: [child('door', Door)] }),
  };
  await system.supervise({
    children: [
      echo, child('rooms', Rooms), child('groups', Groups), child('events', EventManager),
      ...Object.values(specs),
    ],
  });
  return { system, echo, ...specs };
}

describe('system.ref gives the handle of what it is given', () => {
  test('a definition: a ref by name, by pid, by another ref, by a via name', async () => {
    const { system } = await house();
    const byName = system.ref(Echo, 'echo');
    expect(await byName.call('say')).toBe('hello');
    expect(await system.ref(Echo, byName.pid as Pid).call('say')).toBe('hello');
    expect(await system.ref(Echo, byName).call('say')).toBe('hello');
    expect(await system.ref(Door, 'door').call('look')).toBe('shut');
    const names = new Map<string, Pid>();
    const registry = {
      registerName: (key: string, pid: Pid) => { names.set(key, pid); return true; },
      unregisterName: (key: string) => void names.delete(key), whereisName: (key: string) => names.get(key),
    };
    system.start(Echo, 'there', { name: via(registry, 'x') });
    expect(await system.ref(Echo, via(registry, 'x')).call('say')).toBe('there');
  });

  test('registries, scopes and event managers: their own handles, the first two by the names of their definitions', async () => {
    const { system } = await house();
    expect([system.ref(Rooms).count(), system.ref(Rooms, 'rooms').count()]).toEqual([0, 0]);
    expect([system.ref(Groups).whichGroups(), system.ref(Groups, 'groups').whichGroups()]).toEqual([[], []]);
    const events = system.ref<number>(EventManager, 'events');
    await events.addHandler(Count);
    events.notify(2);
    expect(await events.call(Count, 'n')).toBe(2);
  });

  test('specifications: what starting them gives, by the names in them or by another', async () => {
    const { system, echo, jobs, tasks, shards, crew, top } = await house();
    expect(await system.ref(echo).call('say')).toBe('hello');
    expect(await system.ref(jobs).countChildren()).toMatchObject({ active: 0 });
    expect(await system.ref(jobs, 'jobs').countChildren()).toMatchObject({ active: 0 });
    expect(await system.ref(tasks).children()).toEqual([]);
    expect(await system.ref(shards).ref('key').call('say')).toBe('hello');
    expect(await system.ref(crew).call('say')).toBe('work');
    expect((await system.ref(top).whichChildren()).map((row) => row.id)).toEqual(['door']);
    expect(() => system.ref(dynamicSupervisor('nameless')))
      .toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });

  test('the class of a handle, or what stands for it, where nobody has the specification', async () => {
    const { system, echo } = await house();
    expect(await system.ref(SupervisorRef, 'top').countChildren()).toMatchObject({ workers: 1 });
    expect(await system.ref(DynamicSupervisorRef, 'jobs').countChildren()).toMatchObject({ active: 0 });
    expect(await system.ref(TaskSupervisorRef, 'tasks').children()).toEqual([]);
    expect(await system.ref(partitionsOf(echo), 'shards').ref(1).call('say')).toBe('hello');
    expect(await system.ref(poolOf(Echo), 'crew').call('say')).toBe('work');
    expect(() => system.ref(partitionsOf(echo), system.whereis('shards') as string))
      .toThrow(/the name of a partition/);
  });

  test('anything else is refused', async () => {
    const { system } = await house();
    for (const what of [undefined, null, 5, 'echo', {}, () => 1]) {
      expect(() => system.ref(what as never, 'echo')).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', option: 'ref' }),
      );
    }
    expect(() => system.ref(Echo, 'no name!')).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    expect(() => system.ref(Echo, {} as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

test('system.supervise gives the handle of the kind that it is given', async () => {
  const system = testSystem();
  const jobs = await system.supervise(dynamicSupervisor('jobs', { maxChildren: 1 }));
  await jobs.startChild(child('one', Echo, 'a'));
  const tasks = await system.supervise(taskSupervisor('tasks'));
  expect(await system.task.await(await tasks.async(() => 7))).toBe(7);
  const shards = await system.supervise(
    partitionSupervisor('shards', { name: 'shards', child: child('echo', Echo, 'b'), partitions: 3 }),
  );
  expect([shards.partitions, await shards.ref('x').call('say')]).toEqual([3, 'b']);
  const crew = await system.supervise(pool('crew', Echo, 'c'));
  expect(await crew.call('say')).toBe('c');
  const simple = await system.supervise(simpleSupervisor('simple', template(Echo, [])));
  expect(await (await simple.startChild('d')).call('say')).toBe('d');
  const top = await system.supervise(supervisor('top', { children: [] }));
  expect(await top.countChildren()).toMatchObject({ specs: 0 });
  for (const one of [jobs, tasks, shards, simple, top]) await one.stop();
  expect(await Promise.all([jobs, shards, simple, top].map((one) => one.down)), 'as every stop').toEqual(
    ['normal', 'normal', 'normal', 'normal'],
  );
});
