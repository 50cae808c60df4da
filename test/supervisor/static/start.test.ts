import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, OptionError, StartError, supervisor, type Pid, type SupervisorSpec,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { Gate, rejection, settled } from '../wait.js';
import { boom, family } from '../family.js';

describe('the start of a supervisor', () => {
  for (const later of [false, true]) {
    test(`SU-01 SU-02 children start left to right, each after the other has returned, and stop in reverse (${later
      ? 'async'
      : 'sync'} init)`, async () => {
      const system = testSystem();
      const { worker, take } = family();
      const sup = await system.supervise({ children: ['a', 'b', 'c'].map((id) => worker(id, { later })) });
      expect(take()).toEqual(['+a', '+b', '+c']);
      expect(system.registered().sort()).toEqual(['a', 'b', 'c']);
      await sup.stop();
      expect(take()).toEqual(['-c shutdown', '-b shutdown', '-a shutdown']);
      expect(system.processes()).toEqual([]);
    });

    test(`SU-04 a child that fails to start: those before it are stopped in reverse, those after it never start, names are free (${later
      ? 'async'
      : 'sync'})`, async () => {
      const system = testSystem();
      const { worker, take, fail } = family();
      fail('c', 1);
      const error = await rejection(
        system.supervise({ name: 'top', children: ['a', 'b', 'c', 'd'].map((id) => worker(id, { later })) }),
      );
      expect(error).toBeInstanceOf(StartError);
      expect((error as StartError).reason).toEqual(
        { shutdown: { failedToStartChild: 'c', reason: new Error('no c') } },
      );
      expect(take()).toEqual(['+a', '+b', '!c', '-b shutdown', '-a shutdown']);
      expect(system.registered()).toEqual([]);
      expect(system.processes()).toEqual([]);
    });
  }

  test('SU-01 a slow child holds back its younger siblings and the start as a whole', async () => {
    const system = testSystem();
    const gate = new Gate();
    const { worker, take } = family();
    const Slow = defineAgent({ init: async () => { await gate.promise; return {}; } });
    const starting = system.supervise({ children: [worker('a'), child('slow', Slow), worker('b')] });
    await settled();
    expect(take()).toEqual(['+a']);
    gate.open();
    await starting;
    expect(take()).toEqual(['+b']);
  });

  for (const later of [false, true]) {
    const init = later ? 'async' : 'sync';
    test.each(
      [['killed', 'killed'], ['told to shut down', 'shutdown']],
    )(`SU-05 a supervisor that is %s while its spec function waits starts no child (${init} init)`, async (
      what, reason,
    ) => {
      const system = testSystem();
      const gate = new Gate();
      const { worker, take } = family();
      const starting =
        rejection(system.supervise(async () => {
          await gate.promise;
          return { children: [worker('a', { later })] };
        }));
      if (what === 'killed') system.exit(system.processes()[0] as Pid, 'kill');
      else void system.stop();
      await settled();
      gate.open();
      expect(await starting).toMatchObject({ code: 'START_FAILED', reason });
      await settled();
      expect(take()).toEqual([]);
    });
  }

  test('SU-03 whichChildren lists newest first', async () => {
    const system = testSystem();
    const { worker } = family();
    const sup = await system.supervise(
      { children: [worker('a'), supervisor('sub', { children: [] }), worker('c', { restart: 'temporary' })] },
    );
    expect(await sup.whichChildren()).toMatchObject([
      {
        id: 'c', type: 'worker', status: 'running', restart: 'temporary', restarts: 0,
        pid: system.whereis('c'),
      },
      { id: 'sub', type: 'supervisor', status: 'running', restart: 'permanent' },
      { id: 'a', type: 'worker', restart: 'permanent' },
    ]);
  });

  test(
    'SU-07 an init that ignores: the spec stays without a pid, that of a temporary one is dropped',
    async () => {
      const system = testSystem();
      const Ignoring = defineAgent({ init() { return this.ignore(); } });
      const sup = await system.supervise({ children: [
        child('p', Ignoring), child('t', Ignoring, { restart: 'transient' }),
        child('x', Ignoring, { restart: 'temporary' }),
      ] });
      expect((await sup.whichChildren()).map((row) => [row.id, row.pid, row.status])).toEqual(
        [['t', undefined, 'stopped'], ['p', undefined, 'stopped']],
      );
      expect(await rejection(sup.startChild(child('dynamic', Ignoring)))).toMatchObject(
        { code: 'START_FAILED', reason: 'ignore' },
      );
      expect((await sup.whichChildren()).map((row) => row.id)).toEqual(['dynamic', 't', 'p']);
    },
  );

  test('SU-08 the defaults: one_for_one, 3 restarts in 5,000 ms, permanent, 5,000 ms shutdown, infinity for a supervisor', async () => {
    const system = testSystem();
    const { worker, take, ref } = family();
    expect(worker('x')).toMatchObject({ restart: 'permanent', shutdownMs: 5_000, type: 'worker' });
    expect(supervisor('x', { children: [] })).toMatchObject(
      { restart: 'permanent', shutdownMs: -1, type: 'supervisor' },
    );
    const sup = await system.supervise({ children: [worker('a'), worker('b')] });
    take();
    for (let n = 0; n < 3; n++) {
      ref(system, 'a').cast('crash', boom);
      await settled();
      expect(take(), 'one_for_one, three restarts are allowed').toEqual(['-a boom', '+a']);
    }
    ref(system, 'b').cast('crash', boom);
    expect(await sup.down).toBe('shutdown');
    expect(take()).toEqual(['-b boom', '-a shutdown']);
  });

  test('SU-05 SU-09 every invalid value is an error of its own, before anything starts', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const bad: [unknown, RegExp][] = [
      [{ strategy: 'simple', children: [] }, /strategy.*one_for_one/],
      [{ intensity: -1, children: [] }, /intensity: got -1/],
      [{ intensity: 1.5, children: [] }, /intensity: got 1\.5/],
      [{ periodMs: 0, children: [] }, /periodMs: got 0/],
      [{ children: {} }, /children/],
      [{ children: [worker('a'), {}] }, /children/],
      [{ children: [worker('a'), worker('b'), worker('a')] }, /ids that differ/],
      [{ children: [], name: 'no spaces' }, /name/],
      [{ children: [], intensty: 1 }, /no such option/],
      [{}, /children/],
      [undefined, /supervise/],
    ];
    for (const [spec, message] of bad) {
      const error = await rejection(system.supervise(spec as SupervisorSpec));
      expect(error, String(message)).toBeInstanceOf(OptionError);
      expect((error as Error).message).toMatch(message);
    }
    const options: [unknown, RegExp][] = [
      [{ restart: 'always' }, /restart/], [{ shutdown: -1 }, /shutdown/], [{ shutdown: 'never' }, /shutdown/],
      [{ name: 5 }, /name/], [{ mailbox: { capacity: 0 } }, /capacity/], [{ restrt: 'x' }, /no such option/],
    ];
    for (const [given, message] of options) expect(() => worker('a', given as never)).toThrow(message);
    expect(() => worker('')).toThrow(/not empty/);
    expect(() => worker('two words')).toThrow(/name/);
    expect(() => supervisor('s', { children: [] }, { shutdown: 'soon' } as never)).toThrow(/shutdown/);
    expect(take()).toEqual([]);
    expect(system.processes()).toEqual([]);
  });

  test('a child is registered under its id, another name, or none', async () => {
    const system = testSystem();
    const { worker } = family();
    await system.supervise({ name: 'top', children: [
      worker('a'), worker('b', { name: 'bee' }), worker('c', { name: false }),
      supervisor('sub', { children: [] }),
      supervisor('sub2', { children: [] }, { name: 'second' }),
    ] });
    expect(system.registered().sort()).toEqual(['a', 'bee', 'second', 'top']);
  });

  test('GS-06 the name of a child that somebody else owns fails the start and disturbs nobody', async () => {
    const system = testSystem();
    const { worker, Worker } = family();
    const owner = system.start(Worker, 'outside', false, { name: 'a' });
    const error = await rejection(system.supervise({ children: [worker('a')] }));
    expect((error as StartError).reason).toEqual(
      { shutdown: { failedToStartChild: 'a', reason: { alreadyStarted: owner.pid } } },
    );
    expect(await owner.call('id')).toBe('outside');
  });
});
