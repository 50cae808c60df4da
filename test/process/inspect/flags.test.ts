import { describe, expect, it } from 'vitest';
import { child, defineAgent, OptionError } from '../../../src/index.js';
import { EventManager } from '../../../src/behaviour/event/public.js';
import type { WatchdogEvent } from '../../../src/observe/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle } from '../peers.js';

const defineEcho =
  () => defineAgent({
    name: 'Echo', init: () => ({}), calls: { say: (self, n: number) => n }, casts: { note() {} },
  });

describe('flags', () => {
  it('PF-02 a start says the scheduling level, from init on: of agents, machines, managers, processes, tasks and children', async () => {
    const system = testSystem();
    const levels: unknown[] = [];
    const A = defineAgent({ init() { levels.push(system.inspect(this.pid)?.level); } });
    const M = defineStatem({
      init() { levels.push(system.inspect(this.pid)?.level); return { state: 'on' as const, data: 0 }; },
      states: { on: {} },
    });
    const low = { level: 'low' } as const;
    const stay = (): Promise<never> => new Promise(() => undefined);
    const task = system.task.with(low);
    const pids = [
      system.start(A, low).pid, system.start(M, low).pid, system.start(
        EventManager, low,
      ).pid, system.spawn(stay, low).pid, task.async(stay).pid, task.asyncNolink(stay).pid,
    ];
    const streamed: unknown[] = [];
    for await (const one of task.stream([1], (self) => system.inspect(self.pid)?.level)) streamed.push(one);
    await system.supervise({ children: [child('c', A, { level: 'high' })] });
    expect(levels).toEqual(['low', 'low', 'high']);
    expect(pids.map((pid) => system.inspect(pid as never)?.level)).toEqual(pids.map(() => 'low'));
    expect(streamed).toEqual([{ ok: true, value: 'low' }]);
    expect(system.inspect(system.task.async(stay).pid)?.level).toBe('normal');
    for (const bad of [
      () => system.start(A, { level: 'urgent' as never }), () => child('c', A, { level: 1 as never }),
      () => task.with({ level: 'x' as never }), () => task.with({ shutdown: 1 } as never),
    ]) expect(bad).toThrow(OptionError);
  });

  it('PF-01 setting a flag returns its old value; unknown flags and values are refused and change nothing', async () => {
    const system = testSystem();
    const { self, ref } = await idler(system);
    expect([self.trapExit(true), self.trapExit(false)]).toEqual([false, true]);
    expect([self.flag('level', 'low'), self.flag('level', 'max'), self.flag('level', 'normal')]).toEqual(
      ['normal', 'low', 'max'],
    );
    expect([self.flag('sensitive', true), self.flag('sensitive', false)]).toEqual([false, true]);
    for (const [name, value] of [
      ['heap', 1], ['level', 'urgent'], ['priority', 'low'], ['trapExit', true], ['sensitive', 1],
      ['__proto__', true],
    ] as const) {
      expect(() => self.flag(name as never, value as never)).toThrow(OptionError);
    }
    expect(system.inspect(ref)).toMatchObject({ trapExit: false, level: 'normal', sensitive: false });
  });

  it('PF-02 max starves high, high starves normal and low, and low runs beside normal but less often; nobody inherits', async () => {
    const system = testSystem();
    const order: string[] = [];
    let left = 400;
    const Runner = defineAgent({
      init: (level: 'low' | 'normal' | 'high' | 'max') => level,
      casts: {
        set(self) { self.flag('level', self.state); },
        run(self) {
          order.push(self.state);
          if (--left > 0) self.ref.cast('run');
        },
      },
    });
    const runners = (['low', 'normal', 'high', 'max'] as const).map((level) => system.start(Runner, level));
    for (const runner of runners) runner.cast('set');
    await settle();
    for (const runner of runners) runner.cast('run');
    await settle(20);
    expect(
      order.slice(0, 390).every((level) => level === 'max'), 'only max runs while it is runnable',
    ).toBe(true);
    left = 400;
    order.length = 0;
    for (const runner of runners.slice(0, 3)) runner.cast('run');
    await settle(20);
    expect(order.slice(0, 390).every((level) => level === 'high')).toBe(true);
    left = 4_000;
    order.length = 0;
    for (const runner of runners.slice(0, 2)) runner.cast('run');
    await settle(40);
    const low = order.filter((level) => level === 'low').length;
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(order.length / 4);
    const child = await new Promise((resolve) => { system.spawn(
      (self) => { self.flag('level', 'high'); self.spawn((one) => resolve(system.inspect(one.pid)?.level)); },
    ); });
    expect(child).toBe('normal');
  });
});

