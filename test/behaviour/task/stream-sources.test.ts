import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineAgent, taskSupervisor, type StreamOutcome, type TaskStream } from '../../../src/index.js';
import { Strays } from '../../support/strays.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler } from '../../process/peers.js';
import { rejection } from '../help.js';

const boom = new Error('boom');
const hang = (): Promise<never> => new Promise(() => undefined);
const twice = (_self: unknown, n: number): number => n * 2;
const DONE = { done: true, value: undefined };

const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

function world(options: { readonly processesMax?: number } = {}) {
  const env = new VirtualEnv();
  const logger = new Recorder();
  const system = testSystem({ env, logger, ...options });
  return { env, logger, system };
}

async function collect<T, V>(stream: TaskStream<T, V>): Promise<StreamOutcome<T, V>[]> {
  const found: StreamOutcome<T, V>[] = [];
  for await (const outcome of stream) found.push(outcome);
  return found;
}

/** An async source by hand: what `next` gives for each number from 1, and how often it was closed. */
class ByHand implements AsyncIterable<number> {
  asked = 0;
  closed = 0;
  constructor(
    private readonly give: (n: number) => unknown,
    private readonly leave: (() => unknown) | null = () => ({ done: true, value: undefined }),
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<number> {
    const next = (): unknown => this.give(++this.asked);
    const leave = this.leave;
    return (leave === null ? { next } : { next, return: () => { this.closed++; return leave(); } }) as never;
  }
}

const item = (value: number): Promise<IteratorResult<number>> => Promise.resolve({ done: false, value });

describe('a stream of tasks and its source', () => {
  it('P17 without room for one more process the loop rejects with PROCESS_LIMIT, and the source is closed', async () => {
    for (const later of [true, false]) {
      const { env, system } = world({ processesMax: 3 });
      const { self } = await idler(system);
      let closed = 0;
      async function* endless(): AsyncGenerator<
        number
      > { try { for (let n = 1; ; n++) yield n; } finally { closed++; } }
      function* plain(): Generator<number> { try { for (let n = 1; ; n++) yield n; } finally { closed++; } }
      const loop = collect(self.task.stream(later ? endless() : plain(), hang, { concurrency: 5 }));
      expect(await rejection(loop)).toMatchObject({ code: 'PROCESS_LIMIT' });
      await env.settle();
      expect([closed, system.stats().processes]).toEqual([1, 1]);
    }
    expect(await strays.seen()).toEqual([]);
  });

  it('P17 under a task supervisor as well, which lives on with its other tasks', async () => {
    const { env, system } = world({ processesMax: 4 });
    const tasks = await system.supervise(taskSupervisor('tasks'));
    const other = await tasks.asyncNolink(hang);
    const source = new ByHand(item);
    expect(await rejection(collect(tasks.stream(source, hang, { concurrency: 5 })))).toMatchObject(
      { code: 'PROCESS_LIMIT' },
    );
    await env.settle();
    expect([source.closed, await tasks.children()]).toEqual([1, [other.pid]]);
    const last = await tasks.asyncNolink(hang);
    await tasks.asyncNolink(hang);
    expect(await rejection(tasks.asyncNolink(hang))).toMatchObject({
      code: 'REFUSED', refusal: 'start_failed',
      details: { reason: expect.objectContaining({ code: 'PROCESS_LIMIT' }) as unknown },
    });
    expect(system.alive(last.pid)).toBe(true);
  });

  it('P15 P17 the stop of the system ends a loop from outside with SYSTEM_STOPPED, whatever its source does', async () => {
    for (const give of [item, (n: number) => (n === 1 ? item(1) : hang())]) {
      const system = testSystem(); // the real clock: an endless loop gives way by it
      const source = new ByHand(give, hang);
      const loop = rejection(collect(system.task.stream(source, twice, { concurrency: 2 })));
      await settleTurn();
      await system.stop();
      expect(await loop).toMatchObject({ code: 'SYSTEM_STOPPED' });
      expect(source.closed).toBe(1);
      expect(await rejection(collect(system.task.stream([1], twice))))
        .toMatchObject({ code: 'SYSTEM_STOPPED' });
    }
    expect(await strays.seen()).toEqual([]);
  });

  it('P15 a loop from outside that begins behind the stop fails at once, and asks its source for nothing', async () => {
    const { system } = world();
    const source = new ByHand(hang);
    const loop = system.task.stream(source, twice)[Symbol.asyncIterator]();
    await system.stop();
    expect(await rejection(loop.next())).toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(await loop.next()).toEqual(DONE);
    expect([source.asked, source.closed]).toEqual([0, 0]);
  });

  it('P15 a loop that nobody reads when the system stops is closed, and told when it is read', async () => {
    const { system } = world();
    const source = new ByHand(item);
    const loop = system.task.stream(source, twice, { concurrency: 1 })[Symbol.asyncIterator]();
    expect(await loop.next()).toMatchObject({ value: { value: 2 } });
    await system.stop();
    expect(source.closed).toBe(1);
    expect(await rejection(loop.next())).toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(await loop.next()).toEqual(DONE);
  });

  it('P17 leaving the loop does not wait for a source that hangs: the handler goes on and so does its agent', async () => {
    const { env, system } = world();
    const source = new ByHand((n) => (n === 1 ? item(1) : hang()), hang);
    const Reader = defineAgent({
      calls: {
        async first(self) {
          for await (const one of self.task.stream(source, twice, { concurrency: 2 })) return one;
          return undefined;
        },
        ping: () => 'pong',
      },
    });
    const reader = system.start(Reader);
    expect(await reader.call('first')).toEqual({ ok: true, value: 2 });
    expect(await reader.call('ping')).toBe('pong');
    await env.settle();
    expect([source.closed, system.stats().processes]).toEqual([1, 1]);
  });

  it('TK-13 P17 the timeout of an element is told, whatever the source does', async () => {
    const { env, system } = world();
    const source = new ByHand((n) => (n === 1 ? item(1) : hang()), hang);
    const loop = rejection(collect(system.task.stream(source, hang, { concurrency: 2, timeoutMs: 100 })));
    await env.advance(100);
    expect(await loop).toMatchObject({ code: 'TIMEOUT' });
    await env.settle();
    expect([source.closed, system.stats().processes]).toEqual([1, 0]);
  });

  it('TK-12 P16 the death of the consumer closes the source, also while no task runs', async () => {
    const { env, system } = world();
    const { ref, self } = await idler(system);
    const source = new ByHand((n) => (n === 1 ? item(1) : hang()));
    const loop = self.task.stream(source, twice, { concurrency: 2 })[Symbol.asyncIterator]();
    expect(await loop.next()).toMatchObject({ value: { value: 2 } });
    void loop.next();
    await env.settle();
    expect(system.stats().processes).toBe(1);
    system.exit(ref, 'kill');
    expect(source.closed, 'its own code is not run inside the end of a process').toBe(0);
    await env.settle();
    expect(source.closed).toBe(1);
    let more = false;
    void Promise.resolve(loop.next()).finally(() => { more = true; });
    await env.settle();
    expect([more, system.stats().zombies]).toEqual([false, 1]);
  });

  it('P17 return() ends a next() that waits, and further ones; next() may be called ahead', async () => {
    const { system } = world();
    const source = new ByHand((n) => (n < 3 ? item(n) : hang()));
    const loop = system.task.stream(source, twice, { concurrency: 1 })[Symbol.asyncIterator]();
    const ahead = [loop.next(), loop.next(), loop.next(), loop.next()];
    expect(await Promise.all(ahead.slice(0, 2))).toEqual(
      [1, 2].map((n) => ({ done: false, value: { ok: true, value: n * 2 } })),
    );
    expect(await loop.return?.()).toEqual(DONE);
    expect(await Promise.all(ahead.slice(2))).toEqual([DONE, DONE]);
    expect(await loop.next()).toEqual(DONE);
    expect([source.closed, source.asked]).toEqual([1, 3]);
  });

  const broken: readonly [what: string, give: (n: number) => unknown, error: unknown][] = [
    ['a next that throws', () => { throw boom; }, boom],
    ['a next that rejects', () => Promise.reject(boom), boom],
    ['a result without a promise that is no object', () => 5, expect.any(TypeError)],
    ['a result that is no object', () => Promise.resolve(null), expect.any(TypeError)],
    ['a throwing done', () => Promise.resolve({ get done() { throw boom; } }), boom],
    ['a throwing value', () => Promise.resolve({ done: false, get value() { throw boom; } }), boom],
    [
      'a result that is a revoked proxy',
      () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; },
      expect.any(TypeError),
    ],
    ['a throwing then', () => ({ then() { throw boom; } }), boom],
    ['a then getter that throws', () => ({ get then() { throw boom; } }), boom],
    ['a then that calls both, throwing', () =>
      ({ then(
        _ok: unknown, bad: (error: unknown) => void,
      ) { bad(boom); bad(1); throw new Error('late'); } }), boom],
  ];

  it.each(broken)('P17 %s fails the loop, and an iterator that broke is not closed', async (
    _what, give, error,
  ) => {
    const { env, system } = world();
    const source = new ByHand((n) => (n === 1 ? item(1) : give(n)));
    const loop = system.task.stream(source, twice, { concurrency: 1 })[Symbol.asyncIterator]();
    expect(await loop.next()).toMatchObject({ value: { value: 2 } });
    expect(await rejection(loop.next())).toEqual(error);
    expect(await loop.next()).toEqual(DONE);
    await env.settle();
    expect([source.closed, system.stats().processes]).toEqual([0, 0]);
    expect(await strays.seen()).toEqual([]);
  });

  it('P17 what cannot be looped over fails the loop: iterators that are none, getters that throw', async () => {
    const { system } = world();
    for (const [items, error] of [
      [{ [Symbol.asyncIterator]: () => { throw boom; } }, boom],
      [{ [Symbol.asyncIterator]: () => undefined }, expect.any(TypeError)],
      [{ [Symbol.iterator]: () => 5 }, expect.any(TypeError)],
      [{ [Symbol.iterator]: () => ({}) }, expect.any(TypeError)],
      [{ get [Symbol.asyncIterator]() { throw boom; } }, boom],
    ] as const) expect(await rejection(collect(system.task.stream(items as never, twice)))).toEqual(error);
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(() => system.task.stream(proxy, twice)).toThrow(/task.stream.items/);
  });

  const leaving: readonly [what: string, leave: (() => unknown) | null, logged: boolean][] = [
    ['no return', null, false],
    ['a return that throws', () => { throw boom; }, true],
    ['a return that rejects', () => Promise.reject(boom), true],
    ['a return that gives nothing', () => undefined, false],
    ['a return with a throwing then', () => ({ then() { throw boom; } }), true],
    ['a return that never settles', hang, false],
  ];

  it.each(leaving)('P17 %s holds nobody up; what it fails with is logged', async (_what, leave, logged) => {
    const { env, system, logger } = world();
    for await (const one of system.task.stream(new ByHand(item, leave), twice, {
      concurrency: 3,
    })) if (one.ok) break;
    await env.settle();
    expect(logger.texts('warn')).toEqual(logged ? ['the source of a stream of tasks failed to close'] : []);
    expect(await strays.seen()).toEqual([]);
  });

  it('P17 an item that comes after the loop has ended is dropped, also a failure', async () => {
    const { env, system } = world();
    for (const late of [(): unknown => item(2), (): unknown => Promise.reject(boom)]) {
      let give: (step: unknown) => void = () => undefined;
      const source = new ByHand((n) => (n === 1 ? item(1) : new Promise((resolve) => { give = resolve; })));
      for await (const one of system.task.stream(source, twice, { concurrency: 2 })) if (one.ok) break;
      give(late());
      await env.settle();
      expect([source.closed, system.stats().processes]).toEqual([1, 0]);
    }
    expect(await strays.seen()).toEqual([]);
  });

  it('P16 a source that ends its own consumer, or leaves its own loop, is closed and starts nothing', async () => {
    const { env, system } = world();
    const { ref, self } = await idler(system);
    const closed: string[] = [];
    function* source(what: string, act: () => unknown): Generator<number> {
      try { yield 1; act(); yield 2; yield 3; } finally { closed.push(what); }
    }
    const left =
      system.task.stream(source('left', () => void left.return?.()), twice, {
        concurrency: 1,
      })[Symbol.asyncIterator]();
    await left.next();
    expect(await left.next()).toEqual(DONE);
    void collect(self.task.stream(source('killed', () => system.exit(ref, 'kill')), hang, { concurrency: 3 }));
    await env.settle();
    expect(closed).toEqual(['left', 'killed']);
    expect(system.stats().processes).toBe(0);
    expect(env.pending.held).toBe(0);
  });

  it('TK-11 items that are promises are handed to the task as they are', async () => {
    const { system } = world();
    const items = [Promise.resolve(1), { then: (): never => { throw boom; } }];
    const kinds =
      await collect(system.task.stream(items as never[], (_self, one: unknown) => items.indexOf(one as never)));
    expect(kinds).toEqual([{ ok: true, value: 0 }, { ok: true, value: 1 }]);
  });

  it('P35 a thousand loops that were left leave nothing with the system and its consumer', async () => {
    const { env, system } = world();
    const { self } = await idler(system);
    for (let i = 0; i < 1_000; i++) {
      for (const task of [self.task, system.task]) {
        for await (const one of task.stream([1, 2, 3], twice, { concurrency: 2 })) if (one.ok) break;
      }
    }
    await env.settle();
    expect(system.stats().processes).toBe(1);
    expect(env.pending.held).toBe(0);
  });
});
