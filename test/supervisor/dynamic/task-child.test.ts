import { describe, expect, it } from 'vitest';
import {
  child, defineAgent, dynamicSupervisor, type Pid, type TaskSelf,
} from '../../../src/index.js';
import { partitionSupervisor, taskChild } from '../../../src/supervisor/public.js';
import { Gate } from '../../behaviour/help.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const boom = new Error('boom');

describe('a task as a child of a supervisor', () => {
  it('TK-16 is temporary by default: it runs once, linked to its supervisor, and is forgotten', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const gate = new Gate();
    const seen: unknown[] = [];
    const work = async (self: TaskSelf, a: number, b: string): Promise<void> => {
      seen.push([a, b, self.callers, self.parent]);
      await gate.promise;
    };
    const top = await system.supervise({ name: 'top', children: [taskChild('once', work, [1, 'x'])] });
    await env.settle();
    expect(seen).toEqual([[1, 'x', [top.pid], top.pid]]);
    const [row] = await top.whichChildren();
    expect(row).toMatchObject({ id: 'once', status: 'running', restart: 'temporary', type: 'worker' });
    expect(system.inspect(row?.pid as Pid))
      .toMatchObject({ behaviour: 'task', links: [top.pid], parent: top.pid });
    gate.open();
    await env.settle();
    expect(await top.whichChildren()).toEqual([]);
    expect(top.pid).toBeDefined();
  });

  it('SU-12 TK-18 is restarted by its rule, with its arguments; a crash is told as that of a task, and by its supervisor', async () => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const ran: string[] = [];
    const permanent = (_self: TaskSelf, what: string): void => { ran.push(what); };
    const transient = async function transient(_self: TaskSelf, what: string): Promise<void> {
      ran.push(what);
      if (ran.filter((one) => one === what).length < 3) throw boom;
    };
    await system.supervise({
      intensity: 100, children: [taskChild('t', transient, ['t'], { restart: 'transient' })],
    });
    await env.settle();
    expect(ran).toEqual(['t', 't', 't']);
    expect(logger.texts('error')).toEqual(['task terminated', 'task terminated']);
    expect(logger.texts('info').filter((text) => text !== 'child started')).toEqual(
      ['child terminated', 'child terminated'],
    );
    expect(logger.lines.find(({ text }) => text === 'task terminated')?.fields).toMatchObject(
      { function: 'transient', args: ['string'] },
    );
    expect(logger.lines.find(({ text }) => text === 'child terminated')?.fields).toMatchObject(
      { offender: { id: 't', start: 'transient' } },
    );
    ran.length = 0;
    const top =
      await system.supervise({
        intensity: 2, children: [taskChild('p', permanent, ['p'], { restart: 'permanent' })],
      });
    expect(await top.down, 'one that returns at once, again and again').toBe('shutdown');
    expect(ran).toEqual(['p', 'p', 'p']);
  });

  it.each(
    [[50, 'killed', 50], ['brutal_kill', 'killed', 0], [5_000, 'shutdown', 0]] as const,
  )('TK-16 SU-31 shutdown %s is honoured when its supervisor stops', async (shutdown, reason, ms) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const gate = new Gate();
    const work = async (self: TaskSelf): Promise<void> => {
      self.trapExit(reason === 'killed');
      await gate.promise;
    };
    const top = await system.supervise({ children: [taskChild('t', work, [], { shutdown })] });
    await env.settle();
    const [row] = await top.whichChildren();
    const { down } = system.monitor(row?.pid as Pid);
    void top.stop();
    await env.settle();
    if (ms > 0) {
      await env.advance(ms - 1);
      expect(system.alive(row?.pid as Pid)).toBe(true);
      await env.advance(1);
    }
    expect((await down).reason).toBe(reason);
  });

  it('SU-48 a significant one lets its supervisor end when its work is done', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const top = await system.supervise({
      autoShutdown: 'any_significant',
      children: [child('a', defineAgent({})), taskChild('job', () => 1, [], { significant: true })],
    });
    expect(await top.down).toBe('shutdown');
    expect(() => taskChild('job', () => 1, [], { significant: true, restart: 'permanent' })).toThrow(
      /false for a permanent child/,
    );
  });

  it('DS-03 under a dynamic supervisor its pid is what the start gives, also when it is over by then', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const got: unknown[] = [];
    const dynamic = await system.supervise(dynamicSupervisor('dynamic', { extraArguments: ['extra'] }));
    const quick =
      await dynamic.startChild(
        taskChild('q', (_self: TaskSelf, ...args: string[]) => { got.push(args); }, ['own']),
      );
    expect(typeof quick).toBe('string');
    const slow = await dynamic.startChild(
      taskChild('s', (self: TaskSelf) => self.receive(), [], { label: 'slow one', level: 'low' }),
    );
    await env.settle();
    expect(got).toEqual([['extra', 'own']]);
    expect(system.inspect(slow)).toMatchObject({ label: 'slow one', level: 'low' });
    expect(await dynamic.countChildren()).toMatchObject({ active: 1 });
    await dynamic.terminateChild(slow);
    expect(system.alive(slow)).toBe(false);
    const top = await system.supervise({ children: [] });
    const pid = await top.startChild(taskChild('t', (self: TaskSelf) => self.receive(), []));
    expect(system.alive(pid)).toBe(true);
    await top.terminateChild('t');
    expect(system.alive(pid)).toBe(false);
  });

  it('PS-03 one for each partition, known by the pid of the time', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const got: unknown[] = [];
    const of = taskChild('t', async (self: TaskSelf, n: number) => {
      got.push(n);
      await self.receive();
    }, [0], { restart: 'permanent' });
    const parts =
      await system.supervise(
        partitionSupervisor('partitions', {
          name: 'parts', child: of, partitions: 2, withArguments: (_args, n) => [n],
        })
      );
    await env.settle();
    expect(got).toEqual([0, 1]);
    expect(parts.ref(1)).toBe(system.whereis('parts/1'));
    system.send(parts.ref(1), 'end');
    await env.settle();
    expect(got).toEqual([0, 1, 1]);
    expect(parts.ref(1)).toBe(system.whereis('parts/1'));
  });

  it('refuses what is no function, no array, and unknown or bad options', () => {
    expect(() => taskChild('', () => 1, [])).toThrow(/taskChild.id/);
    expect(() => taskChild('t', 1 as never, [])).toThrow(/a function/);
    expect(() => taskChild('t', () => 1, 'x' as never)).toThrow(/an array/);
    expect(() => taskChild('t', () => 1, [], { restart: 'often' as never })).toThrow(/restart/);
    expect(() => taskChild('t', () => 1, [], { level: 'urgent' as never })).toThrow(
      /'low', 'normal', 'high' or 'max'/,
    );
    expect(() => taskChild('t', () => 1, [], { name: 'x' } as never)).toThrow(/name/);
  });
});
