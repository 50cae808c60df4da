import { simpleSupervisor } from '../../src/supervisor/dynamic/handle.js';
import { template } from '../../src/supervisor/dynamic/spec.js';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  child, createSystem, defineAgent, dynamicSupervisor, GiveUpError, supervisor, taskSupervisor,
  type
  System,
} from '../../src/index.js';
import { defineApplication } from '../../src/supervisor/application/public.js';
import { pool, poolOf } from '../../src/delivery/group/public.js';
import { partitionSupervisor, type OnGiveUp } from '../../src/supervisor/public.js';
import { expectConserved, Recorder, testSystem } from '../support/system.js';
import { program } from './program.js';

const boom = new Error('boom');
const Fragile = defineAgent({
  init: () => ({}),
  calls: { ask() { throw boom; }, ping: () => 'pong' },
  casts: { crash() { throw boom; } },
});
const turns = async (): Promise<void> => { for (let n = 0; n < 10; n++) await new Promise(setImmediate); };
const rejected = (promise: Promise<unknown>): Promise<unknown> => promise.then(
  () => 'resolved', (error: unknown) => error,
);

describe('a supervisor of the system that gives up', () => {
  test('SU-24 a worker that throws and its caller that lets it out: four restarts in 5,000 ms are needed to end the tree', async () => {
    const system = testSystem();
    const Caller = defineAgent({ casts: { go: (self) => self.call(system.ref(Fragile, 'worker'), 'ask') } });
    await system.supervise({ children: [child('worker', Fragile), child('caller', Caller)] });
    system.ref(Caller, 'caller').cast('go');
    await turns();
    expect(system.stats().restarts, 'both have crashed, one after the other').toBe(2);
    expect(await system.ref(Fragile, 'worker').call('ping')).toBe('pong');
    system.ref(Caller, 'caller').cast('go');
    expect(await rejected(system.done))
      .toMatchObject({ code: 'GAVE_UP', intensity: 3, periodMs: 5_000, restarts: 4 });
  });

  test('stops the system, and done rejects with limit, count and causes when all has ended', async () => {
    const system = testSystem();
    const events: string[] = [];
    const Other = defineAgent({
      trapExit: true, terminate(_self, reason) { events.push(`other ${String(reason)}`); },
    });
    await system.supervise({ children: [child('other', Other)] });
    await system.supervise({ intensity: 1, periodMs: 100, name: 'top', children: [child('a', Fragile)] });
    const end = rejected(system.done).then((error) => {
      events.push('done');
      return error as GiveUpError;
    });
    for (let n = 0; n < 2; n++) system.ref(Fragile, 'a').cast('crash');
    await turns();
    system.ref(Fragile, 'a').cast('crash');
    const error = await end;
    expect(error).toBeInstanceOf(GiveUpError);
    expect(error).toMatchObject({
      supervisor: 'top', reason: 'reached_max_restart_intensity', intensity: 1, periodMs: 100,
      restarts: 2, cause: boom,
    });
    expect(error.causes).toEqual([{ id: 'a', reason: boom }, { id: 'a', reason: boom }]);
    expect(error.message).toBe(
      'supervisor top gave up: 2 restarts within 100 ms, where its intensity allows 1; the latest: a: Error: boom (2 times)',
    );
    expect(events).toEqual(['other shutdown', 'done']);
    expect(system.stats().processes).toBe(0);
    expect(await system.stop(), 'the stop that was begun').toMatchObject({ killed: 0 });
    expectConserved(system.stats());
  });

  const kinds: Readonly<Record<string, (system: System, onGiveUp: OnGiveUp) => Promise<unknown>>> = {
    static: (system, onGiveUp) =>
      system.supervise({ intensity: 0, children: [child('f', Fragile)] }, { onGiveUp }),
    'a spec function': (system, onGiveUp) => system.supervise(
      () => ({ intensity: 0, children: [child('f', Fragile)] }), { onGiveUp },
    ),
    'a specification': (system, onGiveUp) => system.supervise(
      supervisor('s', { intensity: 0, children: [child('f', Fragile)] }), { onGiveUp },
    ),
    dynamic: async (system, onGiveUp) => {
      const sup = await system.supervise(dynamicSupervisor('dynamic', { intensity: 0 }), { onGiveUp });
      return sup.startChild(child('f', Fragile, { name: 'f' }));
    },
    simple: async (system, onGiveUp) =>
      (await system.supervise(
        simpleSupervisor('simple', template(Fragile, [], { name: 'f' }), { intensity: 0 }), { onGiveUp }
      )).startChild(),
    partitions: (system, onGiveUp) => system.supervise(partitionSupervisor(
      'partitions', { name: 'p', intensity: 0, partitions: 1, child: child('f', Fragile, { name: 'f' }) }
    ), { onGiveUp }),
    tasks: async (system, onGiveUp) => {
      const tasks = await system.supervise(taskSupervisor('tasks', { intensity: 0 }), { onGiveUp });
      return tasks.startChild(() => { throw boom; }, [], { restart: 'permanent' });
    },
    pool: (system, onGiveUp) =>
      system.supervise(pool('f', Fragile, { min: 1, max: 1, intensity: 0 }), { onGiveUp }),
  };

  test.each(
    Object.keys(kinds),
  )('%s: stop is the default, a function hears of it and the system goes on, ignore leaves it at the report', async (
    kind,
  ) => {
    const start = kinds[kind] as (typeof kinds)[string];
    for (const policy of ['stop', 'function', 'ignore'] as const) {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const heard: GiveUpError[] = [];
      await start(system, policy === 'function' ? (error) => { heard.push(error); } : policy);
      if (system.whereis('p/0') !== undefined) system.exit('p/0', boom);
      else if (kind === 'pool') system.ref(poolOf(Fragile), 'f').cast('crash');
      else if (kind !== 'tasks') system.ref(Fragile, 'f').cast('crash');
      await turns();
      expect(
        logger.texts('error').filter((text) => text === 'supervisor gives up'), `${kind} reports`,
      ).toHaveLength(1);
      expect(heard.map(({ code }) => code)).toEqual(policy === 'function' ? ['GAVE_UP'] : []);
      if (policy === 'stop') expect(await rejected(system.done)).toBeInstanceOf(GiveUpError);
      else expect(await system.start(Fragile).call('ping'), 'the system goes on').toBe('pong');
      await system.stop();
      if (policy !== 'stop') expect(await system.done).toMatchObject({ killed: 0 });
    }
  });

  test('a function that fails, also later, stops the system with what it threw', async () => {
    for (const onGiveUp of [() => { throw boom; }, () => Promise.reject(boom)]) {
      const system = testSystem();
      await system.supervise({ intensity: 0, children: [child('f', Fragile)] }, { onGiveUp });
      system.ref(Fragile, 'f').cast('crash');
      expect(await rejected(system.done)).toBe(boom);
    }
  });

  test('a function may start the tree again: its names are free', async () => {
    const system = testSystem();
    const spec = { intensity: 0, name: 'top', children: [child('f', Fragile)] };
    const again = new Promise<unknown>((resolve) => {
      void system.supervise(spec, { onGiveUp: () => resolve(system.supervise(spec, { onGiveUp: 'ignore' })) });
    });
    system.ref(Fragile, 'f').cast('crash');
    await again;
    expect(await system.ref(Fragile, 'f').call('ping')).toBe('pong');
  });

  test('the cause of a nested one that gave up is why it did', async () => {
    const system = testSystem();
    await system.supervise({
      intensity: 0, children: [
        supervisor('inner', { intensity: 0, name: 'inner', children: [child('f', Fragile)] }),
      ],
    });
    system.ref(Fragile, 'f').cast('crash');
    const error = (await rejected(system.done)) as GiveUpError;
    expect(error.cause).toMatchObject({ code: 'GAVE_UP', supervisor: 'inner', cause: boom });
    expect(error.message).toContain('inner: GiveUpError: supervisor inner gave up: 1 restart within 5000 ms');
  });

  test('no give-up: a stop, a kill, an automatic shutdown, and a tree of a process', async () => {
    const system = testSystem();
    const stopped = await system.supervise({ children: [] });
    await stopped.stop();
    const killed = await system.supervise({ children: [] });
    system.exit(String(killed.pid), 'kill');
    const significant = child('s', Fragile, { restart: 'temporary', significant: true });
    await system.supervise({ autoShutdown: 'any_significant', children: [significant] });
    system.ref(Fragile, 's').cast('crash');
    const own = system.spawn(async (self) => {
      await self.supervise({ intensity: 0, children: [child('f', Fragile)] });
      await self.receive(() => false);
    });
    await turns();
    system.ref(Fragile, 'f').cast('crash');
    expect((await system.monitor(own).down).reason, 'the parent hears of its tree by the link')
      .toBe('shutdown');
    await turns();
    expect(await system.start(Fragile).call('ping')).toBe('pong');
    await system.stop();
    expect(await system.done).toMatchObject({ killed: 0 });
  });

  test('a stop that was asked for before it has ended is the end', async () => {
    const system = testSystem();
    const Slow = defineAgent(
      { trapExit: true, terminate: () => new Promise<void>((resolve) => { setTimeout(resolve, 20); }) },
    );
    await system.supervise({ intensity: 0, children: [child('f', Fragile), child('slow', Slow)] });
    system.ref(Fragile, 'f').cast('crash');
    await turns();
    await system.stop();
    expect(await system.done).toMatchObject({ killed: 0 });
  });

  test('a bad onGiveUp is refused, and a tree of a process has none', async () => {
    const system = testSystem();
    const bad = { onGiveUp: 'restart' as never };
    await expect(system.supervise({ children: [] }, bad)).rejects.toThrow(
      "onGiveUp: got 'restart', expected 'stop', 'ignore' or a function",
    );
    await expect(system.supervise(taskSupervisor('tasks'), { name: 'x' })).rejects.toThrow(/name/);
    const refused = new Promise<unknown>((resolve) => {
      system.spawn((self) => resolve(
        self.supervise({ children: [] }, { onGiveUp: 'ignore' } as never).catch((error: unknown) => error),
      ));
    });
    expect(await refused).toMatchObject({ code: 'UNKNOWN_OPTION' });
  });

  test('AP-06 done rejects when an application that must run has ended by itself', async () => {
    const system = testSystem();
    const App = defineApplication({
      name: 'app', start: () => ({ intensity: 0, children: [child('f', Fragile)] }),
    });
    await system.applications.start(App, { type: 'permanent' });
    system.ref(Fragile, 'f').cast('crash');
    expect(await rejected(system.done))
      .toMatchObject({ code: 'EXITED', application: 'app', reason: 'shutdown' });
  });
});

