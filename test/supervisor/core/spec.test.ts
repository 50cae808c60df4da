import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, StartError, supervisor, SupervisorRef, type Restart,
} from '../../../src/index.js';
import { checkChildSpecs, type SupervisorInit } from '../../../src/supervisor/public.js';
import { ChildSpec } from '../../../src/supervisor/spec/spec.js';
import { testSystem } from '../../support/system.js';
import { boom, family } from '../family.js';
import { rejection, settled } from '../wait.js';

describe('a spec function', () => {
  test('SU-05 ignore starts nothing; at a top the start says so, under a supervisor the child is stopped', async () => {
    const system = testSystem();
    expect(await rejection(system.supervise(() => 'ignore')))
      .toMatchObject({ code: 'START_FAILED', reason: 'ignore' });
    const top = await system.supervise({ children: [
      supervisor('s', () => 'ignore'), supervisor('later', () => Promise.resolve('ignore' as const)),
      supervisor('t', () => 'ignore', { restart: 'temporary' }),
    ] });
    expect(await top.whichChildren()).toMatchObject(
      [{ id: 'later', status: 'stopped' }, { id: 's', status: 'stopped' }],
    );
    expect(system.stats().processes).toBe(1);
  });

  test('SU-05 SU-09 a wrong return, wrong flags and wrong specs are start errors of three kinds, with nothing left running', async () => {
    const system = testSystem();
    const { worker } = family();
    const reasons: [unknown, object][] = [
      ['nonsense', { badReturn: 'nonsense' }],
      [undefined, { badReturn: 'undefined' }],
      [
        { strategy: 'odd', children: [] },
        { supervisorData: { code: 'BAD_OPTION', option: 'supervisor.strategy' } },
      ],
      [{ intensity: -1, children: [] }, { supervisorData: { option: 'supervisor.intensity' } }],
      [{ periodMs: 0, children: [] }, { supervisorData: { option: 'supervisor.periodMs' } }],
      [{ autoShutdown: 'maybe', children: [] }, { supervisorData: { option: 'supervisor.autoShutdown' } }],
      [{ children: [worker('a'), worker('a')] }, { startSpec: { code: 'DUPLICATE_ID' } }],
      [{ children: [{}] }, { startSpec: { option: 'supervisor.children' } }],
      [
        { children: [worker('t', { restart: 'temporary', significant: true })] },
        { startSpec: { code: 'BAD_COMBINATION' } },
      ],
    ];
    for (const [made, reason] of reasons) {
      for (const init of [() => made, () => Promise.resolve(made)]) {
        const error = await rejection(system.supervise(init as SupervisorInit));
        expect(error, String(made)).toBeInstanceOf(StartError);
        expect((error as StartError).reason, JSON.stringify(reason)).toMatchObject(reason);
      }
    }
    expect((await rejection(system.supervise(() => { throw boom; })) as StartError).reason).toBe(boom);
    expect(system.processes()).toEqual([]);
  });

  test('SU-29 SU-53 it runs at each start of its supervisor, inside it; its name comes from the options', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    let runs = 0;
    const spec: SupervisorInit = () => ({ intensity: 0, children: [worker(`w${runs++}`)] });
    const top = await system.supervise({ intensity: 5, children: [supervisor('sub', spec, { name: 'sub' })] });
    expect(system.whereis('sub')).toBeDefined();
    await system.ref(SupervisorRef, 'sub').startChild(worker('dynamic'));
    take();
    ref(system, 'w0').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-w0 boom', '-dynamic shutdown', '+w1']);
    expect(await top.countChildren()).toMatchObject({ active: 1 });
    await system.supervise(() => ({ children: [] }), { name: 'named' });
    expect(system.whereis('named')).toBeDefined();
  });
});

