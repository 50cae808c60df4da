import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { child, defineAgent, retry, type System } from '../../../src/index.js';
import { defineApplication } from '../../../src/supervisor/application/public.js';
import { defineEventHandler, EventManager } from '../../../src/behaviour/event/public.js';
import { defineRegistry } from '../../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { hostileError, hostileThenables, HOSTILE_VALUE } from '../../base/hostile-thenables.js';
import { Strays } from '../../support/strays.js';
import { testSystem } from '../../support/system.js';
import { sleep } from '../help.js';

const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

/** Long enough for what settles at once. */
const PATIENCE_MS = 15;
const NEVER = new Error('never');
const inTime = async (promise: unknown): Promise<unknown> =>
  Promise.race([promise, sleep(PATIENCE_MS).then(() => { throw NEVER; })]);

/**
 * A place that waits for what the user's code returned: resolves to the value, rejects with what
 * was made of the error.
 */
type HandlePlaceImpl = (system: System, make: () => unknown) => Promise<unknown>;

/** An agent or machine whose callbacks return what they like. */
const Loose = defineAgent as (spec: object) => ReturnType<typeof defineAgent>;
const call = (system: System, handler: unknown): Promise<unknown> =>
  inTime(system.start(Loose({ calls: { run: handler } })).call('run' as never));

const places: Readonly<Record<string, HandlePlaceImpl>> = {
  async 'init of an agent'(system, make) {
    const ref = inTime(system.start(
      Loose({ init: make, calls: { get: (self: { state: unknown }) => self.state } }),
      { name: 'taken', timeoutMs: PATIENCE_MS / 3 },
    ));
    try {
      return await ((await ref) as { call(op: string): Promise<unknown> }).call('get');
    } catch (error) {
      expect(system.registered(), 'a start that failed has left its name').toEqual([]);
      expect(system.processes()).toEqual([]);
      throw error;
    }
  },
  async 'init of a child'(system, make) {
    await system.supervise({ children: [child('one', Loose({ init: make }), { timeoutMs: PATIENCE_MS / 3 })] });
    return HOSTILE_VALUE;
  },
  'a handler of a call': (system, make) => call(system, make),
  'a concurrent handler': (system, make) => call(system, { concurrent: true, handle: make }),
  'a reply that comes later': (system, make) => call(system, (
    self: { from: never; noreply(): unknown; reply(from: never, value: unknown): void },
  ) => { self.reply(self.from, make()); return self.noreply(); }),
  'last words': (system, make) =>
    call(system, (self: { stop(reason: string, value: unknown): unknown }) => self.stop('normal', make())),
  async terminate(system, make) {
    const ref = system.start(
      Loose({ terminate: make, calls: { end: (self: { stop(): unknown }) => self.stop() } }),
    );
    const { down } = system.monitor(ref);
    void ref.call('end' as never).catch(() => undefined);
    const { reason } = await inTime(down) as { reason: unknown };
    if (reason !== 'normal') throw reason;
    return HOSTILE_VALUE;
  },
  'a state machine': (system, make) => {
    const Machine = (defineStatem as unknown as (spec: object) => ReturnType<typeof Loose>)(
      { init: () => ({ state: 'on', data: 0 }), states: { on: { calls: { run: make } } } },
    );
    return inTime(system.start(Machine).call('run' as never));
  },
  async 'a plain process'(system, make) {
    const { reason } = (await inTime(system.monitor(system.spawn(make)).down)) as { reason: unknown };
    if (reason !== 'normal') throw reason;
    return HOSTILE_VALUE;
  },
  'a task': (system, make) => inTime(system.task.await(system.task.async(make))),
  async 'an element of a stream of tasks'(system, make) {
    const { value: one } = (await inTime(system.task.stream([1], make)[Symbol.asyncIterator]().next())) as {
      value: { ok: boolean; value: unknown; reason: unknown }
    };
    if (!one.ok) throw one.reason;
    return one.value;
  },
  async 'an item of a plain generator'(system, make) {
    const items = system.start(defineAgent({ calls: { *run() { yield make(); } } })).stream('run');
    return ((await inTime(items.next())) as { value: unknown }).value;
  },
  async 'a spec function'(system, make) {
    const error =
      (await inTime(system.supervise(make as never).catch((failure: unknown) => failure))) as {
        reason?: unknown;
      };
    if (error.reason === hostileError || error.reason instanceof TypeError) throw error;
    return HOSTILE_VALUE; // it was waited for, and is no spec
  },
  'limit.run': (system, make) => inTime(system.limit('l', { concurrency: 2 }).run(make)),
  'breaker.run': (system, make) => inTime(system.breaker('b').run(make)),
  'system.retry': (system, make) => inTime(system.retry(make, { attemptsMax: 1 })),
  retry: (_system, make) => inTime(retry(make as () => Promise<unknown>, { attemptsMax: 1 })),
  async 'registry.lock'(system, make) {
    const Rooms = defineRegistry({ name: 'rooms', keys: 'unique' });
    system.start(Rooms, { name: 'rooms' });
    return inTime(new Promise((resolve, reject) => {
      system.spawn(
        (self) => { system.ref(Rooms).lock(self, 'key', make).then(resolve, reject); return self.receive(); },
      );
    }));
  },
  async 'pool.run'(system, make) {
    const Worker = defineAgent({ calls: { ping: () => 'pong' } });
    await system.supervise({ children: [pool('workers', Worker)] });
    return inTime(system.ref(poolOf(Worker), 'workers').run(make));
  },
  async 'the start of an application'(system, make) {
    const App = defineApplication({ name: 'app', start: make as never });
    const error = await inTime(system.applications.start(App)).catch((failure: unknown) => failure) as {
      reason?: { badReturn?: unknown }
    };
    if (error === NEVER as unknown || !JSON.stringify(error.reason).includes('badReturn')) throw error;
    return HOSTILE_VALUE; // it was waited for, and is no tree
  },
  async 'a handler of events'(system, make) {
    const Handler =
      (defineEventHandler as (spec: object) => ReturnType<typeof defineEventHandler>)({ calls: { run: make } });
    const events = system.ref(EventManager, system.start(EventManager));
    await events.addHandler(Handler);
    return inTime((events as unknown as { call(handler: unknown, op: string): Promise<unknown> })
      .call(Handler, 'run'));
  },
};

