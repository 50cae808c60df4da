import { describe, expect, it } from 'vitest';
import {
  child, defineAgent, Down, DynamicSupervisorRef, taskSupervisor, TaskSupervisorRef, type Pid,
  type TaskSelf,
} from '../../../src/index.js';
import type { Logger } from '../../../src/observe/public.js';
import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { callFailure, Gate } from '../../behaviour/help.js';
import { listener } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const forever = (): Promise<never> => new Promise(() => undefined);

async function setup(spec: { readonly maxChildren?: number } = {}) {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const tasks = await system.supervise(taskSupervisor('tasks', { name: 'tasks', ...spec }));
  const { ref, self, seen } = await listener(system, { trap: false });
  return { env, system, tasks, mine: self.bind(tasks), ref, self, seen };
}

describe('task supervisors', () => {
  it('TK-16 a task is a child of the supervisor and belongs to the process that asked for it', async () => {
    const { env, system, tasks, mine, ref, self, seen } = await setup();
    const gate = new Gate<number>();
    const task = await mine.async(
      (task: TaskSelf, n: number) => gate.promise.then((m) => [n + m, task.callers]), 1,
    );
    expect(await tasks.children()).toEqual([task.pid]);
    expect(system.inspect(task.pid)).toMatchObject({ parent: tasks.pid });
    expect(new Set(system.inspect(task.pid)?.links)).toEqual(new Set([tasks.pid, ref.pid]));
    gate.open(2);
    expect(await self.task.await(task)).toEqual([3, [ref.pid]]);
    await env.settle();
    expect(await tasks.children()).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('TK-16 children are temporary by default; others are restarted by their rule', async () => {
    const { env, system, tasks } = await setup();
    const runs: string[] = [];
    const once = (self: TaskSelf, what: string): void => {
      runs.push(what);
      if (runs.filter((run) => run === what).length === 1) self.exit('crash');
    };
    await tasks.startChild(once, ['temporary']);
    await env.settle();
    expect(runs).toEqual(['temporary']);
    await tasks.startChild(once, ['transient'], { restart: 'transient' });
    await env.settle();
    expect(runs).toEqual(['temporary', 'transient', 'transient']);
    expect(await tasks.children()).toEqual([]);
    const { down } = system.monitor(tasks);
    await tasks.startChild((self: TaskSelf) => self.exit('always'), [], { restart: 'permanent' });
    expect((await down).reason, 'three restarts in 5,000 ms').toBe('shutdown');
  });

  it('TK-16 maxChildren rejects async and refuses startChild with max_children', async () => {
    const { tasks, mine } = await setup({ maxChildren: 1 });
    const pid = await tasks.startChild(forever, []);
    for (const started of [mine.async(forever), mine.asyncNolink(forever), tasks.startChild(forever, [])]) {
      expect(await callFailure(started)).toMatchObject(
        { code: 'REFUSED', refusal: 'max_children', details: { maxChildren: 1 } },
      );
    }
    expect(await tasks.countChildren()).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
    await tasks.terminateChild(pid);
    expect(await callFailure(tasks.terminateChild(pid))).toMatchObject({ refusal: 'not_found' });
    await mine.async(forever);
  });

  it('TK-16 TK-11 TK-12 a stream runs its tasks under the supervisor, in order, and leaves none and no message behind', async () => {
    const { env, system, tasks, self, seen } = await setup();
    const parents = new Set<unknown>();
    let most = 0;
    let now = 0;
    const stream = self.bind(tasks).stream([1, 2, 3, 4, 5], async (task, n: number) => {
      parents.add(system.inspect(task.pid)?.parent);
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return n * 2;
    }, { concurrency: 2 });
    expect(await tasks.children(), 'lazy (TK-14)').toEqual([]);
    const values: unknown[] = [];
    for await (const one of stream) values.push(one.ok ? one.value : one.reason);
    expect(values).toEqual([2, 4, 6, 8, 10]);
    expect([...parents]).toEqual([tasks.pid]);
    expect(most).toBeLessThanOrEqual(2);
    for await (const one of self.bind(tasks).stream(
      [1, 2, 3], (_task, n: number) => (n === 1 ? n : forever()), { concurrency: 3 },
    )) {
      expect(one).toEqual({ ok: true, value: 1 });
      break;
    }
    await env.settle();
    expect(await tasks.children(), 'leaving the loop ends the rest (TK-12)').toEqual([]);
    expect(seen).toEqual([]);
  });

  it('TK-16 a crash in a stream ends its consumer, with streamNolink it is an outcome; maxChildren fails the stream', async () => {
    const { env, system, tasks, ref, self } = await setup({ maxChildren: 2 });
    const crash = (task: TaskSelf, n: number): number => (n === 2 ? task.exit('bang') : n);
    const outcomes: unknown[] = [];
    for await (const one of self.bind(tasks).streamNolink([1, 2, 3], crash, { concurrency: 2 })) {
      outcomes.push(one.ok ? one.value : one.reason);
    }
    expect(outcomes).toEqual([1, 'bang', 3]);
    let failure: unknown;
    try {
      for await (const one of self.bind(tasks).streamNolink([1, 2, 3], forever, { concurrency: 3 })) void one;
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'REFUSED', refusal: 'max_children' });
    await env.settle();
    expect(await tasks.children()).toEqual([]);
    const { down } = system.monitor(ref);
    void (async () => { for await (const one of self.bind(tasks).stream([2], crash)) void one; })();
    expect((await down).reason).toBe('bang');
  });

  it('TK-16 the tasks of a stream end with its consumer, and with the supervisor', async () => {
    const { env, system, tasks, ref, self } = await setup();
    void (async () => {
      for await (const one of self.bind(tasks).stream([1, 2], forever, { concurrency: 2 })) void one;
    })();
    await env.settle();
    expect((await tasks.children()).length).toBe(2);
    system.exit(ref, 'kill');
    await env.settle();
    expect(await tasks.children()).toEqual([]);
    const outside = (async () => {
      const got: unknown[] = [];
      for await (const one of tasks.streamNolink([1], forever)) got.push(one);
      return got;
    })();
    await env.settle();
    await tasks.stop();
    expect(await outside).toEqual([{ ok: false, reason: 'shutdown' }]);
  });

  it('TK-05 the crash of asyncNolink reaches the owner as a Down, of async through the link', async () => {
    const { env, system, tasks, mine, ref, seen } = await setup();
    const task = await mine.asyncNolink((self) => self.exit('bang'));
    await env.settle();
    expect(seen).toMatchObject([{ pid: task.pid, reason: 'bang' }]);
    expect(seen[0]).toBeInstanceOf(Down);
    const { down } = system.monitor(ref);
    await mine.async((self) => self.exit('bang'));
    expect((await down).reason).toBe('bang');
    expect(tasks.pid, 'the supervisor traps').toBeDefined();
  });

  it('TK-16 the stop of the supervisor ends all tasks at once, each with its patience', async () => {
    const { env, system, tasks } = await setup();
    const stubborn = async (self: TaskSelf): Promise<void> => { self.trapExit(true); await forever(); };
    await tasks.startChild(stubborn, [], { shutdown: 100 });
    await tasks.startChild(stubborn, [], { shutdown: 'brutal_kill' });
    await tasks.startChild(forever, []);
    await env.settle();
    const stopping = tasks.stop();
    await env.settle();
    expect(system.stats().processes, 'the listener, the supervisor and the one with patience').toBe(3);
    await env.advance(100);
    await stopping;
    expect(system.stats().processes).toBe(1);
  });

  it('is a child like any other, found by name, and checks what it is given', async () => {
    const system = testSystem();
    const top = await system.supervise({
      children: [taskSupervisor('jobs', { name: 'jobs', maxChildren: 2 })],
    });
    const tasks = system.ref(TaskSupervisorRef, 'jobs');
    expect(
      await system.task.await(await tasks.async((_self, a: string, b: string) => a + b, 'a', 'b')),
    ).toBe('ab');
    expect((await top.whichChildren())[0]).toMatchObject({ id: 'jobs', type: 'supervisor' });
    expect(() => taskSupervisor('x', { maxChildren: -1 })).toThrow(/maxChildren: got -1/);
    expect(() => taskSupervisor('x', { children: [] } as never)).toThrow(/children/);
    expect(() => tasks.startChild(1 as never, [])).toThrow(/tasks.startChild: got 1/);
    expect(() => tasks.startChild(forever, [], { restart: 'never' as never })).toThrow(/restart/);
  });
});

describe('a task supervisor is a dynamic supervisor', () => {
  it('TK-16 DS-01 its other handle starts any child beside its tasks, under the same limit', async () => {
    const { env, system, tasks } = await setup({ maxChildren: 2 });
    const pid = await tasks.startChild(forever, []);
    const others = system.ref(DynamicSupervisorRef, 'tasks');
    const agent = await others.startChild(child('a', defineAgent({}), { restart: 'temporary' }));
    expect(await callFailure(tasks.async(forever))).toMatchObject({ refusal: 'max_children' });
    expect(await others.whichChildren()).toMatchObject([
      { pid: agent.pid, status: 'running' }, { pid, type: 'worker', status: 'running', restart: 'temporary' },
    ]);
    await others.terminateChild(pid);
    await env.settle();
    expect(await tasks.children()).toEqual([agent.pid]);
  });

  it('TK-16 SU-19 a supervisor of instances of one template takes no task', async () => {
    const { system } = await setup();
    await system.supervise(simpleSupervisor('simple', template(defineAgent({}), []), { name: 'simple' }));
    expect(await callFailure(system.ref(TaskSupervisorRef, 'simple').startChild(forever, []))).toMatchObject(
      { refusal: 'bad_child' },
    );
  });

  it('TK-18 LG-02 LG-03 it tells of no start and of no end of a task, but that it gives up', async () => {
    const env = new VirtualEnv();
    const lines: string[] = [];
    const at = (_fields: object, text: string): void => void lines.push(text);
    const logger: Logger = { error: at, warn: at, info: at, debug: at };
    const system = testSystem({ env, logger });
    const tasks = await system.supervise(taskSupervisor('tasks', { intensity: 0 }), { onGiveUp: 'ignore' });
    await tasks.startChild((self) => self.exit('bang'), []);
    const stuck = await tasks.startChild((self) => self.receive(), [], { shutdown: 'brutal_kill' });
    await env.settle();
    system.exit(stuck, 'bang');
    await env.settle();
    expect(lines.filter((text) => text.startsWith('child'))).toEqual([]);
    const { down } = system.monitor(tasks);
    await tasks.startChild((self) => self.exit('bang'), [], { restart: 'permanent' });
    expect((await down).reason).toBe('shutdown');
    expect(lines).toContain('supervisor gives up');
  });
});

describe('how tasks of a supervisor end with it', () => {
  const asking = {
    async: (tasks: TaskSupervisorRef, fn: (self: TaskSelf) => unknown) => tasks.async(fn),
    asyncNolink: (tasks: TaskSupervisorRef, fn: (self: TaskSelf) => unknown) => tasks.asyncNolink(fn),
    startChild: (tasks: TaskSupervisorRef, fn: (self: TaskSelf) => unknown) => tasks.startChild(fn, []),
    stream: async (tasks: TaskSupervisorRef, fn: (self: TaskSelf) => unknown) => {
      void (async () => { for await (const _ of tasks.stream([1], fn, { timeoutMs: 'infinity' })); })().catch(
        () => undefined,
      );
    },
  };
  const cases = Object.entries(asking).flatMap(([name, ask]) => ([
    [100, 100], ['brutal_kill', 0], ['infinity', Infinity],
  ] as const).map(([shutdown, ms]) => [name, shutdown, ms, ask] as const));

  it.each(cases)('TK-16 DS-07 %s with shutdown %s', async (_name, shutdown, ms, ask) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const tasks = await system.supervise(taskSupervisor('tasks'));
    const gate = new Gate();
    await ask(tasks.with({ shutdown }), async (self) => {
      self.trapExit(true);
      await gate.promise;
    });
    await env.settle();
    const [pid] = await tasks.children() as [Pid];
    const { down } = system.monitor(pid);
    const stopped = tasks.stop();
    await env.settle();
    expect(system.alive(pid)).toBe(ms > 0);
    if (ms === 0) {
      expect((await down).reason).toBe('killed');
      await stopped;
      return;
    }
    await env.advance(99);
    expect(system.alive(pid)).toBe(true);
    await env.advance(1);
    expect(system.alive(pid)).toBe(ms > 100);
    await env.advance(60_000);
    expect(system.alive(pid)).toBe(ms > 100);
    gate.open();
    await env.settle();
    await stopped;
    expect((await down).reason).toBe(ms > 100 ? 'normal' : 'killed');
  });

  it('TK-16 with keeps what was said before, survives bind, and startChild may say otherwise; bad options are refused', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const tasks = (
      await system.supervise(taskSupervisor('tasks'))
    ).with({ level: 'low' }).with({ shutdown: 'brutal_kill' });
    const { self } = await listener(system, { trap: false });
    const task = await self.bind(tasks).asyncNolink(forever);
    const pid = await tasks.startChild(forever, [], { level: 'high' });
    expect([task.pid, pid].map((one) => system.inspect(one)?.level)).toEqual(['low', 'high']);
    expect(() => tasks.with({ shutdown: -1 })).toThrow(/shutdown/);
    expect(() => tasks.with({ level: 'urgent' as never })).toThrow(/level/);
    expect(() => tasks.with({ restart: 'permanent' } as never)).toThrow(/restart/);
  });
});
