import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { supervisor, type Strategy } from '../../../src/index.js';
import { Intensity } from '../../../src/supervisor/core/intensity.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { settled } from '../wait.js';
import { boom, family } from '../family.js';

describe('P13 the intensity window', () => {
  test('P13 SU-26 exactly as the naive model: more than R restarts within T ms, ends included, is too many', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 6 }), fc.integer(
      { min: 1, max: 50 },
    ), fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 300 }), (max, periodMs, gaps) => {
      const intensity = new Intensity(max, periodMs);
      const times: number[] = [];
      let now = 1_000.25;
      for (const gap of gaps) {
        now += gap;
        times.push(now);
        const within = times.filter((at) => at >= now - periodMs).length;
        expect(intensity.allows(now)).toBe(within <= max);
      }
    }), { numRuns: 300 });
  });

  test('P13 it does not keep the times of a long life', () => {
    const intensity = new Intensity(3, 10);
    for (let now = 0; now < 100_000; now++) intensity.allows(now);
    expect((intensity as unknown as { times: number[] }).times.length).toBeLessThan(1_000);
  });
});

describe('C7 restarts in a window', () => {
  async function crashAt(
    times: readonly number[], spec: { strategy?: Strategy; intensity: number; periodMs: number },
  ) {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const { worker, ref, take } = family();
    const sup = await system.supervise({ ...spec, children: [worker('a'), worker('b'), worker('c')] });
    let ended: unknown = 'alive';
    void sup.down.then((reason) => { ended = reason; });
    take();
    let now = 0;
    for (const at of times) {
      await env.advance(at - now);
      now = at;
      ref(system, 'b').cast('crash', boom);
      await env.settle();
    }
    return { ended, trace: take(), restarts: system.stats().restarts, errors: logger.texts('error') };
  }

  test('C7 SU-24 intensity 2 in 1,000 ms, crashes at 0, 300, 600: the tree stops in reverse order with the reason shutdown', async () => {
    const { ended, trace, restarts, errors } = await crashAt([0, 300, 600], { intensity: 2, periodMs: 1_000 });
    expect(ended).toBe('shutdown');
    expect(trace).toEqual(['-b boom', '+b', '-b boom', '+b', '-b boom', '-c shutdown', '-a shutdown']);
    expect(restarts).toBe(2);
    expect(
      errors.filter((text) => text === 'supervisor gives up'), 'the end of a supervisor says why',
    ).toHaveLength(1);
  });

  test('C7 crashes at 0, 600, 1,200, 1,800: alive', async () => {
    expect((await crashAt([0, 600, 1_200, 1_800], { intensity: 2, periodMs: 1_000 })).ended).toBe('alive');
  });

  test.each<[Strategy, readonly string[]]>([
    ['one_for_all', ['-b boom', '-c shutdown', '-a shutdown', '+a', '+b', '+c']],
    ['rest_for_one', ['-b boom', '-c shutdown', '+b', '+c']],
  ])('trap G: P13 SU-24 %s counts in a sliding window as well, and restarts in start order', async (
    strategy, round,
  ) => {
    const slow = await crashAt([0, 600, 1_200, 1_800], { strategy, intensity: 2, periodMs: 1_000 });
    expect([slow.ended, slow.restarts]).toEqual(['alive', 4]);
    expect(slow.trace).toEqual([...round, ...round, ...round, ...round]);
    expect(
      (await crashAt([0, 900, 1_100, 1_200], { strategy, intensity: 2, periodMs: 1_000 })).ended,
      'three within 1,000 ms, two in each window that begins at its first restart',
    ).toBe('shutdown');
  });

  test('SU-26 the window is exact to the millisecond, ends included', async () => {
    expect((await crashAt([0, 1_000], { intensity: 1, periodMs: 1_000 })).ended).toBe('shutdown');
    expect((await crashAt([0, 1_001], { intensity: 1, periodMs: 1_000 })).ended).toBe('alive');
  });

  test('SU-24 intensity 0: the first crash ends the supervisor', async () => {
    const { ended, trace } = await crashAt([0], { intensity: 0, periodMs: 1_000 });
    expect(ended).toBe('shutdown');
    expect(trace).toEqual(['-b boom', '-c shutdown', '-a shutdown']);
  });

  test('SU-25 C7 one group restart of ten children is one unit', async () => {
    const system = testSystem();
    const { worker, ref } = family();
    const sup = await system.supervise(
      { strategy: 'one_for_all', intensity: 2, children: Array.from(
        { length: 10 }, (_, n) => worker(`w${n}`),
      ) },
    );
    for (let n = 0; n < 2; n++) {
      ref(system, 'w5').cast('crash', boom);
      await settled();
    }
    expect(sup.pid).toBeDefined();
    ref(system, 'w5').cast('crash', boom);
    expect(await sup.down).toBe('shutdown');
  });

  test('SU-27 what is done by hand never counts', async () => {
    const system = testSystem();
    const { worker, ref } = family();
    const sup = await system.supervise({ intensity: 0, children: [worker('a')] });
    for (let n = 0; n < 5; n++) {
      await sup.terminateChild('a');
      await sup.restartChild('a');
    }
    expect(await ref(system, 'a').call('id')).toBe('a');
    expect(system.stats().restarts).toBe(0);
  });

  test('an orderly end of a transient child does not count', async () => {
    const system = testSystem();
    const { worker, ref } = family();
    const sup = await system.supervise({ intensity: 0, children: [worker('a', { restart: 'transient' })] });
    for (let n = 0; n < 3; n++) {
      ref(system, 'a').cast('end', 'normal');
      await settled();
      await sup.restartChild('a');
    }
    expect(sup.pid).toBeDefined();
  });
});

