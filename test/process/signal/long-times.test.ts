import { describe, expect, test } from 'vitest';
import { child, defineAgent, type System } from '../../../src/index.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** Longer than Node's timers can wait: 2^31 ms are 24.8 days. */
const DAYS_30 = 30 * 86_400_000;

const Stuck = defineAgent({
  name: 'stuck',
  trapExit: true,
  calls: {
    hang: () => new Promise<number>(() => undefined),
    async *items() { await new Promise(() => undefined); yield 1; },
  },
  casts: { hang: () => new Promise<void>(() => undefined), note: () => undefined },
  terminate: () => new Promise<void>(() => undefined),
});
const Plain = defineAgent({
  name: 'plain', casts: { arm(self, ms: number) { self.timeout(ms); } },
  calls: { hang: () => new Promise<number>(() => undefined) }, info: () => undefined,
});

interface World {
  readonly system: System;
  readonly env: VirtualEnv;
  /** an agent whose handler never ends */
  stuck(): ReturnType<typeof startStuck>;
}

function startStuck(system: System) {
  const made = system.start(Stuck, { mailbox: { capacity: 1, overflow: 'suspend' } });
  made.cast('hang');
  return made;
}

/** Each begins something that has to take 30 days, and tells when it is over. */
const LONG: Readonly<Record<string, (world: World) => PromiseLike<unknown>>> = {
  'ref.stop': ({ stuck }) => stuck().stop('normal', { timeoutMs: DAYS_30 }),
  'stop of a plain process': async ({ system }) => {
    const p = system.spawn(async (self) => { self.trapExit(true); await new Promise(() => undefined); });
    await settleTurn();
    await p.stop('x', { timeoutMs: DAYS_30 });
  },
  'system.stop': ({ system, stuck }) => { stuck(); return system.stop({ timeoutMs: DAYS_30 }); },
  'the drain of system.stop': ({ system }) => {
    void system.start(Plain).tryCall('hang', undefined, { timeoutMs: 'infinity' });
    return system.stop({ drain: true, timeoutMs: DAYS_30 / 0.8 }).then(
      ({ drained }) => { expect(drained).toBe(false); },
    );
  },
  'shutdown of a child': async ({ system }) =>
    (await system.supervise({ children: [child('s', Stuck, { shutdown: DAYS_30 })] })).terminateChild('s'),
  call: ({ system }) => system.start(Stuck).call('hang', undefined, { timeoutMs: DAYS_30 }),
  put: ({ stuck }) => { const ref =
    stuck(); ref.cast('note'); setImmediate(() => ref.cast('note')); return new Promise(
    (resolve) => setImmediate(resolve),
  ).then(() => ref.put('note', undefined, { timeoutMs: DAYS_30 })); },
  'the first item of a stream': ({ system }) =>
    system.start(Stuck).stream('items', undefined, { timeoutMs: DAYS_30 }).next(),
  init: ({ system }) => Promise.resolve(
    system.start(defineAgent({ init: () => new Promise<object>(() => undefined) }), { timeoutMs: DAYS_30 }),
  ),
  receive: ({ system }) => new Promise(
    (resolve) => {
      system.spawn(async (self) => resolve(await self.receive(undefined, { timeoutMs: DAYS_30 })));
    },
  ),
  'an idle timeout': ({ system }) => new Promise(
    (resolve) => {
      system.start(defineAgent({ init() { this.timeout(DAYS_30); return {}; }, info: resolve }));
    },
  ),
  sendAfter: ({ system }) => new Promise(
    (resolve) => { system.spawn(async (self) => {
      self.sendAfter(DAYS_30, 'x');
      resolve(await self.receive());
    }); },
  ),
  sendInterval: ({ system }) => new Promise((resolve) => {
    const p = system.spawn(async (self) => resolve(await self.receive()));
    system.timers.sendInterval(DAYS_30, 'x', p);
  }),
  applyAfter: ({ system }) => new Promise((resolve) => { system.timers.applyAfter(DAYS_30, resolve); }),
  'a state timeout': ({ system }) => new Promise((resolve) => { system.start(defineStatem({
    init: () => ({ state: 'a', data: 1 }),
    states: { a: { enter: (self) => self.keep().stateTimeout(DAYS_30), stateTimeout: resolve } },
  })); }),
  'task.await': ({ system }) =>
    system.task.await(system.task.async(() => new Promise(() => undefined)), { timeoutMs: DAYS_30 }),
  'task.shutdown': async ({ system }) => {
    const task = system.task.async(async (self) => {
      self.trapExit(true);
      await new Promise(() => undefined);
    });
    await settleTurn();
    await system.task.shutdown(task, DAYS_30);
  },
  'an element of a task stream': ({ system }) => (async () => { for await (const one of system.task.stream(
    [1], () => new Promise(() => undefined), { timeoutMs: DAYS_30 },
  )) return one; return undefined; })(),
  'a turn of a limit': ({ system }) => {
    const limit = system.limit('l', { concurrency: 1 });
    void limit.run(() => new Promise(() => undefined)).catch(() => undefined);
    return limit.run(() => Promise.resolve(1), { timeoutMs: DAYS_30 });
  },
  'a checkout': async ({ system }) => {
    await system.supervise({ children: [pool('p', Plain, { min: 1, max: 1 })] });
    const workers = system.ref(poolOf(Plain), 'p');
    await workers.checkout();
    return workers.checkout({ timeoutMs: DAYS_30 });
  },
  'an acknowledgement': async ({ system }) => (await system.start(Plain).deliver(
    'hang', undefined, { ackTimeoutMs: DAYS_30, expiresInMs: 2 * DAYS_30, attemptsMax: 1 },
  )).settled,
  'a delivery that expires': async ({ system }) =>
    (await system.ref(Plain, 'nobody').deliver('arm', 1, { expiresInMs: DAYS_30 })).settled,
};

describe('P32 a time beyond the reach of Node\'s timers is kept', () => {
  for (const [what, begin] of Object.entries(LONG)) {
    test(`P32 ${what}`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const began = env.now;
      let over = -1;
      const done = (): void => { over = env.now - began; };
      void begin({ system, env, stuck: () => startStuck(system) }).then(done, done);
      await env.advance(DAYS_30 - 50);
      expect(over, 'too early').toBe(-1);
      await env.advance(100);
      expect(over).toBeGreaterThanOrEqual(DAYS_30);
      void system.stop({ timeoutMs: 100 });
      for (let step = 0; step < 20; step++) await env.advance(50);
    });
  }
});
