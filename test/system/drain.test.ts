import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, dynamicSupervisor, supervisor, type StopReport, type SystemStopOptions,
} from '../../src/index.js';
import { defineApplication } from '../../src/supervisor/application/public.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { rejection } from '../supervisor/wait.js';
import { testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

/** A system on virtual time, agents whose callbacks take 50 ms, and a stop that tells how long it took. */
function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const log: string[] = [];
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => { env.timer(ms, resolve); });
  const Slow = defineAgent({
    name: 'slow',
    trapExit: true,
    async init(id: string, ms: number) { await sleep(ms); log.push(`+${id}`); return { id }; },
    casts: { async work(_self, ms: number) { await sleep(ms); log.push('worked'); } },
    terminate(self, reason) { log.push(`-${self.state.id} ${String(reason)}`); },
  });
  const stop = async (options: SystemStopOptions): Promise<{
    readonly ms: number; readonly report: StopReport;
  }> => {
    const began = env.now;
    let done: { readonly ms: number; readonly report: StopReport } | undefined;
    void system.stop(options).then((report) => { done = { ms: env.now - began, report }; });
    for (;;) {
      for (let turn = 0; turn < 4; turn++) await env.settle();
      if (done !== undefined) return done;
      await env.advance(1);
    }
  };
  return { env, system, log, sleep, Slow, stop };
}

type World = ReturnType<typeof world>;

/** Work of 50 ms that is under way when the drain begins. */
const UNDER_WAY: Readonly<Record<string, (world: World) => void>> = {
  'an async init': ({ system, Slow }) => void system.start(Slow, 'a', 50),
  'an async init that fails': ({ system, sleep }) =>
    void rejection(system.start(defineAgent({ async init() { await sleep(50); throw new Error('no'); } }))),
  'an async init that ignores': ({ system, sleep }) =>
    void rejection(system.start(defineAgent({ async init() { await sleep(50); return this.ignore(); } }))),
  'an async init of a machine': ({ system, sleep }) => void system.start(
    defineStatem({ async init() { await sleep(50); return { state: 'a', data: 1 }; }, states: { a: {} } }),
  ),
  'an async enter call': ({ system, sleep }) => void system.start(
    defineStatem({
      init: () => ({ state: 'a', data: 1 }), states: { a: { async enter() { await sleep(50); } } },
    }),
  ),
  'a tree with async children': ({ system, Slow }) => void system.supervise(
    { children: [child('a', Slow, 'a', 20), supervisor('sub', { children: [child('b', Slow, 'b', 30)] })] },
  ),
  'an application': ({ system, sleep, Slow }) => void system.applications.start(defineApplication(
    { name: 'app', async start() { await sleep(20); return { children: [child('a', Slow, 'a', 30)] }; } },
  )),
  'a program that starts one after the other': ({ system, Slow }) => void (async () => {
    await system.start(Slow, 'a', 20);
    await system.supervise({ children: [child('b', Slow, 'b', 30)] });
  })(),
  'a child that a running agent starts': ({ system, Slow }) =>
    system.start(defineAgent({ casts: { async go(self) { await self.start(Slow, 'a', 50); } } })).cast('go'),
  'a task': ({ system, sleep, log }) =>
    void system.task.async(async () => { await sleep(50); log.push('worked'); }),
  'a plain process before its receive': ({ system, sleep }) =>
    void system.spawn(async (self) => { await sleep(50); await self.receive(); }),
  'a concurrent handler': ({ system, sleep }) => system.start(
    defineAgent({ init: () => ({}), casts: { go: { concurrent: true, handle: () => sleep(50) } } }),
  ).cast('go'),
  'a stream': ({ system, sleep }) => {
    const a = system.start(defineAgent({ calls: { async *items() { await sleep(50); yield 1; } } }));
    void (async () => { for await (const one of a.stream('items')) void one; })();
  },
  'an async terminate': ({ system, sleep }) => {
    const a = system.start(defineAgent({ trapExit: true, async terminate() { await sleep(50); } }));
    void a.stop();
  },
};

describe('P15 a drain waits for what runs asynchronously, and no longer', () => {
  for (const [what, begin] of Object.entries(UNDER_WAY)) {
    for (const turns of [0, 3]) {
      test(`P15 ${what}, ${turns === 0 ? 'begun in the same turn' : 'begun before'}`, async () => {
        const made = world();
        begin(made);
        if (turns > 0) await made.env.advance(5);
        const { ms, report } = await made.stop({ drain: true, timeoutMs: 3_000 });
        expect({ ms, report }).toEqual(
          { ms: turns === 0 ? 50 : 45, report: { drained: true, killed: 0, deadLettered: 0 } },
        );
      });
    }
  }

  test('what waits for a message is not waited for: receive, also with a time limit, and hibernate', async () => {
    const { env, system, stop } = world();
    system.spawn((self) => self.receive());
    system.spawn((self) => self.receive(undefined, { timeoutMs: 1_000 }));
    system.spawn((self) => self.receiveBatch());
    system.spawn((self) => self.hibernate());
    await env.settle();
    expect(await stop({ drain: true, timeoutMs: 3_000 })).toMatchObject({ ms: 0, report: { drained: true } });
  });

  test('a plain process that stops the system is not waited for', async () => {
    const { env, system } = world();
    const began = env.now;
    system.spawn(async () => { await system.stop({ drain: true }); });
    await env.advance(1);
    expect(await system.stop()).toMatchObject({ drained: true, killed: 0 });
    expect(env.now - began).toBe(1);
  });

  test('init that stops the system is not waited for', async () => {
    const { env, system } = world();
    const started = rejection(
      Promise.resolve(system.start(
        defineAgent({ async init() { await system.stop({ drain: true }); return {}; } }),
      )),
    );
    await env.advance(1);
    expect(await system.stop()).toMatchObject({ drained: true, killed: 0 });
    expect(await started).toMatchObject({ reason: 'shutdown' });
  });
});

