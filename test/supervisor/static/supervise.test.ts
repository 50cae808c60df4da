import { describe, expect, test } from 'vitest';
import type { SupervisorRef } from '../../../src/index.js';
import {
  CastcallError, child, defineAgent, Exit, OptionError, StartError, type ExitReason,
  type ProcessSelf, type SupervisorSpec,
} from '../../../src/index.js';
import type { TreeNode } from '../../../src/observe/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { family } from '../family.js';
import { Gate, rejection, settled } from '../wait.js';

/** A process that supervises `spec` and then does what it is told. */
function starter(spec: SupervisorSpec, traps = false) {
  const got: unknown[] = [];
  const up = new Gate();
  const kept: { tree?: SupervisorRef; self?: ProcessSelf } = {};
  const body = async (self: ProcessSelf): Promise<void> => {
    if (traps) self.trapExit(true);
    kept.self = self;
    kept.tree = await self.supervise(spec);
    up.open();
    for (;;) {
      const message = await self.receive();
      if (typeof message === 'function') await (message as (self: ProcessSelf) => unknown)(self);
      if (message === 'return') return;
      got.push(message);
    }
  };
  return { body, got, up: up.promise, kept };
}

const ENDS: readonly [title: string, end: unknown, reason: ExitReason][] = [
  ['that returns', 'return', 'normal'],
  ['that exits with normal', (self: ProcessSelf) => self.exit('normal'), 'normal'],
  ['that exits with shutdown', (self: ProcessSelf) => self.exit('shutdown'), 'shutdown'],
  ['that exits with a value', (self: ProcessSelf) => self.exit({ gone: 1 }), { gone: 1 }],
  ['that is killed', (self: ProcessSelf) => self.exitOther(self.pid, 'kill'), 'killed'],
];