describe('what the start of a child may come to', () => {
  test('SU-06 a state, ignore, stop, a throw, a rejection; what runs is linked to its supervisor', async () => {
    const system = testSystem();
    const sup = await system.supervise({ children: [] });
    const start = (init: () => unknown) =>
      sup.startChild(child('c', defineAgent({ init: init as () => object })));
    const linked = await start(() => ({}));
    expect(system.inspect(sup.pid as string)?.links).toEqual([linked.pid]);
    await sup.terminateChild('c');
    await sup.deleteChild('c');
    expect(system.inspect(sup.pid as string)?.links).toEqual([]);
    const Stopping = defineAgent({ init() { return this.stop({ no: 'luck' }); } });
    expect(await rejection(sup.startChild(child('c', Stopping)))).toMatchObject(
      { refusal: 'start_failed', details: { reason: { no: 'luck' } } },
    );
    for (const init of [() => { throw boom; }, () => Promise.reject(boom)]) {
      expect(await rejection(start(init)))
        .toMatchObject({ refusal: 'start_failed', details: { reason: boom } });
    }
    expect(await rejection(start(() => { throw 'text'; })), 'anything else that is thrown').toMatchObject(
      { details: { reason: { nocatch: 'text' } } },
    );
    expect(await sup.countChildren()).toMatchObject({ specs: 0 });
    const Ignoring = defineAgent({ init() { return this.ignore(); } });
    expect(await rejection(sup.startChild(child('c', Ignoring)))).toMatchObject({ reason: 'ignore' });
    expect(await sup.whichChild('c')).toMatchObject({ status: 'stopped', pid: undefined });
  });

  test('SU-46 a child whose name belongs to somebody else: already_started with that pid, and nobody is adopted', async () => {
    const system = testSystem();
    const { worker, Worker } = family();
    const owner = system.start(Worker, 'x', false, { name: 'taken' });
    const sup = await system.supervise({ children: [] });
    expect(await rejection(sup.startChild(worker('taken')))).toMatchObject(
      { refusal: 'already_started', details: { id: 'taken', pid: owner.pid } },
    );
    expect(await sup.countChildren()).toMatchObject({ specs: 0 });
    await sup.stop();
    expect(await owner.call('id'), 'it outlives that supervisor').toBe('x');
  });
});

describe('specifications', () => {
  test('SU-10 SU-51 checkChildSpecs judges every combination as a supervisor would, and starts nothing', async () => {
    const system = testSystem();
    const { worker, take } = family();
    for (const restart of ['permanent', 'transient', 'temporary'] as Restart[]) {
      for (const significant of [true, false]) {
        for (const autoShutdown of ['never', 'any_significant', 'all_significant', undefined] as const) {
          const check =
            (): void => checkChildSpecs([worker('a', { restart, significant }), worker('b')], { autoShutdown });
          const bad = significant && (restart === 'permanent' || autoShutdown === 'never');
          if (bad) expect(check, `${restart} ${significant} ${autoShutdown}`).toThrow(/significant/);
          else check();
        }
      }
    }
    expect(() => checkChildSpecs([worker('a'), worker('a')])).toThrow(/ids that differ/);
    expect(() => checkChildSpecs([{} as ChildSpec])).toThrow(/wrap the definition/);
    expect(() => checkChildSpecs({} as [])).toThrow(/an array/);
    expect(() => checkChildSpecs([], { autoShutdown: 'x' } as never)).toThrow(/autoShutdown/);
    expect(take()).toEqual([]);
    expect(system.processes()).toEqual([]);
  });

  test('SU-44 SU-08 getChildSpec has every default filled in; whichChild is one row; both do not know strangers', async () => {
    const system = testSystem();
    const { worker } = family();
    const sup = await system.supervise({ children: [
      worker('a'), worker('b', { restart: 'transient', shutdown: 'brutal_kill' }),
      supervisor('s', { children: [] }),
    ] });
    expect(await sup.getChildSpec('a')).toBeInstanceOf(ChildSpec);
    expect(await sup.getChildSpec('a')).toMatchObject({
      id: 'a', restart: 'permanent', shutdownMs: 5_000, significant: false, type: 'worker',
      plan: { init: ['a', false] },
    });
    expect(await sup.getChildSpec('b')).toMatchObject({ restart: 'transient', shutdownMs: -2 });
    expect(await sup.getChildSpec('s'))
      .toMatchObject({ restart: 'permanent', shutdownMs: -1, type: 'supervisor' });
    expect(await sup.whichChild('a')).toEqual(
      {
        id: 'a', pid: system.whereis('a'), type: 'worker', status: 'running', restart: 'permanent',
        restarts: 0,
      },
    );
    for (const verb of ['getChildSpec', 'whichChild'] as const) {
      expect(await rejection(sup[verb]('nobody'))).toMatchObject({ refusal: 'not_found' });
    }
  });

  test('SU-44 stop: with a reason, with a time limit, and when it has ended', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const sup = await system.supervise({ children: [worker('a')] });
    take();
    await sup.stop({ shutdown: 'release' });
    expect(take()).toEqual(['-a shutdown']);
    expect(await sup.down).toEqual({ shutdown: 'release' });
    expect(await rejection(sup.stop())).toMatchObject({ code: 'NOPROC' });
    const Stuck = defineAgent({ trapExit: true, terminate: () => new Promise(() => undefined) });
    const slow = await system.supervise({ children: [child('s', Stuck, { shutdown: 20 })] });
    expect(await rejection(slow.stop('shutdown', { timeoutMs: 1 }))).toMatchObject({ code: 'TIMEOUT' });
    expect(await slow.down).toBe('shutdown');
  });
});