describe('C7 escalation', () => {
  for (const restart of ['permanent', 'transient', 'temporary'] as const) {
    test(`SU-28 C7 a ${restart} child supervisor that gives up ends with shutdown: ${restart === 'permanent'
      ? 'its parent restarts it'
      : 'its parent keeps running without it'}`, async () => {
      const system = testSystem();
      const { worker, ref, take } = family();
      const top = await system.supervise({
        intensity: 5,
        children: [
          worker('a'),
          supervisor('sub', { intensity: 0, children: [worker('x'), worker('y')] }, { restart }),
        ],
      });
      take();
      ref(system, 'x').cast('crash', boom);
      await settled();
      expect(take()).toEqual(['-x boom', '-y shutdown', ...(restart === 'permanent' ? ['+x', '+y'] : [])]);
      expect(top.pid).toBeDefined();
      const rows = (await top.whichChildren()).map((row) => [row.id, row.status]);
      expect(rows).toEqual([
        ...(restart === 'temporary' ? [] : [['sub', restart === 'permanent' ? 'running' : 'stopped']]),
        ['a', 'running'],
      ]);
    });
  }

  test('SU-29 an escalated supervisor comes back with its static children only', async () => {
    const system = testSystem();
    const { worker, ref } = family();
    const top = await system.supervise({ intensity: 5, children: [] });
    const sub =
      await top.startChild(supervisor('sub', { intensity: 0, children: [worker('static')] }, { name: 'sub' }));
    await sub.startChild(worker('dynamic'));
    expect(system.registered().sort()).toEqual(['dynamic', 'static', 'sub']);
    ref(system, 'dynamic').cast('crash', boom);
    await settled();
    expect(system.registered().sort()).toEqual(['static', 'sub']);
    expect(sub.pid, 'the handle means the incarnation that ended').toBeUndefined();
  });

  test('SU-24 SU-28 a crash that nobody can contain climbs level by level to the top, each stopping its children newest first', async () => {
    const system = testSystem();
    const { worker, ref, take } = family();
    const top = await system.supervise({
      intensity: 0,
      children: [worker('t1'), supervisor('mid', { intensity: 0, children: [
        worker('m1'), supervisor('leaf', { intensity: 1, children: [worker('l1'), worker('l2')] }),
        worker('m2'),
      ] }), worker('t2')],
    });
    take();
    ref(system, 'l1').cast('crash', boom);
    await settled();
    expect(take(), 'contained at the leaf').toEqual(['-l1 boom', '+l1']);
    ref(system, 'l2').cast('crash', boom);
    expect(await top.down).toBe('shutdown');
    expect(take()).toEqual(
      ['-l2 boom', '-l1 shutdown', '-m2 shutdown', '-m1 shutdown', '-t2 shutdown', '-t1 shutdown'],
    );
    expect(system.processes()).toEqual([]);
  });

  test('SU-04 SU-21 a child supervisor whose start fails on restart burns units of its parent', async () => {
    const system = testSystem();
    const { worker, ref, take, fail } = family();
    const top = await system.supervise(
      { intensity: 2, children: [supervisor('sub', { intensity: 0, children: [worker('x'), worker('y')] })] },
    );
    take();
    fail('y', 1);
    ref(system, 'x').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-x boom', '-y shutdown', '+x', '!y', '-x shutdown', '+x', '+y']);
    fail('y', 9);
    ref(system, 'x').cast('crash', boom);
    expect(await top.down).toBe('shutdown');
  });
});