describe('a tree that a process has started', () => {
  test.each(ENDS.flatMap(([title, end, reason]) =>
    [false, true].map((traps) => [title, traps ? 'traps' : 'does not trap', end, reason, traps] as const)))(
    'SU-37 SU-02 the end of a starter %s and %s stops it newest first, with that reason',
    async (_title, _traps, end, reason, traps) => {
      const system = testSystem();
      const { log, worker, take } = family();
      const { body, up, kept } = starter(
        { name: 'tree', children: [worker('a'), worker('b'), worker('c')] }, traps,
      );
      const p = system.spawn(body);
      await up;
      expect(take()).toEqual(['+a', '+b', '+c']);
      const { down } = kept.tree as SupervisorRef;
      p.send(end);
      expect(await down).toEqual(reason);
      expect(log).toEqual(['-c shutdown', '-b shutdown', '-a shutdown']);
      expect([system.whereis('tree'), system.whereis('a'), system.stats().processes]).toEqual(
        [undefined, undefined, 0],
      );
    },
  );

  test('SU-37 a crash of the starter is the reason of its tree', async () => {
    const system = testSystem();
    const { worker } = family();
    const { body, up, kept } = starter({ children: [worker('a')] });
    const p = system.spawn(body);
    await up;
    const { down } = kept.tree as SupervisorRef;
    const boom = new Error('boom');
    p.send(() => { throw boom; });
    expect(await down).toBe(boom);
  });

  test('EX-04 SU-37 a starter that has unlinked its tree ends alone', async () => {
    const system = testSystem();
    const { worker, take } = family();
    const { body, up, kept } = starter({ name: 'tree', children: [worker('a')] });
    const p = system.spawn(body);
    await up;
    p.send((self: ProcessSelf) => { self.unlink('tree'); self.exit('shutdown'); });
    await system.monitor(p).down;
    await settled();
    expect([take(), system.whereis('a') === undefined]).toEqual([['+a'], false]);
    expect(system.tree().map(({ name }) => name)).toEqual(['tree']);
    await kept.tree?.stop();
  });

  test('SU-24 EX-05 a supervisor that gives up reaches its starter as the exit of a link', async () => {
    const system = testSystem();
    const { worker, Worker, ref } = family();
    expect(Worker.name).toBe('worker');
    for (const traps of [false, true]) {
      const { body, up, got } = starter({ intensity: 0, children: [worker('a')] }, traps);
      const p = system.spawn(body);
      await up;
      ref(system, 'a').cast('crash', new Error('boom'));
      if (!traps) expect((await system.monitor(p).down).reason).toBe('shutdown');
      await settled();
      if (traps) expect(got).toEqual([expect.objectContaining({ reason: 'shutdown' })]);
      if (traps) expect(got[0]).toBeInstanceOf(Exit);
      if (traps) p.send('return');
    }
  });

  test('SU-04 PL-04 a start that fails leaves nothing, no link and no Exit', async () => {
    const system = testSystem();
    const { worker, fail, log } = family();
    fail('b', 1);
    const got: unknown[] = [];
    const p = system.spawn(async (self) => {
      self.trapExit(true);
      got.push(await rejection(
        self.supervise({ name: 'tree', children: [worker('a'), worker('b'), worker('c', { later: true })] }),
      ));
      got.push(await self.receive(undefined, { timeoutMs: 0 }));
      got.push(system.inspect(self, ['links']));
      fail('c', 1);
      got.push(((await rejection(
        self.supervise({ children: [worker('a'), worker('c', { later: true })] }),
      )) as StartError).reason);
      got.push(await self.receive(undefined, { timeoutMs: 0 }));
    });
    await system.monitor(p).down;
    expect(got[0]).toBeInstanceOf(StartError);
    expect((got[0] as StartError).reason).toMatchObject({ shutdown: { failedToStartChild: 'b' } });
    expect(got.slice(1)).toEqual(
      [undefined, [[]], { shutdown: { failedToStartChild: 'c', reason: new Error('no c') } }, undefined],
    );
    expect(log).toEqual(['+a', '!b', '-a shutdown', '+a', '!c', '-a shutdown']);
    expect(system.stats().processes).toBe(0);
  });

  test('SU-05 GS-06 ignore, a taken name and a bad spec reject, also when nobody waits', async () => {
    const system = testSystem();
    const { worker } = family();
    const got: unknown[] = [];
    const top = await system.supervise({ name: 'taken', children: [] });
    const p = system.spawn(async (self) => {
      void self.supervise({ children: [worker('a'), worker('a')] });
      void self.supervise(() => 'ignore');
      got.push(((await rejection(self.supervise(() => 'ignore'))) as StartError).reason);
      got.push(((await rejection(self.supervise({ name: 'taken', children: [] }))) as StartError).reason);
      got.push(await rejection(self.supervise(worker('a') as never)));
      got.push(await rejection(self.supervise(undefined as never)));
      got.push(await rejection(self.supervise({ children: [] }, { nmae: 'x' } as never)));
    });
    expect((await system.monitor(p).down).reason).toBe('normal');
    expect(got.slice(0, 2)).toEqual(['ignore', { alreadyStarted: top.pid }]);
    for (const error of got.slice(2)) expect(error).toBeInstanceOf(OptionError);
  });

  test('P16 a starter that has ended starts no tree', async () => {
    const system = testSystem();
    const { worker, log } = family();
    const { body, up, kept } = starter({ children: [] });
    const p = system.spawn(body);
    await up;
    system.exit(p, 'kill');
    const before = system.stats().zombies;
    const error = await rejection((kept.self as ProcessSelf).supervise({ children: [worker('a')] }));
    expect(error).toBeInstanceOf(CastcallError);
    expect([(error as CastcallError).code, log, system.stats().zombies - before]).toEqual(['ZOMBIE', [], 1]);
  });

  test('SU-37 SU-02 the end of a starter cuts the start of its tree short: what had started stops, with that reason for the tree', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Slow = defineAgent({ init: async () => { await gate.promise; return {}; } });
    const { worker, take } = family();
    const reasons: unknown[] = [];
    for (const how of ['kill', 'shutdown', { gone: 1 }]) {
      const p = system.spawn(async (self) => {
        void self.supervise({ name: 'tree', children: [worker('a'), child('slow', Slow), worker('b')] });
        await self.receive();
      });
      await settled();
      const { down } = system.monitor('tree');
      system.exit(p, how);
      reasons.push((await down).reason);
      expect([take(), system.stats().processes]).toEqual([['+a', '-a shutdown'], 0]);
    }
    expect(reasons).toEqual(['killed', 'shutdown', { gone: 1 }]);
    gate.open();
  });
});