describe('promises that hurt, in every place that waits for the user\'s code', () => {
  const cases = Object.keys(places).flatMap(
    (name) => hostileThenables.map(([what, ends, make]) => [name, what, ends, make] as const),
  );

  it.each(cases)('P17 %s: %s', async (name, what, ends, make) => {
    const system = testSystem();
    let got: unknown = 'nothing';
    const place = places[name] as HandlePlaceImpl;
    await place(system, make).then(
      (value) => { got = value; },
      (error: unknown) => { got = error === NEVER || String(error).includes('timeout') ? 'never' : 'error'; },
    );
    for (const pid of system.processes()) system.exit(pid, 'kill');
    expect(await strays.seen()).toEqual([]);
    expect(got, what).toBe(ends === 'value' ? HOSTILE_VALUE : ends);
  });

  it('P6 P17 a promise that is given as a reply keeps the limit of its call', async () => {
    const system = testSystem();
    const Agent = defineAgent({ calls: { run(self, how: 'hang' | 'fail' | 'last'): number {
      const value = (how === 'fail' ? Promise.reject(hostileError) : new Promise(() => undefined)) as never;
      if (how === 'last') return self.stop('normal', value) as never;
      self.reply(self.from!, value);
      return self.noreply() as never;
    } } });
    const ref = system.start(Agent);
    const limited = (how: 'hang' | 'fail' | 'last'): Promise<unknown> =>
      ref.call('run', how, { timeoutMs: 5 }).catch((error: unknown) => error);
    expect(await limited('hang')).toMatchObject({ code: 'TIMEOUT' });
    expect(await limited('fail')).toBe(hostileError);
    expect(await limited('last')).toMatchObject({ code: 'TIMEOUT' });
    expect(await strays.seen()).toEqual([]);
  });
});
