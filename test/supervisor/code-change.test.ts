import { describe, expect, test } from 'vitest';
import { supervisor, type SupervisorInit, type SupervisorSpec } from '../../src/index.js';
import { testSystem } from '../support/system.js';
import { boom, family } from './family.js';
import { rejection, settled } from './wait.js';

describe('the code of a supervisor changes', () => {
  test('SU-53 the spec function runs again: flags replaced, specs updated, new ones added and not started, others kept', async () => {
    const system = testSystem();
    const { worker, take, ref } = family();
    let spec: SupervisorSpec = { children: ['a', 'b', 'c', 'd'].map((id) => worker(id)) };
    const sup = await system.supervise(() => spec, { name: 'top' });
    const before = new Map((await sup.whichChildren()).map((row) => [row.id, row.pid]));
    take();
    spec = { strategy: 'one_for_all', intensity: 3, children: [worker('x'), worker('c', { restart: 'transient' }), worker('b'), worker('y')] };
    const sys = system.sys('top');
    await sys.suspend();
    await sys.codeChange();
    await sys.resume();
    expect(take(), 'nothing is started or stopped').toEqual([]);
    expect((await sup.whichChildren()).map((row) => [row.id, row.status, row.pid]), 'the order of OTP 25').toEqual([
      ['d', 'running', before.get('d')], ['a', 'running', before.get('a')], ['y', 'stopped', undefined],
      ['b', 'running', before.get('b')], ['c', 'running', before.get('c')], ['x', 'stopped', undefined],
    ]);
    expect(await sup.getChildSpec('c')).toMatchObject({ restart: 'transient' });
    ref(system, 'a').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom', '-d shutdown', '-b shutdown', '-c shutdown', '+x', '+c', '+b', '+y', '+a', '+d']);
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
    expect((await sup.whichChildren()).map((row) => [row.id, row.status])).toEqual([['a', 'running'], ['b', 'stopped']]);
    await sup.restartChild('b');
    expect(await sup.countChildren()).toMatchObject({ active: 2 });
  });

  test('SU-53 a nested one is changed by its name, its parent does not notice', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const top = await system.supervise({ children: [supervisor('sub', { children: [worker('a')] }, { name: 'sub' })] });
    take();
    const sys = system.sys('sub');
    await sys.suspend();
    await sys.codeChange({ extra: { children: [worker('a', { shutdown: 'brutal_kill' })] } });
    await sys.resume();
    await top.terminateChild('sub');
    expect(take(), 'brutal_kill is silent').toEqual([]);
  });
});
