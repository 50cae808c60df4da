import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, supervisor, type ExitReason, type Restart, type Strategy,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { rejection, settled } from '../wait.js';
import { boom, family } from '../family.js';

const BIG = { intensity: 1_000, periodMs: 1_000 };

describe('who is restarted', () => {
  const reasons: [string, ExitReason, boolean][] = [
    ['normal', 'normal', true], ['shutdown', 'shutdown', true], ['{ shutdown }', { shutdown: 1 }, true],
    ['a crash', boom, false], ['killed', 'kill', false], ['another reason', 'odd', false],
  ];
  for (const restart of ['permanent', 'transient', 'temporary'] as Restart[]) {
    for (const [name, reason, orderly] of reasons) {
      const back = restart === 'permanent' || (restart === 'transient' && !orderly);
      const kept = restart !== 'temporary';
      test(`SU-11 SU-12 SU-13 ${restart} after ${name}: ${back
        ? 'restarted'
        : kept ? 'not restarted, spec kept' : 'not restarted, spec forgotten'}`, async () => {
        const system = testSystem();
        const { worker, ref, take } = family();
        const sup = await system.supervise({ ...BIG, children: [worker('w', { restart })] });
        const before = system.whereis('w');
        take();
        if (reason === 'kill') system.exit('w', 'kill');
        else ref(system, 'w').cast('end', reason);
        await settled();
        const after = system.whereis('w');
        if (back) expect(after).not.toBe(before);
        expect(after !== undefined).toBe(back);
        expect((await sup.whichChildren()).map((row) => [row.id, row.status, row.restarts])).toEqual(
          kept ? [['w', back ? 'running' : 'stopped', back ? 1 : 0]] : [],
        );
        expect(system.stats().restarts).toBe(back ? 1 : 0);
      });
    }
  }

  const strategies: [Strategy, string[]][] = [
    ['one_for_one', ['-c boom', '+c']],
    [
      'one_for_all',
      ['-c boom', '-e shutdown', '-d shutdown', '-b shutdown', '-a shutdown', '+a', '+b', '+c', '+d', '+e'],
    ],
    ['rest_for_one', ['-c boom', '-e shutdown', '-d shutdown', '+c', '+d', '+e']],
  ];
  for (const [strategy, trace] of strategies) {
    for (const later of [false, true]) {
      test(`SU-15 SU-16 SU-17 ${strategy}: the group stops newest first and starts in the original order (${later
        ? 'async'
        : 'sync'} init)`, async () => {
        const system = testSystem();
        const { worker, ref, take } = family();
        const sup = await system.supervise(
          { ...BIG, strategy, children: ['a', 'b', 'c', 'd', 'e'].map((id) => worker(id, { later })) },
        );
        const untouched = system.whereis('a');
        take();
        ref(system, 'c').cast('crash', boom);
        await settled();
        expect(take()).toEqual(trace);
        expect(system.whereis('a') === untouched).toBe(strategy !== 'one_for_all');
        expect((await sup.whichChildren()).map((row) => row.id)).toEqual(['e', 'd', 'c', 'b', 'a']);
        expect(system.stats().restarts, 'SU-25 a group restart counts once').toBe(1);
      });
    }
  }

  test('SU-14 temporary siblings that a group restart takes down are gone for good', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    const sup = await system.supervise({
      ...BIG, strategy: 'one_for_all',
      children: [worker('a', { restart: 'temporary' }), worker('b'), worker('c', { restart: 'temporary' })],
    });
    take();
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-b boom', '-c shutdown', '-a shutdown', '+b']);
    expect((await sup.whichChildren()).map((row) => row.id)).toEqual(['b']);
  });

  test('SU-14 a temporary child that crashes takes nobody with it', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    await system.supervise(
      { ...BIG, strategy: 'one_for_all', children: [worker('a', { restart: 'temporary' }), worker('b')] },
    );
    take();
    ref(system, 'a').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom']);
  });

  test(
    'SU-18 C8 a child that was terminated by hand lives again after a group restart that covers it',
    async () => {
      const system = testSystem();
      const { worker, ref, take } = family();
      const sup =
        await system.supervise({
          ...BIG, strategy: 'rest_for_one', children: [worker('a'), worker('b'), worker('c')],
        });
      await sup.terminateChild('c');
      take();
      ref(system, 'a').cast('crash', boom);
      await settled();
      expect(take()).toEqual(['-a boom', '-b shutdown', '+a', '+b', '+c']);
    },
  );

  test('two children that crash at once restart a one_for_all group once', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    await system.supervise({ ...BIG, strategy: 'one_for_all', children: [worker('a'), worker('b')] });
    take();
    ref(system, 'a').cast('crash', boom);
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom', '-b boom', '+a', '+b']);
    expect(system.stats().restarts).toBe(1);
  });

  test('a ref by name survives the restart, a ref by pid does not', async () => {
    const system = testSystem();
    const { worker, ref, Worker } = family();
    await system.supervise({ ...BIG, children: [worker('a')] });
    const byName = ref(system, 'a');
    const byPid = system.ref(Worker, byName.pid as string);
    byName.cast('crash', boom);
    await settled();
    expect(await byName.call('id')).toBe('a');
    expect(await byPid.tryCall('id')).toMatchObject({ ok: false, error: { code: 'NOPROC' } });
  });
});

