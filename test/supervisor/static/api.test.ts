import { describe, expect, test } from 'vitest';
import {
  child, createSystem, defineAgent, OptionError, supervisor, SupervisorRef,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { rejection, settled } from '../wait.js';
import { boom, family } from '../family.js';

describe('the API of a supervisor', () => {
  test('SU-39 startChild: a typed ref; already_started with the pid when it runs, already_present when it does not', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const sup = await system.supervise({ children: [] });
    const ref = await sup.startChild(worker('a'));
    expect(await ref.call('id')).toBe('a');
    expect(await rejection(sup.startChild(worker('a')))).toMatchObject(
      { code: 'REFUSED', refusal: 'already_started', details: { id: 'a', pid: ref.pid } },
    );
    await sup.terminateChild('a');
    expect(await rejection(sup.startChild(worker('a')))).toMatchObject(
      { refusal: 'already_present', details: { id: 'a' } },
    );
    expect(take()).toEqual(['+a', '-a shutdown']);
    expect(await rejection(sup.startChild({} as never))).toBeInstanceOf(OptionError);
  });

  for (const later of [false, true]) {
    test(`SU-39 a startChild whose init fails leaves nothing (${later ? 'async' : 'sync'})`, async () => {
      const system = testSystem();
      const { worker, fail } = family();
      const sup = await system.supervise({ children: [] });
      fail('a', 1);
      expect(await rejection(sup.startChild(worker('a', { later })))).toMatchObject(
        { refusal: 'start_failed', details: { id: 'a', reason: new Error('no a') } },
      );
      expect(await sup.countChildren()).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
      expect(system.whereis('a')).toBeUndefined();
      expect(await (await sup.startChild(worker('a', { later }))).call('id')).toBe('a');
      expect(system.stats().restarts).toBe(0);
    });
  }

  test('SU-40 terminateChild: fine when it does not run, keeps the spec, forgets a temporary one, not_found otherwise', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const sup = await system.supervise({ children: [worker('a'), worker('t', { restart: 'temporary' })] });
    take();
    await sup.terminateChild('a');
    await sup.terminateChild('a');
    await sup.terminateChild('t');
    expect(take()).toEqual(['-a shutdown', '-t shutdown']);
    expect(await sup.whichChildren()).toMatchObject([{ id: 'a', status: 'stopped', pid: undefined }]);
    for (const id of ['t', 'nobody', '__proto__']) {
      expect(await rejection(sup.terminateChild(id))).toMatchObject({ refusal: 'not_found', details: { id } });
    }
  });

  test(
    'SU-42 restartChild and deleteChild: running, not_found; a deleted one may be started anew',
    async () => {
      const system = testSystem();
      const { worker } = family();
      const sup = await system.supervise({ children: [worker('a')] });
      for (const verb of ['restartChild', 'deleteChild'] as const) {
        expect(await rejection(sup[verb]('a'))).toMatchObject({ refusal: 'running' });
        expect(await rejection(sup[verb]('nobody'))).toMatchObject({ refusal: 'not_found' });
      }
      await sup.terminateChild('a');
      expect(await sup.restartChild('a')).toBe(system.whereis('a'));
      await sup.terminateChild('a');
      await sup.deleteChild('a');
      expect(await sup.whichChildren()).toEqual([]);
      await sup.startChild(worker('a'));
    },
  );

  test('SU-42 a restartChild whose start fails leaves it stopped', async () => {
    const system = testSystem();
    const { worker, fail } = family();
    const sup = await system.supervise({ children: [worker('a')] });
    await sup.terminateChild('a');
    fail('a', 1);
    expect(await rejection(sup.restartChild('a')))
      .toMatchObject({ refusal: 'start_failed', details: { id: 'a' } });
    expect(await sup.whichChildren()).toMatchObject([{ id: 'a', status: 'stopped' }]);
    await sup.restartChild('a');
  });

  test('SU-43 countChildren counts specs, active ones, supervisors and workers', async () => {
    const system = testSystem();
    const { worker } = family();
    const sup = await system.supervise(
      { children: [
        worker('a'), worker('b', { restart: 'temporary' }),
        supervisor('s', { children: [worker('c')] }),
      ] },
    );
    expect(await sup.countChildren()).toEqual({ specs: 3, active: 3, supervisors: 1, workers: 2 });
    await sup.terminateChild('a');
    await sup.terminateChild('b');
    expect(await sup.countChildren()).toEqual({ specs: 2, active: 1, supervisors: 1, workers: 1 });
  });

  test('a supervisor that has ended: its requests fail with NOPROC, its reason is known', async () => {
    const system = testSystem();
    const sup = await system.supervise({ children: [] });
    const down = sup.down;
    await sup.stop('normal');
    expect(await down).toBe('normal');
    expect(sup.pid).toBeUndefined();
    expect(await rejection(sup.whichChildren())).toMatchObject({ code: 'NOPROC' });
    expect(await sup.down, 'also when asked for afterwards').toBe('normal');
  });

  test('a nested supervisor started by hand is a SupervisorRef', async () => {
    const system = testSystem();
    const { worker } = family();
    const top = await system.supervise({ children: [] });
    const sub = await top.startChild(supervisor('sub', { children: [worker('x')] }));
    expect(sub).toBeInstanceOf(SupervisorRef);
    expect(await sub.whichChildren()).toMatchObject([{ id: 'x' }]);
    await sub.stop();
    await settled();
    expect(await top.whichChildren(), 'permanent: it is back').toMatchObject(
      [{ id: 'sub', status: 'running', restarts: 1 }],
    );
  });

  test('the init arguments of a child are given again at every restart, by reference', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const shared = { n: 1 };
    const Agent =
      defineAgent({
        init: (given: object) => { seen.push(given); return {}; },
        casts: { crash() { throw boom; } },
      });
    await system.supervise({ intensity: 5, children: [child('a', Agent, shared)] });
    system.ref(Agent, 'a').cast('crash');
    await settled();
    expect(seen).toEqual([shared, shared]);
    expect(seen[1]).toBe(shared);
  });

  test('SU-54 20,000 children cost about ten times what 2,000 cost, to start, to find and to stop', async () => {
    const Tiny = defineAgent({ init: (n: number) => n });
    const run = async (count: number): Promise<number> => {
      const system = createSystem({ logger: false });
      const began = performance.now();
      const sup = await system.supervise({ children: [] });
      await Promise.all(
        Array.from({ length: count }, (_, n) => sup.startChild(child(`w${n}`, Tiny, n, { name: false }))),
      );
      expect(await sup.countChildren()).toMatchObject({ active: count });
      await Promise.all(Array.from({ length: count / 2 }, (_, n) => sup.terminateChild(`w${n * 2}`)));
      await sup.stop();
      const took = performance.now() - began;
      expect(system.processes()).toEqual([]);
      await system.stop();
      return took;
    };
    await run(500);
    const small = Math.min(await run(2_000), await run(2_000));
    const large = await run(20_000);
    expect(
      large / small, `${small.toFixed(0)} ms and ${large.toFixed(0)} ms; quadratic would be 100`,
    ).toBeLessThan(45);
  }, 30_000);

  test('SU-54 10,000 static children start and stop with their supervisor', async () => {
    const system = testSystem();
    const Tiny = defineAgent({ init: (n: number) => n });
    const sup = await system.supervise(
      { children: Array.from({ length: 10_000 }, (_, n) => child(`w${n}`, Tiny, n, { name: false })) },
    );
    expect(system.stats().processes).toBe(10_001);
    await sup.stop();
    expect(system.stats()).toMatchObject({ processes: 0, spawned: 10_001, exited: 10_001, crashes: 0 });
  });
});
