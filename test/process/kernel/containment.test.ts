import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineAgent, type Pid } from '../../../src/index.js';
import { hostileValues } from '../../base/hostile.js';
import { expectConserved, Recorder, testSystem } from '../../support/system.js';
import { idler, settle } from '../peers.js';

/* P17: whatever agent code throws or rejects with ends that agent only; the program sees no unhandled rejection. */
const strays: unknown[] = [];
const onStray = (reason: unknown): number => strays.push(reason);

beforeEach(() => {
  strays.length = 0;
  process.on('unhandledRejection', onStray);
});

afterEach(async () => {
  await settle(3);
  process.off('unhandledRejection', onStray);
  expect(strays.length, 'unhandled rejections').toBe(0);
});

const hostile = hostileValues();
const Thrower = defineAgent({
  name: 'Thrower',
  init: () => ({ terminated: 0 }),
  calls: {
    throws(_self, what: string): void { throw hostile[what]; },
    rejects: (_self, what: string) => Promise.reject<void>(hostile[what] as Error),
    async later(_self, what: string): Promise<void> { await settle(1); throw hostile[what]; },
    exits: (self, what: string): void => self.exit(hostile[what]),
    stops: (self, what: string) => self.stop(hostile[what]),
    hang: () => new Promise<void>(() => undefined),
    ping: () => 'pong',
  },
  casts: { throws(_self, what: string) { throw hostile[what]; } },
  info(_self, what) { throw hostile[what as string]; },
});

/** Thenables that do what they must not. */
const thenables: Record<string, () => unknown> = {
  'a then getter that throws': () => Object.defineProperty({}, 'then', { get() { throw new Error('then'); } }),
  'a then that throws': () => ({ then() { throw new Error('then'); } }),
  'a then that throws undefined': () => ({ then() { throw undefined; } }),
  'a then that rejects with a revoked proxy': () =>
    ({ then: (_ok: unknown, bad: (error: unknown) => void) => bad(hostile['revoked proxy']) }),
  'a then that settles many times': () => ({ then(
    ok: (value: unknown) => void, bad: (error: unknown) => void,
  ) { ok(1); bad(2); ok(3); throw new Error('late'); } }),
  'a proxy of a promise': () => new Proxy(Promise.resolve(1), {}),
  'a proxy of a promise with a throwing trap': () =>
    new Proxy(Promise.resolve(1), { getPrototypeOf() { throw new Error('trap'); } }),
  'a promise with a throwing constructor': () =>
    Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('constructor'); } }),
  'a promise with a sly species': () => Object.assign(Promise.resolve(1), { constructor: {
    [Symbol.species]: class { constructor(
      run: (a: unknown, b: unknown) => void,
    ) { run(() => undefined, () => undefined); } },
  } }),
  'a nested rejection': () => Promise.resolve({ then: (_ok: unknown, bad: (error: unknown) => void) =>
    bad(Promise.reject(new Error('inner')).catch(() => undefined)) }),
};