describe('introspection', () => {
  it('PF-04 a sensitive process hides its messages and its dictionary', async () => {
    const system = testSystem();
    const { self, ref } = await idler(system);
    self.dictionary.set('secret', 1);
    ref.send('secret');
    await settle();
    expect(system.inspect(ref, ['messages', 'dictionary'])).toEqual([['secret'], new Map([['secret', 1]])]);
    self.flag('sensitive', true);
    expect(system.inspect(ref, ['messages', 'dictionary', 'messageQueueLength'])).toEqual([[], new Map(), 1]);
  });

  it('PF-05 PF-06 items come in the order asked for; an unnamed process has no name there, a dead one nothing at all', async () => {
    const system = testSystem();
    const { ref } = await idler(system);
    expect(system.inspect(ref, ['trapExit', 'name', 'pid', 'name']))
      .toEqual([false, undefined, ref.pid, undefined]);
    const named = await idler(system, { name: 'somebody' });
    expect(system.inspect(named.ref, ['name'])).toEqual(['somebody']);
    expect(() => system.inspect(ref, ['nmae' as never])).toThrow(OptionError);
    system.exit(ref, 'kill');
    expect(system.inspect(ref)).toBeUndefined();
    expect(system.inspect(ref, ['pid'])).toBeUndefined();
  });

  it('PF-07 every item is there and true', async () => {
    const system = testSystem();
    const a = await listener(system, { name: 'a' });
    const b = await idler(system);
    a.self.link(b.ref);
    a.self.monitor(b.ref);
    b.self.monitor(a.ref);
    a.self.label = 'labelled';
    a.self.groupLeader = b.ref;
    system.suspend(a.ref);
    a.ref.send('waiting');
    a.self.sendAfter(60_000, 'later');
    const items = [
      'status', 'initialCall', 'name', 'links', 'monitors', 'monitoredBy', 'trapExit',
      'messageQueueLength', 'messages',
      'reductions', 'memory', 'level', 'groupLeader', 'dictionary', 'parent', 'label', 'suspending',
      'behaviour',
      'op',
    ] as const;
    const found = system.inspect(a.ref, items) ?? [];
    expect(Object.fromEntries(items.map((item, i) => [item, (found as readonly unknown[])[i]]))).toMatchObject({
      status: 'suspended', initialCall: expect.any(
        String,
      ), name: 'a', links: [b.ref.pid], monitors: [b.ref.pid], monitoredBy: [b.ref.pid], trapExit: true,
      messageQueueLength: 1, messages: ['waiting'], reductions: 0, memory: expect.any(
        Number,
      ), level: 'normal', groupLeader: b.ref.pid, dictionary: new Map(), parent: undefined,
      label: 'labelled', suspending: [], behaviour: 'process', op: undefined,
    });
    const [before] = system.inspect(a.ref, ['memory']) ?? [];
    for (let i = 0; i < 1_000; i++) a.ref.send(i);
    const [after] = system.inspect(a.ref, ['memory']) ?? [];
    expect(Number(after)).toBeGreaterThan(Number(before) + 16_000);
    system.resume(a.ref);
  });

  it('PF-09 reductions only grow, with every message handled', async () => {
    const system = testSystem();
    const echo = system.start(defineEcho());
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      await echo.call('say', i);
      seen.push(...(system.inspect(echo, ['reductions']) ?? []));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('PF-12 processes lists the living: one that was just spawned, none that has ended', async () => {
    const system = testSystem();
    const kept = await idler(system);
    const fresh = system.spawn((self) => self.receive());
    expect(system.processes().sort()).toEqual([kept.ref.pid, fresh.pid].sort());
    system.exit(fresh, 'kill');
    expect(system.processes()).toEqual([kept.ref.pid]);
  });
});

describe('the watchdog', () => {
  it('PF-10 a long queue is one event, its recovery another, and nothing in between', async () => {
    const system = testSystem();
    const events: WatchdogEvent[] = [];
    const echo = system.start(defineEcho(), { name: 'echo' });
    const stop = system.watchdog({ queue: { long: 10, short: 3 } }, (event) => events.push(event));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 25; i++) echo.cast('note');
      await settle();
    }
    const event = (kind: string, queued: number) => ({ kind, queued, pid: echo.pid, name: 'echo' });
    expect(events).toEqual(
      [event('queue-long', 10), event('queue-short', 3), event('queue-long', 10), event('queue-short', 3)],
    );
    stop();
    for (let i = 0; i < 25; i++) echo.cast('note');
    await settle();
    expect(events).toHaveLength(4);
  });

  it('PF-10 short must be below long, and other nonsense is refused', () => {
    const system = testSystem();
    const ignore = (): void => undefined;
    expect(() => system.watchdog({ queue: { long: 3, short: 3 } }, ignore)).toThrow(
      'watchdog.queue.short: got 3, expected a length below long, which is 3',
    );
    expect(() => system.watchdog({ handlerMs: 0 }, ignore)).toThrow(OptionError);
    expect(() => system.watchdog({ queues: 1 } as never, ignore)).toThrow(OptionError);
    expect(() => system.watchdog({}, 1 as never)).toThrow(OptionError);
  });

  it('PF-11 a handler that holds the thread for too long is reported with pid and operation, a quick one is not', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const events: WatchdogEvent[] = [];
    const Slow = defineAgent({
      name: 'Slow', init: () => ({}), casts: { think(self, ms: number) { env.now += ms; } },
    });
    const slow = system.start(Slow);
    const stop = system.watchdog({ handlerMs: 20 }, (event) => events.push(event));
    for (const ms of [5, 19, 20, 50]) slow.cast('think', ms);
    await env.settle();
    expect(events).toEqual([20, 50].map(
      (ms) => ({ kind: 'handler-long', pid: slow.pid, name: undefined, behaviour: 'Slow', op: 'think', ms }),
    ));
    stop();
    slow.cast('think', 100);
    await env.settle();
    expect(events).toHaveLength(2);
  });
});