describe('a restart whose start fails', () => {
  test('SU-20 SU-21 it is tried again, each try costs one unit, until the intensity is used up', async () => {
    const system = testSystem();
    const { worker, ref, take, fail } = family();
    const sup = await system.supervise({ intensity: 3, children: [worker('a'), worker('b')] });
    take();
    fail('b', 2);
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-b boom', '!b', '!b', '+b']);
    fail('b', 99);
    ref(system, 'b').cast('crash', boom);
    expect(await sup.down).toBe('shutdown');
    expect(take(), 'the fourth restart in the window is one too many').toEqual(['-b boom', '-a shutdown']);
  });

  for (const later of [false, true]) {
    test(`SU-20 SU-22 C8 requests are served between the tries: restarting is a state (${later
      ? 'async'
      : 'sync'})`, async () => {
      const system = testSystem();
      const { worker, ref, fail, take } = family();
      const sup = await system.supervise({
        intensity: 100_000, children: [worker('a'), worker('c', { later })],
      });
      fail('c', 50_000);
      ref(system, 'c').cast('crash', boom);
      await settled();
      expect(await sup.whichChildren()).toMatchObject(
        [{ id: 'c', status: 'restarting', pid: undefined }, { id: 'a', status: 'running' }],
      );
      expect(await sup.countChildren()).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
      expect(await rejection(sup.restartChild('c'))).toMatchObject({ refusal: 'restarting' });
      expect(await rejection(sup.deleteChild('c'))).toMatchObject({ refusal: 'restarting' });
      expect(await rejection(sup.startChild(worker('c')))).toMatchObject({ refusal: 'already_present' });
      await sup.terminateChild('c');
      const tries = take().length;
      await settled();
      expect(take(), 'terminateChild breaks the loop').toEqual([]);
      expect(tries).toBeGreaterThan(3);
      expect(await sup.whichChildren())
        .toMatchObject([{ id: 'c', status: 'stopped' }, { id: 'a', status: 'running' }]);
      fail('c', 0);
      await sup.restartChild('c');
      expect(await ref(system, 'c').call('id')).toBe('c');
    });
  }

  test('SU-20 C8 a shutdown is obeyed at once in the middle of the tries', async () => {
    const system = testSystem();
    const { worker, ref, fail, take } = family();
    const sup = await system.supervise({ intensity: 1_000_000, children: [worker('a'), worker('c')] });
    fail('c', 100_000);
    ref(system, 'c').cast('crash', boom);
    await settled();
    await sup.stop();
    expect(take().at(-1)).toBe('-a shutdown');
  });

  test('SU-23 C8 one_for_all: another child fails in the collective start: what was started goes down again, the whole set is tried anew', async () => {
    const system = testSystem();
    const { worker, ref, fail, take } = family();
    await system.supervise({
      ...BIG, strategy: 'one_for_all',
      children: [worker('a'), worker('b'), worker('c'), worker('t', { restart: 'temporary' })],
    });
    take();
    fail('c', 2);
    ref(system, 'b').cast('crash', boom);
    await settled();
    const set = ['-b shutdown', '-a shutdown'];
    expect(take()).toEqual([
      '-b boom', '-t shutdown', '-c shutdown', '-a shutdown', '+a', '+b', '!c', ...set, '+a', '+b',
      '!c', ...set, '+a', '+b', '+c',
    ]);
    expect(system.stats().restarts).toBe(3);
  });

  test('SU-22 SU-23 C8 one_for_all: the child that fails is the one that is restarting, and terminateChild of it breaks the loop', async () => {
    const system = testSystem();
    const { worker, ref, fail, take } = family();
    const sup = await system.supervise(
      { strategy: 'one_for_all', intensity: 1_000_000, children: [worker('a'), worker('b'), worker('c')] },
    );
    fail('c', 100_000);
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(await sup.whichChildren())
      .toMatchObject([{ id: 'c', status: 'restarting' }, { id: 'b' }, { id: 'a' }]);
    await sup.terminateChild('c');
    take();
    await settled();
    expect(take(), 'no further try').toEqual([]);
  });

  test('SU-23 rest_for_one: only what starts with the failed one is tried anew', async () => {
    const system = testSystem();
    const { worker, ref, fail, take } = family();
    await system.supervise(
      { ...BIG, strategy: 'rest_for_one', children: ['a', 'b', 'c', 'd'].map((id) => worker(id)) },
    );
    take();
    fail('c', 2);
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-b boom', '-d shutdown', '-c shutdown', '+b', '!c', '!c', '+c', '+d']);
  });

  test('SU-07 a restart that ignores leaves the child stopped', async () => {
    const system = testSystem();
    let starts = 0;
    const Once = defineAgent(
      { init() {
        return starts++ > 0 ? this.ignore() : { n: 1 };
      }, casts: { end: (self) => self.stop('odd') } },
    );
    const sup = await system.supervise({ children: [child('once', Once)] });
    system.ref(Once, 'once').cast('end');
    await settled();
    expect(await sup.whichChildren()).toMatchObject([{ id: 'once', status: 'stopped' }]);
  });

  test('a supervisor under a supervisor is restarted as a whole', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    await system.supervise(
      { ...BIG, children: [
        supervisor('sub', { intensity: 0, children: [worker('a'), worker('b')] }), worker('c'),
      ] },
    );
    take();
    ref(system, 'a').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom', '-b shutdown', '+a', '+b']);
  });
});