describe('where it is seen, and when it stops', () => {
  const shape = (nodes: readonly TreeNode[]): unknown =>
    nodes.map(({ name, children }) => children.length === 0 ? name : [name, shape(children)]);

  /** An agent that supervises `children`, and says when it ends. */
  function boss(log: string[], spec: () => SupervisorSpec) {
    return defineAgent({
      trapExit: true,
      async init(id: string) { await this.supervise(spec()); return id; },
      terminate(self) { log.push(`-${self.state}`); },
    });
  }

  test('SU-37 the tree is shown below its starter, and each level stops before the next', async () => {
    const system = testSystem();
    const { worker, log, take } = family();
    const Inner = boss(log, () => ({ name: 'deep', children: [worker('x'), worker('y')] }));
    const Outer =
      boss(log, () => ({
        name: 'middle', children: [worker('a'), child('inner', Inner, 'inner'), worker('b')],
      }));
    await system.start(Outer, 'outer', { name: 'outer' });
    expect(shape(system.tree()))
      .toEqual([['outer', [['middle', ['a', ['inner', [['deep', ['x', 'y']]]], 'b']]]]]);
    expect(system.inspect('deep')?.parent).toBe(system.whereis('inner'));
    take();
    await system.ref(Outer, 'outer').stop('shutdown');
    await settled();
    // As in OTP nobody waits for a tree below a child: `inner` has ended, so `a` is next, while `deep` stops.
    const order = log.splice(0);
    expect(order.filter((line) => !line.startsWith('-x') && !line.startsWith('-y'))).toEqual(
      ['-outer', '-b shutdown', '-inner', '-a shutdown'],
    );
    expect(order.filter((line) => line !== '-a shutdown').slice(2))
      .toEqual(['-inner', '-y shutdown', '-x shutdown']);
    expect(system.stats().processes).toBe(0);
  });

  test('SU-02 system.stop leaves the children of such trees to their supervisors', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const Slow = defineAgent({
      trapExit: true,
      init: (id: string) => { log.push(`+${id}`); return id; },
      async terminate(self) {
        log.push(`-${self.state}`);
        await new Promise<void>((resolve) => void env.timer(10, resolve));
        log.push(`.${self.state}`);
      },
    });
    const slow = (id: string) => child(id, Slow, id);
    const Boss = defineAgent(
      { async init(ids: readonly string[]) { await this.supervise({ children: ids.map(slow) }); return {}; } },
    );
    const ready = [
      system.start(Boss, ['x', 'y']), system.supervise({ children: [slow('old')] }),
      system.supervise({ children: [child('boss', Boss, ['a', 'b']), slow('new')] }),
    ];
    await env.settle();
    await Promise.all(ready);
    log.length = 0;
    const stopped = system.stop();
    await env.advance(200);
    expect((await stopped).killed).toBe(0);
    // The newest top first, with what its agents had started; then the older one; then the rest,
    // whose children nobody restarts.
    expect(log).toEqual(['-new', '.new', '-b', '.b', '-a', '.a', '-old', '.old', '-y', '.y', '-x', '.x']);
  });

  test('SU-02 a tree of a process outside of all trees is stopped by its supervisor, not child by child', async () => {
    const system = testSystem();
    const { worker, log, take } = family();
    const { body, up } = starter({ children: [worker('a'), worker('b'), worker('c')] });
    system.spawn(body);
    await up;
    take();
    expect((await system.stop()).killed).toBe(0);
    expect(log).toEqual(['-c shutdown', '-b shutdown', '-a shutdown']);
  });
});