describe('P17 PR-18 containment', () => {
  it.each(
    Object.keys(hostile),
  )('any way of throwing this ends one agent, tells its caller and its watcher, and the rest goes on: %s', async (
    what,
  ) => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const bystander = system.start(Thrower);
    for (const op of ['throws', 'rejects', 'later', 'exits', 'stops'] as const) {
      const ref = system.start(Thrower, { name: 'thrower' });
      const { down } = system.monitor(ref);
      const behind = op === 'later' ? ref.call('hang') : undefined;
      if (behind !== undefined) behind.catch(() => undefined);
      const outcome = await (op === 'later'
        ? settle(1).then(() => ref.tryCall('ping', undefined, { timeoutMs: 50 }))
        : ref.tryCall(op, what, { timeoutMs: 1_000 }));
      if (op === 'later') {
        system.exit(ref, hostile[what]);
        if (system.whereis('thrower') !== undefined) system.exit(ref, 'kill');
      } else {
        expect(outcome).toMatchObject({ ok: false, error: { code: 'EXIT' } });
      }
      await down;
      expect(system.whereis('thrower')).toBeUndefined();
      expectConserved(system.stats());
    }
    expect(await bystander.call('ping')).toBe('pong');
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
  });

  it.each(Object.keys(hostile))('from casts, info, plain bodies and init too: %s', async (what) => {
    const system = testSystem();
    const reasons: unknown[] = [];
    for (const how of ['cast', 'info'] as const) {
      const ref = system.start(Thrower);
      const { down } = system.monitor(ref);
      if (how === 'cast') ref.cast('throws', what);
      else ref.send(what);
      reasons.push((await down).reason);
    }
    for (const body of [
      (): never => { throw hostile[what]; },
      async (): Promise<never> => { await settle(1); throw hostile[what]; },
    ]) reasons.push((await system.monitor(system.spawn(body)).down).reason);
    expect(reasons.length).toBe(4);
    const Bad = defineAgent({ name: 'Bad', init(): object { throw hostile[what]; } });
    const BadLater =
      defineAgent({
        name: 'BadLater', async init(): Promise<object> { await settle(1); throw hostile[what]; },
      });
    expect(() => system.start(Bad)).toThrow(expect.objectContaining({ code: 'START_FAILED' }));
    await expect(system.start(BadLater)).rejects.toMatchObject({ code: 'START_FAILED' });
    expect(system.stats()).toMatchObject({ processes: 0, queued: 0, running: 0 });
  });

  it.each(Object.keys(thenables))('a handler that returns a hostile thenable: %s', async (what) => {
    const system = testSystem();
    const Returner = defineAgent({
      name: 'Returner', init: () => ({}),
      calls: { give: () => thenables[what]?.() },
      casts: { give: () => thenables[what]?.() as undefined },
    });
    const ref = system.start(Returner);
    const outcome = await ref.tryCall('give', undefined, { timeoutMs: 500 });
    expect(outcome.ok || (outcome.error as { code: string }).code === 'EXIT').toBe(true);
    const other = system.start(Returner);
    other.cast('give');
    await settle();
    const plain = system.spawn(() => thenables[what]?.());
    await settle();
    expect(system.alive(plain.pid)).toBe(false);
    expect(system.stats()).toMatchObject({ running: 0, queued: 0 });
    expectConserved(system.stats());
    expect((await system.stop({ drain: true, timeoutMs: 500 })).drained).toBe(true);
  });

  it('a reply that is a thenable only at the second look rejects at its caller, not in the program', async () => {
    const system = testSystem();
    const Sly = defineAgent({
      name: 'Sly', init: () => ({}),
      calls: { give: () => {
        let looks = 0;
        return { get then() {
          if (looks++ === 0) return undefined;
          throw new Error('second look');
        } };
      } },
    });
    const ref = system.start(Sly);
    void ref.call('give');
    await settle();
    expect(system.alive(ref.pid as Pid)).toBe(true);
  });

  it('terminate and info that throw, synchronously or later', async () => {
    const system = testSystem();
    const Bad = defineAgent({
      name: 'Bad', init: (how: string) => ({ how }),
      terminate(self) {
        if (self.state.how === 'sync') throw undefined;
        return Promise.reject(hostile['revoked proxy']);
      },
    });
    for (const how of ['sync', 'async']) {
      const ref = system.start(Bad, how);
      await expect(ref.stop()).rejects.toMatchObject({ code: 'EXIT' });
    }
    expect(system.stats().processes).toBe(0);
  });

  it('a call that nobody awaits rejects in silence', async () => {
    const system = testSystem();
    const ref = system.start(Thrower);
    const self = (await idler(system)).self;
    void ref.call('hang');
    void self.call(ref, 'hang');
    void ref.call('nothing' as never);
    void system.ref(Thrower, 'nobody').call('ping');
    await settle(1);
    system.exit(ref, 'kill');
    void ref.call('ping');
    void ref.stop();
    await settle();
  });

  it('a logger, a tap or a subscriber that throws changes no outcome (P36)', async () => {
    const bad = (): never => {
      throw new Error('observer');
    };
    const system = testSystem({ logger: { error: bad, warn: bad, info: bad } });
    system.deadLetters.subscribe(bad);
    const ref = system.start(Thrower);
    const { down } = system.monitor(ref);
    ref.cast('throws', 'undefined');
    ref.send('behind it');
    expect((await down).reason).toEqual({ nocatch: undefined });
    expect(system.deadLetters.total).toBe(1);
  });
});