describe('the program of a system whose tree has gone', () => {
  beforeAll(async () => {
    expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
  }, 120_000);

  const fragile = (rest: string, options = ''): string => `
    const Fragile = defineAgent({ init: () => ({}), casts: { crash() { throw new Error('boom'); } } });
    const system = createSystem({ logger: false });
    setInterval(() => {}, 1_000);
    say('ready');
    await system.supervise({ intensity: 0, name: 'top', children: [child('f', Fragile)] } ${options});
    system.ref(Fragile, 'f').cast('crash');
    ${rest}
  `;

  test('ends with exit code 1 and says why when nobody looks at done', async () => {
    const ended = await program(fragile(''));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('GiveUpError: supervisor top gave up: 1 restart within 5000 ms');
    expect(ended.stderr).toContain('boom');
  });

  test('ends as it wants when it does', async () => {
    const ended = await program(
      fragile(`await system.done.catch((error) => { say(error.code); process.exit(7); });`),
    );
    expect(ended).toMatchObject({ code: 7, stderr: '' });
    expect(ended.stdout).toContain('GAVE_UP');
  });

  test('lives on with ignore', async () => {
    const ended = await program(fragile(`setTimeout(() => process.exit(3), 50);`, `, { onGiveUp: 'ignore' }`));
    expect(ended).toMatchObject({ code: 3, stderr: '' });
  });
});

test('a system that nobody stops leaves done open; a stop resolves it', async () => {
  const system = createSystem({ logger: false });
  const report = await Promise.all([system.done, system.stop()]);
  expect(report[0]).toBe(report[1]);
});
