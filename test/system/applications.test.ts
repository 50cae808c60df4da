import { describe, expect, test } from 'vitest';
import { child, defineAgent, SupervisorRef, type Pid, type System } from '../../src/index.js';
import type { Application } from '../../src/supervisor/application/public.js';
import {
  ApplicationError, defineApplication, type ApplicationSpec, type ApplicationType,
} from '../../src/supervisor/application/public.js';
import { Recorder, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { Gate, rejection, settled } from '../supervisor/wait.js';

const boom = new Error('boom');

/** Applications that write down what happens to them; each has one worker of its own name. */
function apps() {
  const log: string[] = [];
  const Worker = defineAgent({
    trapExit: true, init: (name: string) => { log.push(`+${name}`); return name; },
    casts: { end: (self, reason: unknown) => self.stop(reason) },
    terminate(self) { log.push(`-${self.state}`); },
  });
  const app = (name: string, options: Partial<ApplicationSpec<string>> = {}): Application =>
    defineApplication<string>({
      name,
      start: () => ({ supervisor: { intensity: 0, children: [child(name, Worker, name)] }, state: name }),
      prepStop: (state) => { log.push(`prep ${state}`); },
      stop: (state) => { log.push(`stop ${state}`); },
      ...options,
    });
  return { app, Worker, take: (): string[] => log.splice(0), log };
}

const names = (system: System): string[] => system.applications.running().map((one) => one.name);

describe('applications', () => {
  test('AP-01 a dependency that does not run fails the start, and nothing is started', async () => {
    const system = testSystem();
    const { app, take } = apps();
    const db = app('db');
    const web = app('web', { dependsOn: [db] });
    const error = await rejection(system.applications.start(web));
    expect(error).toBeInstanceOf(ApplicationError);
    expect(error).toMatchObject({ code: 'NOT_STARTED', application: 'web', dependency: 'db' });
    expect(take()).toEqual([]);
    expect(system.processes()).toEqual([]);
    await system.applications.start(db);
    await system.applications.start(web);
    expect(names(system)).toEqual(['db', 'web']);
    expect(await rejection(system.applications.start(web))).toMatchObject({ code: 'ALREADY_STARTED' });
    expect(await rejection(system.applications.start('unheard-of'))).toMatchObject({ code: 'NOT_LOADED' });
  });

  test('AP-02 ensureAllStarted starts dependencies first and tells what it started; what runs is left out', async () => {
    const system = testSystem();
    const { app, take } = apps();
    const a = app('a');
    const b = app('b', { dependsOn: [a] });
    const c = app('c', { dependsOn: ['a'] });
    const d = app('d', { dependsOn: [b, c] });
    await system.applications.start(a);
    take();
    system.applications.load(c);
    expect(await system.applications.ensureAllStarted(d)).toEqual(['b', 'c', 'd']);
    expect(take()).toEqual(['+b', '+c', '+d']);
    expect(await system.applications.ensureAllStarted([d, 'a'])).toEqual([]);
    const x = app('x', { dependsOn: ['y'] });
    system.applications.load(app('y', { dependsOn: [x] }));
    expect(await rejection(system.applications.ensureAllStarted(x)))
      .toMatchObject({ code: 'DEPENDENCY_CYCLE' });
  });

  for (const mode of ['serial', 'concurrent'] as const) {
    test(`AP-03 when one fails, exactly what was started is stopped again, in reverse (${mode})`, async () => {
      const system = testSystem();
      const { app, take } = apps();
      const before = app('before');
      const one = app('one', { dependsOn: [before] });
      const two = app('two', { dependsOn: [one] });
      const bad = app('bad', { dependsOn: [two], start: () => { throw boom; } });
      const last = app('last', { dependsOn: [bad] });
      await system.applications.start(before);
      take();
      expect(await rejection(system.applications.ensureAllStarted(last, { mode }))).toMatchObject(
        { code: 'START_FAILED', application: 'bad' },
      );
      expect(take()).toEqual(['+one', '+two', 'prep two', '-two', 'stop two', 'prep one', '-one', 'stop one']);
      expect(names(system)).toEqual(['before']);
    });

    test(`AP-04 ${mode === 'concurrent'
      ? 'independent ones start at once'
      : 'one after another'} (${mode})`, async () => {
      const system = testSystem();
      const begun: string[] = [];
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => { open = resolve; });
      const slow = (name: string): Application =>
        defineApplication({
          name, start: async () => { begun.push(name); await gate; return { children: [] }; },
        });
      const leaves = [slow('a'), slow('b'), slow('c')];
      const top = defineApplication(
        { name: 'top', dependsOn: leaves, start: () => { begun.push('top'); return { children: [] }; } },
      );
      const starting = system.applications.ensureAllStarted(top, { mode });
      await settled();
      expect(begun).toEqual(mode === 'concurrent' ? ['a', 'b', 'c'] : ['a']);
      open();
      expect((await starting).at(-1)).toBe('top');
      expect(begun).toEqual(['a', 'b', 'c', 'top']);
    });
  }

  test('AP-05 optional dependencies: started when loaded, left out when not; their failure is a failure', async () => {
    const system = testSystem();
    const { app, take } = apps();
    const web = app('web', { optional: ['metrics'] });
    expect(await system.applications.ensureAllStarted(web)).toEqual(['web']);
    await system.applications.stop(web);
    take();
    system.applications.load(app('metrics'));
    expect(await system.applications.ensureAllStarted(web)).toEqual(['metrics', 'web']);
    const bad = app('bad', { start: () => { throw boom; } });
    expect(await rejection(system.applications.ensureAllStarted(app('other', { optional: [bad] }))))
      .toMatchObject(
        { application: 'bad' },
      );
    await system.applications.start(app('third', { optional: ['bad'] }));
    expect(names(system)).toEqual(['metrics', 'web', 'third']);
  });

  const ends: [ApplicationType, string, unknown, boolean][] = [
    ['permanent', 'its tree gave up', 'boom', true], [
      'transient', 'its tree gave up: shutdown is abnormal', 'boom', true,
    ], ['temporary', 'its tree gave up', 'boom', false],
    [
      'permanent', 'normal', 'normal', true,
    ], ['transient', 'normal', 'normal', false], ['temporary', 'normal', 'normal', false],
  ];
  for (const [type, what, reason, stops] of ends) {
    test(`AP-06 ${type}, ${what}: the system ${stops ? 'stops' : 'goes on, and it is reported'}`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const { app, Worker, take } = apps();
      await system.applications.start(app('other'));
      await system.applications.start(app('one'), { type });
      take();
      if (reason === 'normal') await system.ref(SupervisorRef, system.tree()
        .flatMap((node) => node.children).find(
          (node) => node.children[0]?.name === 'one'
        )?.pid as string).stop('normal');
      else system.ref(Worker, 'one').cast('end', reason);
      for (let n = 0; n < 3; n++) await settled();
      expect(logger.lines.find((line) => line.text === 'application exited')?.fields).toMatchObject(
        { application: 'one', type, reason: reason === 'normal' ? 'normal' : 'shutdown' },
      );
      expect(take().slice(0, 2), 'its stop callback has run, prepStop has not').toEqual(['-one', 'stop one']);
      expect(system.processes().length === 0).toBe(stops);
      if (!stops) expect(names(system)).toEqual(['other']);
    });
  }

  test('AP-07 stop: prepStop, the tree in reverse order, the stop callback, then every process that is left is killed', async () => {
    const system = testSystem();
    const { take, Worker, log } = apps();
    const left: string[] = [];
    const Spawner = defineAgent({ trapExit: true, init() { left.push(this.spawn(
      (self) => { self.trapExit(true); return self.receive((message) => message === 'never'); },
      { link: false },
    ).pid); return {}; } });
    const one = defineApplication<string>({
      name: 'one',
      start: ({ self }) => {
        left.push(self.spawn((inner) => inner.receive(), { link: false }).pid);
        return {
          supervisor: { children: [child('a', Worker, 'a'), child('s', Spawner), child('b', Worker, 'b')] },
          state: 'first',
        };
      },
      prepStop: (state) => { log.push(`prep ${state}`); return 'second'; },
      stop: (state) => { log.push(`stop ${state} ${left.filter((pid) => system.alive(pid)).length} left`); },
    });
    await system.applications.start(one);
    take();
    await system.applications.stop('one');
    expect(take()).toEqual(['prep first', '-b', '-a', 'stop second 2 left']);
    expect(left.map((pid) => system.alive(pid))).toEqual([false, false]);
    expect(system.processes()).toEqual([]);
  });

  test('AP-07 a callback that throws at the stop is logged and holds nothing up', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { app, take } = apps();
    await system.applications.start(
      app('one', { prepStop: () => { throw boom; }, stop: () => Promise.reject(boom) }),
    );
    await system.applications.stop('one');
    expect(take()).toEqual(['+one', '-one']);
    expect(logger.texts('warn'))
      .toEqual(['prepStop of an application failed', 'stop of an application failed']);
  });

  test('AP-08 an explicit stop touches no other application, whatever their types', async () => {
    const system = testSystem();
    const { app, take } = apps();
    const db = app('db');
    await system.applications.ensureAllStarted([app('web', { dependsOn: [db] }), app('other')], {
      type: 'permanent',
    });
    take();
    await system.applications.stop(db);
    await settled();
    expect(take()).toEqual(['prep db', '-db', 'stop db']);
    expect(system.applications.running()).toEqual(
      [{ name: 'web', type: 'permanent' }, { name: 'other', type: 'permanent' }],
    );
    expect(await rejection(system.applications.stop('db'))).toMatchObject({ code: 'NOT_STARTED' });
  });

  test('AP-12 the system stops applications in reverse start order, between other trees as they were started', async () => {
    const system = testSystem();
    const { app, take, Worker } = apps();
    await system.applications.start(app('a'));
    await system.supervise({ children: [child('tree', Worker, 'tree')] });
    await system.applications.start(app('b'), { type: 'permanent' });
    take();
    await system.stop();
    expect(take()).toEqual(['prep b', '-b', 'stop b', '-tree', 'prep a', '-a', 'stop a']);
    expect(await rejection(system.applications.start(app('c')))).toMatchObject({ code: 'SYSTEM_STOPPED' });
  });

  test('AP-12 one time limit for all; a stop callback that never ends cannot hold up the system', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { app } = apps();
    await system.applications.start(app('a'));
    await system.applications.start(app('stuck', { stop: () => new Promise(() => undefined) }));
    const stopping = system.stop({ timeoutMs: 500 });
    await env.advance(499);
    expect(system.processes().length).toBeGreaterThan(0);
    await env.advance(2);
    await env.settle();
    expect((await stopping).killed).toBeGreaterThan(0);
    expect(system.processes()).toEqual([]);
  });

  test('AP-12 a process that ends may ask and command the controller without waiting for itself', async () => {
    const system = testSystem();
    const { app } = apps();
    const answers: unknown[] = [];
    const code = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(() => 'done', (error: ApplicationError) => error.code);
    const Asker = defineAgent({
      trapExit: true,
      async terminate() {
        answers.push(
          system.applications.running().map((one) => one.name),
          system.applications.env('asker').get('k'),
        );
        answers.push(
          await code(system.applications.stop('asker')),
          await code(system.applications.start('other')),
        );
      },
    });
    const asker = (): Application =>
      defineApplication({ name: 'asker', env: { k: 1 }, start: () => ({ children: [child('ask', Asker)] }) });
    system.applications.load(app('other'));
    await system.applications.start(asker());
    await system.applications.stop('asker');
    expect(answers.splice(0)).toEqual([[], 1, 'NOT_STARTED', 'done']);
    await system.applications.start(asker());
    await system.stop();
    expect(answers).toEqual([['other', 'asker'], 1, 'SYSTEM_STOPPED', 'SYSTEM_STOPPED']);
  });

  test('AP-13 a start that throws, returns nonsense or whose tree fails: the error names the callback, and nothing is left', async () => {
    const system = testSystem();
    const { app, Worker } = apps();
    const Bad = defineAgent({ init: () => { throw boom; } });
    const cases: [Partial<ApplicationSpec<string>>, object][] = [
      [{ start: () => { throw boom; } }, { application: 'one', callback: 'start', crashed: boom }],
      [{ start: () => Promise.reject(boom) }, { application: 'one', callback: 'start', crashed: boom }],
      [{ start: (() => 'nonsense') as never }, {
        application: 'one', callback: 'start', badReturn: 'nonsense',
      }],
      [{ start: (() => undefined) as never }, {
        application: 'one', callback: 'start', badReturn: 'undefined',
      }],
      [{ start: ({ self }) => {
        self.spawn((inner) => inner.receive(), { link: false });
        return { children: [child('w', Worker, 'w'), child('bad', Bad)] };
      } }, { shutdown: { failedToStartChild: 'bad', reason: boom } }],
    ];
    for (const [options, reason] of cases) {
      const error = await rejection(system.applications.start(app('one', options)));
      expect(error).toMatchObject({ code: 'START_FAILED', application: 'one', reason });
      expect(system.processes()).toEqual([]);
      expect(names(system)).toEqual([]);
      system.applications.unload('one');
    }
    expect(system.applications.loaded()).toEqual([]);
    await system.applications.start(app('one'));
    expect(() => system.applications.unload('one')).toThrow(/stop it first/);
    expect(() => system.applications.unload('two')).toThrow(/not loaded/);
  });

  test.each(
    [['killed', 'kill', 'killed'], ['told to shut down', 'shutdown', 'shutdown']],
  )('AP-13 an application that is %s while its start callback waits: its tree never starts, and no rejection is unheard', async (
    _, end, reason,
  ) => {
    const system = testSystem();
    const gate = new Gate();
    const begun: string[] = [];
    const Later = defineAgent({ init: async () => { begun.push('init'); await gate.promise; return {}; } });
    const starting = rejection(system.applications.start(defineApplication({
      name: 'late',
      async start() { await gate.promise; return { children: [child('late', Later)] }; },
    })));
    await settled();
    if (end === 'kill') system.exit(system.processes()[0] as Pid, 'kill');
    else void system.stop();
    await settled();
    gate.open();
    expect(await starting).toMatchObject({ code: 'START_FAILED', reason });
    await settled();
    expect(begun).toEqual([]);
  });

  test('a start that is going on is joined; its env is its own; bad definitions and options are refused', async () => {
    const system = testSystem();
    const { app, take } = apps();
    const one = app('one', {
      env: { a: 1 },
      start: async ({ env }) => {
        await Promise.resolve();
        env.set('b', env.get('a'));
        return { children: [] };
      },
    });
    await Promise.all([system.applications.start(one), system.applications.start(one)]);
    expect(names(system)).toEqual(['one']);
    const env = system.applications.env(one);
    expect([env.get('b'), env.get('c', 'fallback')]).toEqual([1, 'fallback']);
    env.unset('b');
    expect(env.get('b')).toBeUndefined();
    for (const bad of [
      {}, { name: 'x' }, { name: 'x', start: 1 }, { name: 'two words', start: () => undefined },
      { name: 'x', start: () => undefined, dependsOn: [1] }, { name: 'x', start: () => undefined, extra: 1 },
    ]) {
      expect(() => defineApplication(bad as never)).toThrow(/defineApplication/);
    }
    expect(() => system.applications.load({} as never)).toThrow(/defineApplication/);
    expect(() => system.applications.env(1 as never)).toThrow(/an application or its name/);
    expect(await rejection(system.applications.start(one, { type: 'forever' as never }))).toMatchObject(
      { code: 'BAD_OPTION' },
    );
    expect(await rejection(system.applications.ensureAllStarted(one, { mode: 'x' as never }))).toMatchObject(
      { code: 'BAD_OPTION' },
    );
    take();
  });
});