describe('P15 a stop while trees are starting', () => {
  test('SU-04 it starts no further child, and ends those that run, newest first', async () => {
    const { env, system, log, Slow, stop } = world();
    const starting =
      rejection(system.supervise({ children: ['a', 'b', 'c', 'd'].map((id) => child(id, Slow, id, 20)) }));
    await env.advance(45);
    const { ms, report } = await stop({ timeoutMs: 3_000 });
    expect(log).toEqual(['+a', '+b', '+c', '-c shutdown', '-b shutdown', '-a shutdown']);
    expect({ ms, report }).toEqual({ ms: 15, report: { drained: true, killed: 0, deadLettered: 0 } });
    expect(await starting).toMatchObject({ reason: 'shutdown' });
  });

  for (const where of [
    'a static supervisor', 'a nested one', 'a dynamic one', 'an application', 'a restart',
  ] as const) {
    test(`a child of ${where} that does not trap and hangs in its init ends at once`, async () => {
      const { env, system, stop } = world();
      let hang = where !== 'a restart';
      const Hang = defineAgent({
        init: (): object | Promise<object> => (hang ? new Promise(() => undefined) : {}),
        casts: { crash() { hang = true; throw new Error('boom'); } },
      });
      const spec = { children: [child('h', Hang)] };
      if (where === 'a static supervisor') void rejection(system.supervise(spec));
      else if (where === 'a nested one') void rejection(
        system.supervise({ children: [supervisor('sub', spec)] }),
      );
      else if (
        where === 'a dynamic one'
      ) void (await system.supervise(dynamicSupervisor('dynamic'))).startChild(child('h', Hang));
      else if (where === 'an application') void system.applications.start(
        defineApplication({ name: 'app', start: () => spec }),
      );
      else { await system.supervise(spec); system.ref(Hang, 'h').cast('crash'); }
      await env.advance(5);
      expect(await stop({ timeoutMs: 3_000 })).toMatchObject({ ms: 0, report: { killed: 0 } });
      expect(system.stats()).toMatchObject({ restarts: where === 'a restart' ? 1 : 0 });
    });
  }

  test('what is started while it stops has an orderly end as well, and later nothing starts', async () => {
    const { env, system, log, Slow, stop } = world();
    const late: unknown[] = [];
    const first = system.start(
      defineAgent({
        trapExit: true,
        terminate: () => new Promise<void>((resolve) => { env.timer(20, resolve); }),
      }),
    );
    const down = system.monitor(first).down;
    env.timer(
      10,
      () => { void system.supervise({ children: [child('late', Slow, 'late', 5)] })
        .then((ref) => late.push(ref)); },
    );
    void down.then(() => env.timer(1, () => { try {
      late.push(system.start(Slow, 'too late', 0));
    } catch (error) { late.push((error as { code: string }).code); } }));
    expect((await stop({ timeoutMs: 3_000 })).report).toEqual({ drained: true, killed: 0, deadLettered: 0 });
    await env.advance(5);
    expect(log).toEqual(['+late', '-late shutdown']);
    expect(late.slice(1)).toEqual(['SYSTEM_STOPPED']);
  });

  test('a tree that was started during the drain is stopped as a tree', async () => {
    const { env, system, log, Slow, stop } = world();
    const Boss = defineAgent({ casts: {
      async grow() {
        await system.supervise({ children: [child('a', Slow, 'a', 5), child('b', Slow, 'b', 5)] });
      },
    } });
    system.start(Boss).cast('grow');
    await env.settle();
    expect((await stop({ drain: true, timeoutMs: 3_000 })).report).toMatchObject({ drained: true, killed: 0 });
    expect(log).toEqual(['+a', '+b', '-b shutdown', '-a shutdown']);
  });

  test('a request for a child that arrives while its supervisor stops fails with the end of it, and leaves nothing', async () => {
    const { env, system, log, sleep, Slow, stop } = world();
    const Stuck = defineAgent({ trapExit: true, terminate: () => sleep(20) });
    const sup = await system.supervise(dynamicSupervisor('dynamic'));
    const top = await system.supervise({ children: [child('s', Stuck), dynamicSupervisor('more', {})] });
    await sup.startChild(child('s', Stuck));
    const asked: Promise<unknown>[] = [];
    env.timer(5, () => {
      asked.push(sup.startChild(child('x', Slow, 'x', 1)), rejection(top.startChild(child('y', Slow, 'y', 1))));
    });
    expect((await stop({ timeoutMs: 3_000 })).report).toMatchObject({ killed: 0 });
    const [started, refused] = await Promise.all(asked);
    expect(started, 'that supervisor had not been told to stop yet').not.toBeInstanceOf(Error);
    expect(refused).toMatchObject({ code: 'EXIT', reason: 'shutdown' });
    expect(log).toEqual(['+x', '-x shutdown']);
  });
});
