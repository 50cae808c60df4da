import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, dynamicSupervisor, DynamicSupervisorRef, SupervisorRef, type Pid,
} from '../../../src/index.js';
import type { DynamicSpec } from '../../../src/supervisor/public.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, family } from '../family.js';
import { rejection, settled } from '../wait.js';

async function dynamic(spec: DynamicSpec = {}) {
  const system = testSystem();
  const members = family();
  return { system, ...members, sup: await system.supervise(dynamicSupervisor('dynamic', spec)) };
}

describe('a dynamic supervisor', () => {
  test('DS-01 a start that works gives a ref; ignore, stop, throw and exit leave nothing', async () => {
    const { sup, worker, fail } = await dynamic();
    expect(await (await sup.startChild(worker('a'))).call('id')).toBe('a');
    const Ignoring = defineAgent({ init() { return this.ignore(); } });
    const Stopping = defineAgent({ init() { return this.stop('no luck'); } });
    const Exiting = defineAgent({ init() { this.exit('gone'); } });
    expect(await rejection(sup.startChild(child('x', Ignoring)))).toMatchObject(
      { code: 'START_FAILED', reason: 'ignore' },
    );
    expect(await rejection(sup.startChild(child('x', Stopping)))).toMatchObject(
      { refusal: 'start_failed', details: { reason: 'no luck' } },
    );
    expect(await rejection(sup.startChild(child('x', Exiting)))).toMatchObject(
      { refusal: 'start_failed', details: { reason: 'gone' } },
    );
    for (const later of [false, true]) {
      fail('b', 1);
      expect(await rejection(sup.startChild(worker('b', { later })))).toMatchObject(
        { refusal: 'start_failed', details: { reason: new Error('no b') } },
      );
    }
    expect(await sup.countChildren()).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
    expect(await rejection(sup.startChild('a' as never))).toMatchObject({ code: 'BAD_OPTION' });
  });

  test('DS-02 maxChildren counts live and restarting children; one more is refused', async () => {
    const { sup, system, worker, fail, ref } = await dynamic({ maxChildren: 2, intensity: 100_000 });
    await sup.startChild(worker('a', { name: 'a' }));
    await sup.startChild(worker('b', { name: 'b' }));
    expect(await rejection(sup.startChild(worker('c')))).toMatchObject({ refusal: 'max_children' });
    fail('b', 40_000);
    ref(system, 'b').cast('crash', boom);
    await settled();
    expect(await sup.countChildren(), 'b is restarting').toMatchObject({ active: 1, workers: 2 });
    expect(await rejection(sup.startChild(worker('c')))).toMatchObject({ refusal: 'max_children' });
    await sup.terminateChild(system.whereis('a') as Pid);
    fail('b', 0);
    await settled();
    await sup.startChild(worker('c'));
    expect(await sup.countChildren()).toMatchObject({ active: 2 });
    expect(await rejection(
      (await system.supervise(dynamicSupervisor('dynamic', { maxChildren: 0 }))).startChild(worker('d'))
    )).toMatchObject(
      { refusal: 'max_children' },
    );
  });

  test('DS-03 extraArguments go before the own arguments of each child, also at a restart', async () => {
    const seen: unknown[][] = [];
    const Agent = defineAgent(
      { init: (...args: unknown[]) => { seen.push(args); return {}; }, casts: { crash() { throw boom; } } },
    );
    const { sup } = await dynamic({ extraArguments: ['x', 1] });
    const ref = await sup.startChild(child('a', Agent, 'own', 2, {}));
    ref.cast('crash');
    await settled();
    expect(seen).toEqual([['x', 1, 'own', 2], ['x', 1, 'own', 2]]);
  });

  test('DS-04 ids play no role: one spec is started many times, rows have no id, no default name is taken', async () => {
    const { sup, worker, system } = await dynamic();
    const spec = worker('same');
    const refs = [await sup.startChild(spec), await sup.startChild(spec), await sup.startChild(spec)];
    expect(new Set(refs.map((ref) => ref.pid)).size).toBe(3);
    expect((await sup.whichChildren()).map((row) => [row.id, row.pid])).toEqual(
      refs.map((ref) => [undefined, ref.pid]).reverse(),
    );
    expect(system.registered()).toEqual([]);
    await sup.startChild(worker('named', { name: 'mine' }));
    expect(await rejection(sup.startChild(worker('named', { name: 'mine' })))).toMatchObject(
      { refusal: 'already_started', details: { pid: system.whereis('mine') } },
    );
  });

  test('DS-05 a restart that fails is tried again through the queue, each try counts, too many end the supervisor with shutdown', async () => {
    const { sup, worker, fail, ref, system, take } = await dynamic({ intensity: 3 });
    await sup.startChild(worker('a', { name: 'a' }));
    await sup.startChild(worker('b'));
    take();
    fail('a', 2);
    ref(system, 'a').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom', '!a', '!a', '+a']);
    expect(system.stats().restarts).toBe(3);
    ref(system, 'a').cast('crash', boom);
    expect(await sup.down).toBe('shutdown');
    expect(take()).toEqual(['-a boom', '-b shutdown']);
  });

  for (const later of [false, true]) {
    test(`DS-05 DS-06 SU-22 a restarting child shows as such; terminateChild by its last pid ends the tries (${later
      ? 'async'
      : 'sync'})`, async () => {
      const { sup, worker, fail, take } = await dynamic({ intensity: 1_000_000 });
      const ref = await sup.startChild(worker('a', { later }));
      const pid = ref.pid as Pid;
      fail('a', 40_000);
      ref.cast('crash', boom);
      await settled();
      expect(await sup.whichChildren()).toMatchObject([{ pid: undefined, status: 'restarting' }]);
      await sup.terminateChild(pid);
      take();
      await settled();
      expect(take()).toEqual([]);
      expect(await sup.whichChildren()).toEqual([]);
      expect(await rejection(sup.terminateChild(pid))).toMatchObject({ refusal: 'not_found' });
    });
  }

  test('DS-06 terminateChild takes a pid or a ref; strangers, the dead and names are not found', async () => {
    const { sup, worker, system, take, Worker } = await dynamic();
    const one = await sup.startChild(worker('a'));
    const two = await sup.startChild(worker('b'));
    const pid = one.pid as Pid;
    await sup.terminateChild(one);
    await sup.terminateChild(two.pid as Pid);
    expect(take()).toEqual(['+a', '+b', '-a shutdown', '-b shutdown']);
    const stranger = system.start(Worker, 'x', false);
    for (const target of [pid, stranger.pid as Pid, 'a']) {
      expect(await rejection(sup.terminateChild(target))).toMatchObject({ refusal: 'not_found' });
    }
    expect(await rejection(sup.terminateChild(one))).toMatchObject({ code: 'BAD_OPTION' });
  });

  test('DS-07 SU-36 at the stop all children go down together, each by its own rule', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const start = env.now;
    const Child = defineAgent({
      trapExit: true,
      init: (id: string, ms: number) => ({ id, ms }),
      async terminate(self) {
        log.push(`${self.state.id} begins@${env.now - start}`);
        await new Promise<void>((resolve) => { if (self.state.ms >= 0) env.timer(self.state.ms, resolve); });
        log.push(`${self.state.id} ends@${env.now - start}`);
      },
    });
    const sup = await system.supervise(dynamicSupervisor('dynamic'));
    await sup.startChild(child('a', Child, 'slow', 300, { shutdown: 'infinity' }));
    await sup.startChild(child('b', Child, 'late', -1, { shutdown: 100 }));
    await sup.startChild(child('c', Child, 'kill', 50, { shutdown: 'brutal_kill' }));
    await sup.startChild(child('d', Child, 'quick', 40, { shutdown: 100 }));
    const stopped = sup.stop();
    await env.advance(250);
    expect(system.processes(), 'the slow one and the supervisor').toHaveLength(2);
    await env.advance(60);
    await stopped;
    expect(log).toEqual(['slow begins@0', 'late begins@0', 'quick begins@0', 'quick ends@40', 'slow ends@300']);
  });

  test('DS-08 only one_for_one, no automatic shutdown, no significant children', async () => {
    const { sup, worker } = await dynamic();
    for (const option of [{ strategy: 'one_for_all' }, { autoShutdown: 'never' }, { children: [] }]) {
      expect(() => dynamicSupervisor('dynamic', option as never)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
      );
    }
    expect(
      await rejection(sup.startChild(worker('t', { restart: 'temporary', significant: true }))),
    ).toMatchObject(
      { code: 'BAD_COMBINATION' },
    );
    for (const option of [{ maxChildren: -1 }, { extraArguments: 'x' }, { intensity: -1 }]) {
      expect(() => dynamicSupervisor('dynamic', option as never)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }),
      );
    }
  });

  test('SU-08 DS-05 its default is 3 restarts in 5,000 ms; restart types decide as everywhere', async () => {
    const { sup, worker, ref, system } = await dynamic();
    await sup.startChild(worker('p', { name: 'p' }));
    await sup.startChild(worker('t', { name: 't', restart: 'transient' }));
    await sup.startChild(worker('x', { name: 'x', restart: 'temporary' }));
    ref(system, 'x').cast('crash', boom);
    ref(system, 't').cast('end', 'normal');
    await settled();
    expect((await sup.whichChildren()).map((row) => row.restart)).toEqual(['permanent']);
    for (let n = 0; n < 3; n++) {
      ref(system, 'p').cast('end', 'normal');
      await settled();
    }
    expect(await sup.whichChildren()).toMatchObject([{ restarts: 3 }]);
    ref(system, 'p').cast('crash', boom);
    expect(await sup.down).toBe('shutdown');
  });

  test('nested, by name, and in the tree', async () => {
    const system = testSystem();
    const { worker } = family();
    await system.supervise({ name: 'top', children: [dynamicSupervisor('sessions', { name: 'sessions' })] });
    const sessions = system.ref(DynamicSupervisorRef, 'sessions');
    await sessions.startChild(worker('a'));
    expect(system.tree()).toMatchObject([{
      type: 'supervisor',
      children: [{ id: 'sessions', type: 'supervisor', children: [{ id: undefined, type: 'agent' }] }],
    }]);
    expect(
      await rejection(system.ref(DynamicSupervisorRef, 'nobody').countChildren())
    ).toMatchObject({ code: 'NOPROC' });
    expect(
      await rejection(system.ref(SupervisorRef, 'sessions').countChildren()), 'of another kind',
    ).toMatchObject(
      { code: 'PROTOCOL_MISMATCH' },
    );
    expect(await system.ref(SupervisorRef, 'top').countChildren()).toMatchObject({ supervisors: 1 });
  });

  test('SU-35 what does not end as asked is reported, once each', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Odd = defineAgent({ trapExit: true, terminate(self) { self.exit('odd'); } });
    const sup = await system.supervise(dynamicSupervisor('dynamic'));
    await sup.startChild(child('a', Odd));
    await sup.startChild(child('b', Odd, { restart: 'transient' }));
    await sup.stop();
    expect(logger.lines.filter((line) => line.text === 'child failed to shut down')).toMatchObject(
      [{ fields: { reason: 'odd' } }, { fields: { reason: 'odd' } }],
    );
  });
});
