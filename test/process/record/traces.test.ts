import { describe, expect, test } from 'vitest';
import { nodeEnv } from '../../../src/base/env.js';
import { TRACES_PER_TURN } from '../../../src/process/record/traces.js';
import { CastcallError, defineAgent, type System } from '../../../src/index.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import { rejection } from '../../behaviour/help.js';
import { settleTurn, testSystem } from '../../support/system.js';

const boom = new Error('boom');

const Desk = defineAgent({
  init: () => 0,
  calls: {
    crash() { throw boom; },
    hold(self) { return self.noreply(); },
    async *items() { yield 1; throw boom; },
  },
  casts: { crash() { throw boom; }, nothing() {} },
});

/** Each asks in a function of its own, so that its name tells whether the frames are those of the caller. */
const asked: Readonly<Record<string, (system: System) => unknown>> = {
  call: (system) => system.start(Desk).call('crash'),
  'call that is refused at once': (system) => system.ref(Desk, 'nobody').call('crash'),
  'call with a timeout': (system) => system.start(Desk).call('hold', undefined, { timeoutMs: 1 }),
  tryCall: async (
    system,
  ) => { const result = await system.start(Desk).tryCall('crash'); if (!result.ok) throw result.error; },
  'self.call': (system) => asSelf(system, (self) => self.call(system.start(Desk), 'crash')),
  'self.call after an await': (system) => asSelf(
    system, async function theCaller(
      self,
    ) { await settleTurn(); return self.call(system.start(Desk), 'crash'); },
  ),
  put: (system) => {
    const Busy = defineAgent({ casts: { busy: () => new Promise<void>(() => undefined) } });
    const busy = system.start(Busy, { mailbox: { capacity: 1, overflow: 'suspend' } });
    void busy.put('busy');
    return Promise.all([busy.put('busy'), busy.put('busy', undefined, { timeoutMs: 1 })]);
  },
  deliver: async (system) => {
    const desk = system.start(Desk);
    await desk.stop();
    await desk.deliver('nothing');
  },
  'call with a guarantee': (system) => system.start(Desk).call(
    'hold', undefined, { guarantee: 'at-least-once', timeoutMs: 1 },
  ),
  stop: async (system) => { const desk = system.start(Desk); const stopped = desk.stop(); desk.cast(
    'crash',
  ); await stopped; await desk.stop(); },
  'stop of another reason': (system) => {
    const desk = system.start(Desk);
    desk.cast('crash');
    return desk.stop();
  },
  stream: async (system) => { for await (const item of system.start(Desk).stream('items')) void item; },
  'task.await': (system) => system.task.await(system.task.async(() => { throw boom; })),
  'task.awaitMany': (system) => system.task.awaitMany([system.task.async(() => { throw boom; })]),
  'requests.receive': (system) => asSelf(system, async (self) => {
    const response = await self.requests.receive(self.requests.send(system.start(Desk), 'crash'));
    if (response !== 'timeout' && 'error' in response) throw response.error;
  }),
  'limit.run': (system) => {
    const limit = system.limit('l', { concurrency: 1 });
    void limit.run(() => new Promise(() => undefined));
    return limit.run(() => 1, { timeoutMs: 1 });
  },
  'limit.run of what is no function': (system) => system.limit('l', { concurrency: 1 }).run(5 as never),
  'breaker.run': (system) => {
    const breaker = system.breaker('b');
    breaker.open();
    return breaker.run(() => 1);
  },
  'breaker.wrap': (system) => {
    const breaker = system.breaker('b');
    breaker.open();
    return breaker.wrap(() => 1)();
  },
  'system.retry, of a breaker': (system) => {
    const breaker = system.breaker('b');
    breaker.open();
    return system.retry(() => breaker.run(() => 1), { attemptsMax: 2, backoff: { baseMs: 1 } });
  },
  'self.retry': (system) => asSelf(system, (self) => self.retry(() => 1, { attemptsMax: 0 })),
  'self.limit': (system) => asSelf(system, (self) => {
    const limit = self.limit('l', { concurrent: 1 });
    void limit.run(() => new Promise(() => undefined));
    return limit.run(() => 1, { timeoutMs: 1 });
  }),
  'pool.checkout': async (system) => {
    await system.supervise({ children: [pool('workers', Desk, { min: 1, max: 1 })] });
    const workers = system.ref(poolOf(Desk), 'workers');
    await workers.checkout();
    await workers.run(() => 1, { timeoutMs: 1 });
  },
  'system.sys': (
    system,
  ) => { const desk = system.start(Desk); return system.sys(desk).replaceState(() => { throw boom; }); },
  'start, asynchronously': (system) => system.start(defineAgent({ init: () => Promise.reject(boom) })),
};

const Asker = defineAgent({ calls: {
  async ask(
    self, body: (self: never) => unknown,
  ) { return await rejection(Promise.resolve(body(self as never))); },
} });

async function asSelf(system: System, body: (self: any) => unknown): Promise<never> {
  throw await system.start(Asker).call('ask', body);
}

describe('callers of what fails, in development', () => {
  test.each(Object.keys(asked))('the frames of the caller are in the stack of a failed %s', async (name) => {
    const system = testSystem({ development: true, payloads: 'shared' });
    const error = await rejection(Promise.resolve((asked[name] as (system: System) => unknown)(system)));
    expect(error).toBeInstanceOf(CastcallError);
    expect((error as Error).stack).toMatch(/\n {4}at .*traces\.test\.ts:\d/);
    expect((error as Error).stack).not.toContain('no frames');
  });

  test('the frames are those of the first promises of a turn of the event loop; later ones say so, and the next turn has them again', async () => {
    const system = testSystem({ development: true });
    const desk = system.ref(Desk, 'nobody');
    const turn = async (): Promise<number[]> => {
      const errors = await Promise.all(
        Array.from({ length: TRACES_PER_TURN + 10 }, () => rejection(desk.call('crash'))),
      );
      return ['traces.test.ts', 'no frames'].map(
        (text) => errors.filter((error) => (error as Error).stack?.includes(text)).length,
      );
    };
    const first = await turn();
    await settleTurn();
    expect(await turn()).toEqual(first);
    expect(first[0]).toBeGreaterThanOrEqual(TRACES_PER_TURN / 2);
    expect(first[0]! + first[1]!).toBe(TRACES_PER_TURN + 10);
    expect(first[1]).toBeGreaterThan(0);
  });

  test('in production nobody pays for frames', async () => {
    const system = testSystem({ development: false });
    const error = await rejection(system.start(Desk).call('crash'));
    expect((error as Error).stack).not.toMatch(/\n {4}at |no frames/);
  });

  test('an error of the user is left as it is, and one of ours that is passed on has its frames once', async () => {
    const system = testSystem({ development: true });
    const Front = defineAgent({ calls: { ask: (self) => self.call(system.start(Desk), 'crash') } });
    const error = (await rejection(system.start(Front).call('ask'))) as Error;
    expect(error.stack?.split('\n').filter((line) => line.startsWith('CallError'))).toHaveLength(1);
    expect((error.cause as Error).cause).toBe(boom);
    expect((error.cause as Error).stack?.match(/ask.*traces\.test\.ts/g)).toHaveLength(1);
    expect(boom.stack).not.toContain('no frames');
  });

  test('all systems of a program share one async context', () => {
    expect(nodeEnv().context()).toBe(nodeEnv().context());
  });
});
