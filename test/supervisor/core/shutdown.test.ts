import { describe, expect, test } from 'vitest';
import { child, defineAgent, supervisor, type Pid } from '../../../src/index.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { settled, sleep } from '../wait.js';
import { boom, family } from '../family.js';

/** Children that differ in how they take a shutdown; `at` reads the clock of the test. */
function cast(at: () => number) {
  const log: string[] = [];
  const note = (what: string): void => { log.push(`${what}@${Math.round(at())}`); };
  const Quick = defineAgent({
    trapExit: true, init: (id: string) => ({ id }),
    terminate(self, reason) { note(`${self.state.id} ${String(reason)}`); },
  });
  const Slow = defineAgent({ trapExit: true, init: (id: string, wait: () => Promise<void>) =>
    ({ id, wait }), async terminate(
    self, reason,
  ) {
    note(`${self.state.id} begins ${String(reason)}`);
    await self.state.wait();
    note(`${self.state.id} ends`);
  } });
  const Loner = defineAgent({
    init(id: string) { return { id, parent: undefined as Pid | undefined }; },
    casts: { leave(self, parent: Pid) { self.unlink(parent); } },
  });
  return { log, note, Quick, Slow, Loner };
}

describe('C9 shutdown is a protocol', () => {
  test('C9 SU-02 SU-30 SU-31 SU-32 SU-33 one after another in reverse order, each by its own rule, none can hang it', async () => {
    const env = new VirtualEnv();
    const start = env.now;
    const system = testSystem({ env });
    const { log, note, Quick, Slow, Loner } = cast(() => env.now - start);
    const sleepVirtual = (ms: number) => () => new Promise<void>((resolve) => void env.timer(ms, resolve));
    const never = (): Promise<void> => new Promise(() => undefined);
    const sup = await system.supervise({
      name: 'top',
      children: [
        child('A', Quick, 'A'),
        child('B', Slow, 'B', sleepVirtual(80), { shutdown: 200 }),
        child('C', Slow, 'C', never, { shutdown: 50 }),
        child('D', Loner, 'D'),
        child('E', Quick, 'E', { shutdown: 'brutal_kill' }),
      ],
    });
    system.ref(Loner, 'D').cast('leave', system.whereis('top') as Pid);
    await env.settle();
    for (const id of 'ABCDE') void system.monitor(id).down.then((down) =>
      note(`${id} down ${String(down.reason)}`));
    let done = false;
    const stopped = sup.stop().then(() => { done = true; });
    await env.advance(129);
    expect(done).toBe(false);
    await env.advance(5);
    await stopped;
    expect(log).toEqual([
      'E down killed@0', 'D down shutdown@0', 'C begins shutdown@0', 'C down killed@50',
      'B begins shutdown@50', 'B ends@130', 'A shutdown@130', 'B down shutdown@130', 'A down shutdown@130',
    ].sort(byTime(log)));
    expect(system.stats().signals.sent, 'no EXIT or DOWN is left').toBe(system.stats().signals.handled
      + system.stats().signals.dropped);
  });

  /** The order of notes at one instant is that of the log; what matters is which notes there are and when. */
  function byTime(log: readonly string[]): (a: string, b: string) => number {
    return (a, b) => log.indexOf(a) - log.indexOf(b);
  }

  test('SU-32 infinity waits as long as it takes', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Slow } = cast(() => env.now);
    const sup = await system.supervise({ children: [child(
      'w', Slow, 'w', () => new Promise((resolve) => void env.timer(3_600_000, resolve)),
      { shutdown: 'infinity' },
    )] });
    let done = false;
    const stopped = sup.stop().then(() => { done = true; });
    await env.advance(3_599_000);
    expect(done).toBe(false);
    await env.advance(1_001);
    await stopped;
  });

  test('SU-08 SU-30 the default is 5,000 ms, then killed', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Slow } = cast(() => env.now);
    const sup = await system.supervise({
      children: [child('w', Slow, 'w', () => new Promise(() => undefined))],
    });
    const down = system.monitor('w').down;
    void sup.terminateChild('w');
    await env.advance(4_999);
    expect(system.whereis('w')).toBeDefined();
    await env.advance(2);
    expect((await down).reason).toBe('killed');
    expect(sup.pid).toBeDefined();
  });

  test('SU-32 brutal_kill: terminate never runs, the reason is killed, and nobody reports a crash', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { log, Quick } = cast(() => 0);
    const sup = await system.supervise({ children: [child('w', Quick, 'w', { shutdown: 'brutal_kill' })] });
    const down = system.monitor('w').down;
    await sup.terminateChild('w');
    expect((await down).reason).toBe('killed');
    expect(log).toEqual([]);
    expect([...logger.texts('error'), ...logger.texts('warn')]).toEqual([]);
  });

  test('SU-34 SU-35 a child that ends by itself in the middle of its shutdown is tolerated, whatever the reason', async () => {
    const system = testSystem();
    const Crashing = defineAgent({ trapExit: true, terminate() { throw boom; } });
    const Quitting = defineAgent({ trapExit: true, terminate(self) { self.exit('normal'); } });
    const { worker, take } = family();
    const sup =
      await system.supervise({
        children: [worker('a'), child('c', Crashing), child('q', Quitting), worker('b')],
      });
    system.exit('b', 'kill');
    await sup.stop();
    expect(take().at(-1)).toBe('-a shutdown');
    expect(system.processes()).toEqual([]);
  });

  test('SU-34 after a child was terminated no EXIT of it is queued at its supervisor', async () => {
    const system = testSystem();
    const { worker } = family();
    const sup = await system.supervise({ children: [worker('a')] });
    const before = system.stats().signals.sent;
    await sup.terminateChild('a');
    expect(system.stats().signals.sent - before, 'the EXIT that asked the child, and no answer').toBe(1);
  });

  test(
    'SU-33 an unlinked child cannot hang terminateChild, and its end is no crash of the supervisor',
    async () => {
      const system = testSystem();
      const { Loner } = cast(() => 0);
      const sup = await system.supervise({ name: 'top', children: [child('D', Loner, 'D')] });
      system.ref(Loner, 'D').cast('leave', system.whereis('top') as Pid);
      await settled();
      await sup.terminateChild('D');
      expect(await sup.whichChildren()).toMatchObject([{ id: 'D', status: 'stopped' }]);
    },
  );

  test('SU-37 exit signals from strangers are ignored; kill and stop are not', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const sup =
      await system.supervise({
        name: 'top', children: [worker('a'), worker('b', { shutdown: 'brutal_kill' })],
      });
    for (const reason of ['shutdown', 'normal', 'odd']) system.exit('top', reason);
    const stranger = system.spawn((self) => { self.link('top'); throw boom; });
    await system.monitor(stranger).down;
    await settled();
    expect(take()).toEqual(['+a', '+b']);
    expect(sup.pid).toBeDefined();
    const { down } = sup;
    system.exit('top', 'kill');
    expect(await down).toBe('killed');
    await settled();
    expect(system.processes(), 'links take the children with it').toEqual([]);
    expect(take().sort()).toEqual(['-a killed', '-b killed']);
  });

  test('SU-04 SU-37 one that is killed while a child starts stops nobody any more: who is not linked lives on', async () => {
    const system = testSystem();
    const Unlinked = defineAgent({
      init() { this.unlink(system.inspect(this.pid)?.parent as Pid); return {}; },
    });
    const Hanging = defineAgent({ init: () => new Promise<object>(() => undefined) });
    const started = system.supervise(
      { name: 'top', children: [
        child('free', Unlinked, { shutdown: 'brutal_kill' }), child('hanging', Hanging),
      ] },
    ).then(() => 'ok', (error: unknown) => (error as { reason?: unknown }).reason);
    await settled();
    const free = system.whereis('free') as Pid;
    system.exit('top', 'kill');
    expect(await started).toBe('killed');
    await settled();
    expect(system.processes()).toEqual([free]);
  });

  test('SU-37 the exit signal of the parent stops a nested tree, newest first', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const top =
      await system.supervise({
        children: [supervisor('sub', { children: [worker('a'), worker('b')] }), worker('c')],
      });
    take();
    await top.terminateChild('sub');
    expect(take()).toEqual(['-b shutdown', '-a shutdown']);
    expect(await top.countChildren()).toEqual({ specs: 2, active: 1, supervisors: 1, workers: 1 });
  });

  test('SU-38 unknown messages are ignored', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const sup = await system.supervise({ name: 'top', children: [worker('a')] });
    system.send('top', { any: 'thing' });
    system.send('top', undefined);
    await sleep(1);
    expect(await sup.countChildren()).toMatchObject({ active: 1 });
    expect(take()).toEqual(['+a']);
  });

  test('GS-37 a child that does not trap ends at once at the shutdown of its supervisor, in the middle of its handler', async () => {
    const system = testSystem();
    let terminated = 0;
    const Plain =
      defineAgent({
        casts: { async sit() { await new Promise(() => undefined); } },
        terminate() { terminated++; },
      });
    const sup = await system.supervise({ children: [child('p', Plain)] });
    system.ref(Plain, 'p').cast('sit');
    await settled();
    await sup.stop();
    expect(terminated).toBe(0);
  });
});
