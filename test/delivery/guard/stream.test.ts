import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  defineAgent, OptionError, type Breaker, type ProcessSelf, type System,
} from '../../../src/index.js';
import { Gate, rejection } from '../../behaviour/help.js';
import { Strays } from '../../support/strays.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { boom, expectFree, read, source } from './streams.js';

/*
 * Streams in limits, breakers and retries: when they open and close, and what the guard hears of it.
 * V Service queues, P16, P17, P32.
 */
const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(async () => {
  expect(await strays.seen()).toEqual([]);
  strays.end();
});

type Open = Parameters<Breaker['stream']>[0];
interface Verbs {
  readonly limit: System['limit'];
  readonly breaker: System['breaker'];
  readonly retryStream: System['retryStream'];
}
interface Options {
  readonly signal?: AbortSignal;
}
type Guard = (verbs: Verbs, fn: Open, options?: Options) => AsyncIterableIterator<unknown>;
const guards: Readonly<Record<string, Guard>> = {
  'limit.stream': (on, fn, options) => on.limit('l', { concurrency: 1 }).stream(fn, options),
  'breaker.stream': (on, fn, options) => on.breaker('b', { failures: 1 }).stream(fn, options),
  retryStream: (on, fn, options) =>
    on.retryStream((_number, _taken, signal) => fn(signal), { attemptsMax: 1, ...options }),
};

/** A process that reads in a guard, and goes on for ever. */
function reader(system: System, run: (self: ProcessSelf) => unknown): Promise<ProcessSelf> {
  return new Promise((resolve) => {
    system.spawn(async (self) => {
      run(self);
      resolve(self);
      await new Promise(() => undefined);
    });
  });
}

