import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { describe, expect, test } from 'vitest';
import {
  defineAgent, dynamicSupervisor, supervisor, type SupervisorSpec,
} from '../../../src/index.js';
import type { DynamicSpec, SupervisorInit } from '../../../src/supervisor/public.js';
import { testSystem } from '../../support/system.js';
import { boom, family } from '../family.js';
import { rejection, settled } from '../wait.js';

describe('the code of a supervisor changes', () => {
  test('SU-53 the spec function runs again: flags replaced, specs updated, new ones added and not started, others kept', async () => {
    const system = testSystem();
    const { worker, take, ref } = family();
    let spec: SupervisorSpec = { children: ['a', 'b', 'c', 'd'].map((id) => worker(id)) };
    const sup = await system.supervise(() => spec, { name: 'top' });
    const before = new Map((await sup.whichChildren()).map((row) => [row.id, row.pid]));
    take();
    spec = {
      strategy: 'one_for_all', intensity: 3,
      children: [worker('x'), worker('c', { restart: 'transient' }), worker('b'), worker('y')],
    };
    const sys = system.sys('top');
    await sys.suspend();
    await sys.codeChange();
    await sys.resume();
    expect(take(), 'nothing is started or stopped').toEqual([]);
    expect(
      (await sup.whichChildren()).map((row) => [row.id, row.status, row.pid]),
      'the order of OTP 25',
    ).toEqual([
      ['d', 'running', before.get('d')], ['a', 'running', before.get('a')], ['y', 'stopped', undefined],
      ['b', 'running', before.get('b')], ['c', 'running', before.get('c')], ['x', 'stopped', undefined],
    ]);
    expect(await sup.getChildSpec('c')).toMatchObject({ restart: 'transient' });
    ref(system, 'a').cast('crash', boom);
    await settled();
    expect(take()).toEqual(
      ['-a boom', '-d shutdown', '-b shutdown', '-c shutdown', '+x', '+c', '+b', '+y', '+a', '+d'],
    );
  });

  test('SU-53 a spec that is given takes its place; ignore changes nothing; a bad one leaves the state as it is', async () => {
    const system = testSystem();
    const { worker } = family();
    const sup = await system.supervise({ name: 'top', children: [worker('a')] });
    const sys = system.sys('top');
    await sys.suspend();
    await sys.codeChange();
    await sys.codeChange({ extra: { children: [worker('b')] } });
    await sys.codeChange({ extra: (() => 'ignore') satisfies SupervisorInit });
    await rejection(sys.codeChange({ extra: { children: [worker('c'), worker('c')] } }));
    await rejection(sys.codeChange({ extra: () => Promise.resolve({ children: [] }) }));
    await sys.resume();
    expect((await sup.whichChildren()).map((row) => [row.id, row.status])).toEqual(
      [['a', 'running'], ['b', 'stopped']],
    );
    await sup.restartChild('b');
    expect(await sup.countChildren()).toMatchObject({ active: 2 });
  });

  test('SU-53 a nested one is changed by its name, its parent does not notice', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const top = await system.supervise({
      children: [supervisor('sub', { children: [worker('a')] }, { name: 'sub' })],
    });
    take();
    const sys = system.sys('sub');
    await sys.suspend();
    await sys.codeChange({ extra: { children: [worker('a', { shutdown: 'brutal_kill' })] } });
    await sys.resume();
    await top.terminateChild('sub');
    expect(take(), 'brutal_kill is silent').toEqual([]);
  });
});

