import { describe, expect, test } from 'vitest';
import { createSystem, defineAgent, type System } from '../../src/index.js';
import { defineRegistry } from '../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../src/delivery/group/public.js';
import { settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

const Stuck = defineAgent({
  name: 'stuck',
  calls: {
    hang: () => new Promise<number>(() => undefined),
    async *items() { await new Promise(() => undefined); yield 1; },
  },
  casts: { hang: () => new Promise<void>(() => undefined), note: () => undefined },
});

/** A signal that counts its listeners. */
class Listened extends AbortController {
  count = 0;
  constructor() {
    super();
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => { this.count++; add(...args); });
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => { this.count--; remove(...args); });
  }
}

/** An agent that hangs, with a full mailbox. */
async function full(system: System) {
  const ref = system.start(Stuck, { mailbox: { capacity: 1, overflow: 'suspend' } });
  ref.cast('hang');
  await settleTurn();
  ref.cast('note');
  return ref;
}

/** Each waits for something that never comes, with a signal that never fires where the verb takes one. */
const WAITERS: Readonly<Record<string, (system: System, signal: AbortSignal) => PromiseLike<unknown>>> = {
  'a call': (system, signal) => system.start(Stuck).call('hang', undefined, { timeoutMs: 'infinity', signal }),
  'a put': async (system, signal) => (await full(system))
    .put('note', undefined, { timeoutMs: 'infinity', signal }),
  'the item of a stream': (system, signal) =>
    system.start(Stuck).stream('items', undefined, { timeoutMs: 'infinity', signal }).next(),
  'a receipt': async (system) => (await system.start(Stuck).deliver('hang')).settled,
  'a receipt of a message to nobody': async (system) =>
    (await system.ref(Stuck, 'nobody').deliver('hang')).settled,
  'the acceptance of a delivery': async (system) => (await (await full(system)).deliver('note')).settled,
  'a turn of a limit': (system, signal) => {
    const limit = system.limit('l', { concurrency: 1 });
    void limit.run(() => new Promise(() => undefined)).then(undefined, () => undefined);
    return limit.run(() => Promise.resolve(1), { timeoutMs: 'infinity', signal });
  },
  'a turn of the rate of a limit': (system, signal) => {
    const limit = system.limit('r', { perMinute: 1, burst: 1 });
    void limit.run(() => Promise.resolve(1));
    return limit.run(() => Promise.resolve(1), { timeoutMs: 'infinity', signal });
  },
  'the next attempt of a retry': (system, signal) => system.retry(
    () => { throw new Error('no'); }, { signal, backoff: { baseMs: 60_000, maxMs: 60_000 } },
  ),
  'a checkout': async (system, signal) => {
    await system.supervise({ children: [pool('p', Stuck, { min: 1, max: 1 })] });
    const workers = system.ref(poolOf(Stuck), 'p');
    await workers.checkout();
    return workers.checkout({ timeoutMs: 'infinity', signal });
  },
  'a task': (system) =>
    system.task.await(system.task.async(() => new Promise(() => undefined)), { timeoutMs: 'infinity' }),
  'the element of a task stream': (system) => (async () => { for await (const one of system.task.stream(
    [1], () => new Promise(() => undefined), { timeoutMs: 'infinity' },
  )) return one; return undefined; })(),
  'a stop': (system) => { const ref = system.start(Stuck); ref.cast('hang'); return ref.stop('other'); },
  'a monitor': (system) => system.monitor(system.start(Stuck)).down,
  'an async start': (system) =>
    Promise.resolve(system.start(defineAgent({ init: () => new Promise<object>(() => undefined) }))),
  'a tree that starts': (system) => system.supervise({ children: [] }).then(async (sup) => sup.down),
};

describe('P15 after system.stop nothing waits and nothing is left', () => {
  for (const [what, wait] of Object.entries(WAITERS)) {
    test(`P15 ${what} has an end, its timer and its listener are gone`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const controller = new Listened();
      let over: unknown;
      void wait(system, controller.signal).then(
        (value) => { over = { value }; }, (error: unknown) => { over = { error }; },
      );
      await env.advance(10);
      expect(over, 'it waits').toBeUndefined();
      let stopped = false;
      void system.stop({ timeoutMs: 100 }).then(() => { stopped = true; });
      for (let step = 0; step < 6 && !stopped; step++) await env.advance(50);
      expect(stopped).toBe(true);
      await env.settle();
      expect(over, 'it is over').toBeDefined();
      const { error } = over as { error?: unknown };
      if (error !== undefined) {
        expect((error as { code?: unknown }).code, 'with a code').toEqual(expect.stringMatching(/^[A-Z_]+$/));
      }
      expect(controller.count, 'listeners on its signal').toBe(0);
      expect(env.pending.timers, 'timers').toBe(0);
      expect(system.stats()).toMatchObject({ processes: 0, queued: 0, running: 0, held: 0 });
    });
  }

  test('P15 a lock that is waited for', async () => {
    const system = testSystem();
    const Rooms = defineRegistry<string, number>({ name: 'rooms', keys: 'unique' });
    system.start(Rooms, { name: 'rooms' });
    const seen: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      system.spawn(async (self) => {
        try {
          await system.ref(Rooms).lock(self, 'key', () => new Promise(() => undefined));
        } catch (error) { seen.push((error as { code?: unknown }).code); }
      });
    }
    await settleTurn();
    await system.stop();
    expect(system.stats().processes).toBe(0);
  });

  test('P15 listeners on the program and on signals of users are removed, also after a hundred systems', async () => {
    const events = ['SIGTERM', 'SIGINT', 'unhandledRejection'] as const;
    const before = events.map((event) => process.listenerCount(event));
    const controller = new Listened();
    for (let n = 0; n < 100; n++) {
      const system = createSystem({ logger: false, handleSignals: true, strays: 'report' });
      void system.start(Stuck).tryCall('hang', undefined, { signal: controller.signal });
      await system.stop();
      expect(events.map((event) => process.listenerCount(event))).toEqual(before);
      expect(controller.count).toBe(0);
    }
  });
});