describe.each(Object.entries(guards))('%s', (verb, guard) => {
  test('nothing is asked for before the first item is; then all items come, and the end stays', async () => {
    const system = testSystem();
    const log: string[] = [];
    const items = guard(system, source(log));
    await settleTurn();
    expect([log, system.limits()[0]?.started ?? 0]).toEqual([[], 0]);
    expect(await items.next()).toEqual({ done: false, value: 0 });
    expect(await read(items)).toEqual([1, 2]);
    expect(log).toEqual(['open', 'closed']);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expectFree(system);
  });

  test('every kind of source', async () => {
    const system = testSystem();
    const Source = defineAgent({ calls: { async *items() { yield 1; yield 2; } } });
    const kinds: readonly Open[] = [
      () => [1, 2], () => [Promise.resolve(1), 2], function* () { yield 1; yield 2; },
      () => (async function* () { yield 1; yield 2; })(), async () => [1, 2],
      () => system.start(Source).stream('items'),
      () => new ReadableStream<number>({ start(to) { to.enqueue(1); to.enqueue(2); to.close(); } }),
    ];
    for (const open of kinds) expect(await read(guard(system, open))).toEqual([1, 2]);
    expectFree(system);
  });

  test('several next() at once get their items in order; the source is asked for one at a time', async () => {
    const system = testSystem();
    let asked = 0;
    const open = (): AsyncIterable<number> => ({ [Symbol.asyncIterator]: () => ({ async next() {
      expect(++asked).toBe(1);
      await settleTurn();
      asked--;
      return { done: false, value: 1 };
    } }) });
    const items = guard(system, open);
    const got = await Promise.all([1, 2, 3].map(() => items.next()));
    expect(got.map(({ value }) => value as unknown)).toEqual([1, 1, 1]);
    await items.return?.();
    const many = guard(system, function* () { for (;;) yield 1; });
    await Promise.all(Array.from({ length: 20_000 }, () => many.next()));
    await many.return?.();
    expectFree(system);
  });

  test('an error comes after the items before it, once', async () => {
    const system = testSystem();
    const log: string[] = [];
    const items = guard(system, source(log, 1));
    expect(await items.next()).toEqual({ done: false, value: 0 });
    expect(await rejection(items.next())).toBe(boom);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(log).toEqual(['open', 'closed']);
    expectFree(system);
  });

  test('a reader that leaves closes the source and fires its signal; the guard has let go then', async () => {
    const system = testSystem();
    const log: string[] = [];
    for await (const item of guard(system, source(log))) if (item === 0) break;
    expectFree(system);
    await settleTurn();
    expect(log).toEqual(['open', 'aborted', 'closed']);
  });

  test('a source that never closes keeps nobody', async () => {
    const system = testSystem();
    const open = (): AsyncIterableIterator<number> => ({
      next: () => new Promise(() => undefined), return: () => new Promise(() => undefined),
      [Symbol.asyncIterator]() { return this; },
    });
    const items = guard(system, open);
    const waiting = items.next();
    await settleTurn();
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await settleTurn();
    expectFree(system);
  });

  test('return() before the first next() opens nothing, and after the end changes nothing', async () => {
    const system = testSystem();
    const log: string[] = [];
    const items = guard(system, source(log));
    await items.return?.();
    expect(await read(items)).toEqual([]);
    expect(log).toEqual([]);
    const other = guard(system, source(log));
    await read(other);
    await other.return?.();
    expect(log).toEqual(['open', 'closed']);
    expectFree(system);
  });

  test('the signal ends it with its reason: before, in between, while an item is waited for', async () => {
    const system = testSystem();
    const log: string[] = [];
    const early = guard(system, source(log), { signal: AbortSignal.abort('early') });
    expect(await rejection(early.next())).toBe('early');
    expect(log).toEqual([]);
    const controllers = [new AbortController(), new AbortController()];
    const between = guard(system, source(log), { signal: controllers[0]!.signal });
    await between.next();
    controllers[0]?.abort('between');
    expect(await rejection(between.next())).toBe('between');
    expect(await between.next()).toEqual({ done: true, value: undefined });
    const waiting = guard(system, () => new Promise(() => undefined), { signal: controllers[1]!.signal });
    const item = waiting.next();
    await settleTurn();
    controllers[1]?.abort('waiting');
    expect(await rejection(item)).toBe('waiting');
    await settleTurn();
    expectFree(system);
    for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(log).toEqual(['open', 'aborted', 'closed']);
  });

  test('what a signal ends, and nobody looks at, ends no program', async () => {
    const system = testSystem();
    const controller = new AbortController();
    void guard(system, () => new Promise(() => undefined), { signal: controller.signal }).next();
    await settleTurn();
    controller.abort(boom);
    await settleTurn();
  });

  test('P16 P35 it ends with its process: ZOMBIE, the source is closed, and nothing is left', async () => {
    const system = testSystem();
    const log: string[] = [];
    let items!: AsyncIterableIterator<unknown>;
    let waiting!: Promise<unknown>;
    const self = await reader(system, (own) => {
      items = guard(own, async function* (signal) {
        yield* source(log)(signal);
        await new Promise(() => undefined);
      });
      waiting = read(items);
    });
    await settleTurn();
    system.exit(self.pid, 'kill');
    expectFree(system);
    expect(await rejection(waiting)).toMatchObject({ code: 'ZOMBIE' });
    expect(await rejection(items.next())).toMatchObject({ code: 'ZOMBIE' });
    const late = guard(self, source(log));
    expect(await rejection(late.next())).toMatchObject({ code: 'ZOMBIE' });
    await settleTurn();
    expect(log).toEqual(['open', 'closed', 'aborted']);
  });

  test('it ends with its system: SYSTEM_STOPPED, also afterwards', async () => {
    const system = testSystem();
    const log: string[] = [];
    const items = guard(system, source(log));
    await items.next();
    await system.stop();
    expect(await rejection(items.next())).toMatchObject({ code: 'SYSTEM_STOPPED' });
    await settleTurn();
    expect(log).toEqual(['open', 'aborted', 'closed']);
    expect(await rejection(guard(system, source(log)).next())).toMatchObject({ code: 'SYSTEM_STOPPED' });
    expectFree(system);
  });

  test.each<[string, Open]>([
    ['a text', (() => 'text') as never], ['nothing', (() => undefined) as never], ['a number', (() => 5) as never],
    ['the promise of none', (async () => ({})) as never],
  ])('%s is nothing to read: NO_ITEMS, which is no failure of the callee', async (_what, open) => {
    const system = testSystem();
    const error = await rejection(guard(system, open).next());
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({
      code: 'NO_ITEMS', message: expect.stringContaining(`${verb} result: got `) as string,
    });
    expect(system.breaker('b', { failures: 1 }).state).toBe('closed');
    expectFree(system);
  });

  test.each<[string, Open]>([
    ['that throws', () => { throw boom; }],
    ['that rejects', () => Promise.reject(boom)],
    ['with a then that throws', () => ({ get then() { throw boom; } }) as never],
    ['whose iterator throws', () => ({ [Symbol.asyncIterator]() { throw boom; } })],
    ['whose next throws', () => ({ [Symbol.asyncIterator]: () => ({ next() { throw boom; } }) })],
    ['whose result throws', () =>
      ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ get done(): boolean { throw boom; } }) }) }) as never],
    ['whose item rejects', () => [Promise.reject<number>(boom)]],
    ['that cannot be asked', () => new Proxy({}, { has() { throw boom; } }) as never],
  ])('a function %s has failed', async (_what, open) => {
    const system = testSystem();
    expect(await rejection(guard(system, open).next())).toBe(boom);
    expectFree(system);
  });

  test('one that is opened when its reader has left is closed', async () => {
    const system = testSystem();
    const gate = new Gate<AsyncIterable<number>>();
    const ended: string[] = [];
    const items = guard(system, () => gate.promise);
    const waiting = items.next();
    await settleTurn();
    await items.return?.();
    gate.open({ [Symbol.asyncIterator]: () => ({
      next: () => { throw boom; }, async return() { ended.push('closed'); return { done: true, value: 0 }; },
    }) });
    await settleTurn();
    expect(ended).toEqual(['closed']);
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('a function that leaves, or asks for more, while it opens', async () => {
    const system = testSystem();
    let inner: Promise<unknown> | undefined;
    const items: AsyncIterableIterator<unknown> = guard(system, () => {
      inner = items.next();
      return [1, 2];
    });
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await inner).toEqual({ done: false, value: 2 });
    await items.return?.();
    const left: AsyncIterableIterator<unknown> = guard(system, () => {
      void left.return?.();
      return [1, 2];
    });
    expect(await left.next()).toEqual({ done: true, value: undefined });
    await settleTurn();
    expectFree(system);
  });

  test('P8 a loop over what is always there lets timers have their turns', async () => {
    const system = testSystem();
    let fired = false;
    setTimeout(() => { fired = true; }, 5);
    let items = 0;
    for await (const item of guard(system, function* () { for (;;) yield 1; })) {
      items += item as number;
      if (fired || items > 5_000_000) break;
    }
    expect(fired).toBe(true);
    await system.stop();
    const over = guard(system, () => [1]);
    fired = false;
    setTimeout(() => { fired = true; }, 5);
    for (let n = 0; !fired && n < 5_000_000; n++) await over.next().catch(() => undefined);
    expect(fired).toBe(true);
  });

  test('what is no function, and bad options, are thrown', () => {
    const system = testSystem();
    expect(() => guard(system, function* () { yield 1; }, { nonsense: 1 } as never)).toThrow(/nonsense/);
    expect(() => guard(system, function* () { yield 1; }, { signal: 5 as never })).toThrow(OptionError);
    if (verb !== 'retryStream') expect(() => guard(system, 5 as never)).toThrow(OptionError);
    expect(() => system.retryStream(5 as never)).toThrow(OptionError);
  });

  test('an error of the source that nobody looks at surfaces, once', async () => {
    const system = testSystem();
    void guard(system, source([], 0)).next();
    expect(await strays.seen()).toEqual([boom]);
    strays.end();
    strays.begin();
  });
});