describe('the code of a dynamic supervisor changes', () => {
  test('SU-53 its init function runs at the start and again, and replaces its limits; nobody is started or stopped', async () => {
    const system = testSystem();
    const { worker, take } = family();
    let spec: DynamicSpec | 'ignore' = { maxChildren: 1, intensity: 0, extraArguments: [] };
    const pool = await system.supervise(dynamicSupervisor('dynamic', () => spec, { name: 'pool' }));
    const a = await pool.startChild(worker('a'));
    expect(await rejection(pool.startChild(worker('b')))).toMatchObject({ refusal: 'max_children' });
    expect(take()).toEqual(['+a']);
    const sys = system.sys('pool');
    const change = async (extra?: unknown): Promise<void> => {
      await sys.suspend();
      await sys.codeChange({ extra }).finally(() => sys.resume());
    };
    spec = { maxChildren: 2, intensity: 1 };
    await change();
    await pool.startChild(worker('b'));
    expect(take()).toEqual(['+b']);
    a.cast('crash', boom);
    await settled();
    expect(take(), 'one restart is allowed now').toEqual(['-a boom', '+a']);
    spec = 'ignore';
    await change();
    await change({ maxChildren: 3, intensity: 1 });
    await pool.startChild(worker('c'));
    for (const bad of [
      { maxChildren: -1 }, { strategy: 'one_for_all' }, 7, () => Promise.resolve({}), () => { throw boom; },
    ]) expect(await rejection(change(bad))).toMatchObject({ code: 'CALLBACK_FAILED' });
    expect(await rejection(pool.startChild(worker('d'))), 'a bad one leaves it as it is').toMatchObject(
      { refusal: 'max_children' },
    );
    spec = { maxChildren: 0 };
    await change();
    expect(await pool.countChildren(), 'who lives is kept').toMatchObject({ active: 3 });
  });

  test('SU-05 SU-53 an async init function, one that ignores, that throws and that returns nonsense; nested by its id', async () => {
    const system = testSystem();
    const { worker } = family();
    const later = await system.supervise(dynamicSupervisor('dynamic', async () => ({ maxChildren: 1 })));
    await later.startChild(worker('a'));
    expect(await rejection(later.startChild(worker('b')))).toMatchObject({ refusal: 'max_children' });
    expect(await rejection(system.supervise(dynamicSupervisor('dynamic', () => 'ignore')))).toMatchObject(
      { code: 'START_FAILED', reason: 'ignore' },
    );
    expect(
      await rejection(system.supervise(dynamicSupervisor('dynamic', () => { throw boom; })))
    ).toMatchObject({ reason: boom });
    expect(
      await rejection(system.supervise(dynamicSupervisor('dynamic', () => 7 as never)))
    ).toMatchObject({ reason: { badReturn: '7' } });
    expect(
      await rejection(system.supervise(dynamicSupervisor('dynamic', () => ({ maxChildren: -1 })))),
    ).toMatchObject(
      { reason: { supervisorData: { code: 'BAD_OPTION' } } },
    );
    let made = 0;
    const top =
      await system.supervise({
        intensity: 5, children: [dynamicSupervisor('pool', () => ({ maxChildren: ++made }))],
      });
    const [row] = await top.whichChildren();
    system.exit(row?.pid as never, 'kill');
    await settled();
    expect(made, 'its restart makes it anew').toBe(2);
  });

  test('SU-53 a template is replaced for those that live as well: with their own arguments, at their next restart', async () => {
    const system = testSystem();
    const log: string[] = [];
    const make = (version: string) => defineAgent({
      name: version,
      init: (a: string, b: string) => { log.push(`${version} ${a} ${b}`); },
      casts: { crash(_self, error: Error) { throw error; } },
    });
    const [Old, New] = [make('old'), make('new')];
    const sup = await system.supervise(
      simpleSupervisor('simple', template(Old, ['first'], { restart: 'permanent' }), {
        name: 'simple', intensity: 10,
      })
    );
    const one = await sup.startChild('own');
    const sys = system.sys('simple');
    await sys.suspend();
    await sys.codeChange();
    await sys.codeChange({
      extra: { intensity: 10, template: template(New, ['second'], { restart: 'transient' }) },
    });
    await sys.resume();
    expect((await sup.whichChildren()).map(({ restart }) => restart)).toEqual(['transient']);
    one.cast('crash', boom);
    await settled();
    await sup.startChild('other');
    expect(log).toEqual(['old first own', 'new second own', 'new second other']);
  });
});
