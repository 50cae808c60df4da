import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineAgent, on } from '../../../../src/index.js';
import { z } from 'zod';
import { Strays } from '../../../support/strays.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure, Gate, rejection, until } from '../../help.js';

const boom = new Error('boom');

/** An agent whose streams write down what they do. */
function source() {
  const log: string[] = [];
  const gate = new Gate();
  const Source = defineAgent({
    init: () => ({ sum: 0 }),
    calls: {
      async *count(self, to: number) {
        try {
          for (let n = 1; n <= to; n++) { log.push(`make ${n}`); self.state.sum += n; yield n; }
          log.push('done');
        } finally { log.push('finally'); }
      },
      *sync(_self, to: number) { for (let n = 1; n <= to; n++) yield n; },
      async *crash() { yield 1; throw boom; },
      async *hang() { yield 1; await gate.promise; yield 2; },
      sum: (self) => self.state.sum,
      checked: on(z.string().transform(Number), async function* (_self, n: number) { yield n * 2; }),
      noStream: () => 1,
    },
    casts: { note: () => { log.push('note'); } },
  });
  return { Source, log, gate };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('streams', () => {
  test('items arrive in order, from an async and from a plain generator, and the state is the agent\'s', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    expect(await collect(ref.stream('count', 4))).toEqual([1, 2, 3, 4]);
    expect(log.slice(-2)).toEqual(['done', 'finally']);
    expect(await collect(ref.stream('sync', 3))).toEqual([1, 2, 3]);
    expect(await collect(ref.stream('count', 0))).toEqual([]);
    expect(await ref.call('sum')).toBe(10);
    expect(system.stats()).toMatchObject({ handled: 4, crashes: 0 });
  });

  test('the handler runs only while an item is asked for', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const items = system.start(Source).stream('count', 3);
    await settleTurn();
    expect(log).toEqual([]);
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await settleTurn();
    expect(log).toEqual(['make 1']);
    expect(await items.next()).toEqual({ done: false, value: 2 });
    expect(log).toEqual(['make 1', 'make 2']);
    await items.return?.();
  });

  test('a stream holds the turn: messages wait until it is over', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    const items = ref.stream('count', 2);
    await items.next();
    ref.cast('note');
    await settleTurn();
    expect(log).toEqual(['make 1']);
    await collect(items);
    await ref.call('sum');
    expect(log).toEqual(['make 1', 'make 2', 'done', 'finally', 'note']);
  });

  test('break runs the generator\'s finally and gives the turn back', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    for await (const n of ref.stream('count', 100)) if (n === 2) break;
    expect(await ref.call('sum')).toBe(3);
    expect(log).toEqual(['make 1', 'make 2', 'finally']);
    const never = ref.stream('count', 5);
    await never.return?.();
    expect(await ref.call('sum'), 'a stream that was left before it began is not run').toBe(3);
    expect(await never.next()).toEqual({ done: true, value: undefined });
  });

  test('who leaves a stream that has failed meanwhile is told nothing any more', async () => {
    const system = testSystem();
    const { Source } = source();
    const items = system.start(Source).stream('count', 2, { signal: AbortSignal.abort('early') });
    await items.return?.();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    const controller = new AbortController();
    const begun = system.start(Source).stream('count', 2, { signal: controller.signal });
    expect(await begun.next()).toEqual({ done: false, value: 1 });
    controller.abort('late');
    expect(await begun.return?.()).toEqual({ done: true, value: undefined });
    expect(await begun.next()).toEqual({ done: true, value: undefined });
  });

  test('an error in the middle reaches the consumer as EXIT with that reason, and is a crash', async () => {
    const system = testSystem();
    const { Source } = source();
    const ref = system.start(Source);
    const down = system.monitor(ref).down;
    const items = ref.stream('crash');
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await callFailure(items.next())).toMatchObject({ code: 'EXIT', reason: boom, op: 'crash' });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect((await down).reason).toBe(boom);
  });

  test('the death of the callee ends a stream that waits, one that is queued, and one that nobody reads now', async () => {
    const system = testSystem();
    const { Source } = source();
    const ref = system.start(Source);
    const waiting = ref.stream('hang');
    await waiting.next();
    const second = callFailure(waiting.next());
    const queued = ref.stream('count', 1);
    const first = callFailure(queued.next());
    await settleTurn();
    system.exit(ref, 'outage');
    expect(await second).toMatchObject({ code: 'EXIT', reason: 'outage' });
    expect(await first).toMatchObject({ code: 'EXIT', reason: 'outage' });
    const other = system.start(Source);
    const idle = other.stream('count', 9);
    await idle.next();
    system.exit(other, 'outage');
    expect(await callFailure(idle.next())).toMatchObject({ code: 'EXIT', reason: 'outage' });
  });

  test('an item that does not come within timeoutMs ends the stream; the agent lives and its turn ends when it can', async () => {
    const system = testSystem();
    const { Source, gate } = source();
    const ref = system.start(Source);
    const items = ref.stream('hang', undefined, { timeoutMs: 3 });
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await callFailure(items.next())).toMatchObject({ code: 'TIMEOUT' });
    gate.open();
    expect(await ref.call('sum')).toBe(0);
    expect(system.stats().crashes).toBe(0);
  });

  test('the timeout is per item, not for the whole', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Slow = defineAgent({ calls: { async *slow() {
      for (let n = 0; n < 6; n++) {
        await new Promise<void>((resolve) => void env.timer(40, resolve));
        yield n;
      }
    } } });
    const all = collect(system.start(Slow).stream('slow', undefined, { timeoutMs: 60 }));
    await env.advance(300);
    expect(await all).toHaveLength(6);
  });

  test('an abort ends the stream with the signal\'s reason and runs finally', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    const controller = new AbortController();
    const items = ref.stream('count', 9, { signal: controller.signal });
    await items.next();
    controller.abort('enough');
    expect(await rejection(items.next())).toBe('enough');
    await ref.call('sum');
    expect(log).toEqual(['make 1', 'finally']);
    expect(await rejection(ref.stream('count', 9, { signal: controller.signal }).next())).toBe('enough');
  });

  test('the death of the consuming agent frees the turn of the source', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    const Reader = defineAgent({ casts: {
      async read() { for await (const n of ref.stream(
        'count', 9,
      )) if (n === 2) await new Promise(() => undefined); },
    } });
    const reader = system.start(Reader);
    reader.cast('read');
    await until(() => log.length === 2);
    system.exit(reader, 'kill');
    expect(await ref.call('sum')).toBe(3);
    expect(log).toEqual(['make 1', 'make 2', 'finally']);
  });

  test('a second next() before the first has settled is an error, not a lost item', async () => {
    const system = testSystem();
    const { Source } = source();
    const items = system.start(Source).stream('count', 2);
    const first = items.next();
    await expect(items.next()).rejects.toBeInstanceOf(TypeError);
    expect(await first).toEqual({ done: false, value: 1 });
    await items.return?.();
  });

  test('P16 a generator of a dead agent is not run on: its finally runs, no further item is made', async () => {
    const system = testSystem();
    const { Source, log } = source();
    const ref = system.start(Source);
    const items = ref.stream('count', 9);
    await items.next();
    system.exit(ref, 'kill');
    await callFailure(items.next());
    await settleTurn();
    expect(log).toEqual(['make 1', 'finally']);
  });

  test('a consumer that asks for nothing for 30 s is cancelled: finally runs, the turn is free, its next() is TIMEOUT', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Source, log } = source();
    const ref = system.start(Source);
    const items = ref.stream('count', 9);
    await items.next();
    ref.cast('note');
    await env.advance(29_900);
    expect(log).toEqual(['make 1']);
    await env.advance(200);
    expect(log).toEqual(['make 1', 'finally', 'note']);
    expect(await callFailure(items.next())).toMatchObject({ code: 'TIMEOUT', op: 'count' });
    expect(await ref.call('sum')).toBe(1);
  });

  test('every item asked for starts the 30 s anew', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Source } = source();
    const items = system.start(Source).stream('count', 4);
    for (let n = 1; n <= 4; n++) {
      expect(await items.next()).toEqual({ done: false, value: n });
      await env.advance(29_000);
    }
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test('an abort that comes while the generator works on an item ends it after that item', async () => {
    const system = testSystem();
    const { Source, gate } = source();
    const ref = system.start(Source);
    const controller = new AbortController();
    const items = ref.stream('hang', undefined, { signal: controller.signal });
    await items.next();
    const second = rejection(items.next());
    await settleTurn();
    controller.abort('enough');
    expect(await second).toBe('enough');
    gate.open();
    expect(await ref.call('sum')).toBe(0);
  });

  describe('P17 producers that hurt', () => {
    const strays = new Strays();
    beforeEach(() => strays.begin());
    afterEach(() => strays.end());

    test('the signal of a stream fires when its consumer has gone, so that what waits for the outside ends; its reason ends the stream only', async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const reasons: unknown[] = [];
      const aborted = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => {
        const fail = (): void => { reasons.push(signal.reason); reject(signal.reason as Error); };
        if (signal.aborted) fail();
        else signal.addEventListener('abort', fail);
      });
      const Source = defineAgent({ calls: {
        async *wait(self) { yield 1; await aborted(self.signal); },
        async *late(self) { await gate.promise; yield aborted(self.signal); }, ping: () => 'pong',
      } });
      const gate = new Gate();
      const ref = system.start(Source);
      const left = ref.stream('wait');
      await left.next();
      const asked = left.next();
      await env.settle();
      await left.return?.();
      expect(await asked).toEqual({ done: true, value: undefined });
      expect(await ref.call('ping')).toBe('pong');
      const late = ref.stream('wait', undefined, { timeoutMs: 50 });
      await late.next();
      const error = callFailure(late.next());
      await env.advance(50);
      const cancelled = new AbortController();
      const stopped = ref.stream('wait', undefined, { signal: cancelled.signal });
      await stopped.next();
      const third = rejection(stopped.next());
      await env.settle();
      cancelled.abort('enough');
      await env.settle();
      const born = ref.stream('late');
      void born.next();
      await env.settle();
      await born.return?.();
      gate.open();
      expect(await ref.call('ping')).toBe('pong');
      expect(reasons).toEqual([
        expect.objectContaining({ name: 'AbortError' }), await error, await third,
        expect.objectContaining({ name: 'AbortError' }),
      ]);
      expect(system.stats()).toMatchObject({ crashes: 0, refused: 4 });
      expect(system.alive(ref.pid!)).toBe(true);
    });

    test('the reason of an abort reaches the handler as it is, also null', async () => {
      const system = testSystem();
      let signal: AbortSignal | undefined;
      const Source = defineAgent({ calls: { async *one(self) { ({ signal } = self); yield 1; yield 2; } } });
      const controller = new AbortController();
      const items = system.start(Source).stream('one', undefined, { signal: controller.signal });
      await items.next();
      controller.abort(null);
      expect([signal?.aborted, signal?.reason]).toEqual([true, null]);
      await settleTurn();
    });

    test('a signal of a stream that comes to its end does not fire', async () => {
      const system = testSystem();
      let signal: AbortSignal | undefined;
      const Source = defineAgent({ calls: { async *one(self) { ({ signal } = self); yield 1; } } });
      const ref = system.start(Source);
      expect(await collect(ref.stream('one'))).toEqual([1]);
      await settleTurn();
      system.exit(ref, 'kill');
      await settleTurn();
      expect(signal?.aborted).toBe(false);
    });

    test('a finally that throws is a crash of the agent, one that never ends holds a living agent only', async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const Source = defineAgent({
        calls: {
          async *fails() { try { yield 1; yield 2; } finally { await Promise.reject(boom); } },
          async *stays() { try { yield 1; yield 2; } finally { await new Promise(() => undefined); } },
        },
      });
      const failing = system.start(Source);
      const { down } = system.monitor(failing);
      for await (const n of failing.stream('fails')) if (n === 1) break;
      expect((await down).reason).toBe(boom);
      const staying = system.start(Source);
      for await (const n of staying.stream('stays')) if (n === 1) break;
      await env.settle();
      expect(system.inspect(staying)?.status).toBe('waiting');
      system.exit(staying, 'kill');
      expect(await strays.seen()).toEqual([]);
    });

    test('a promise that a plain generator yields is awaited: its value is the item, its rejection the end of the agent', async () => {
      const system = testSystem();
      const Source = defineAgent({ calls: {
        *values(_self, fails: boolean) { yield Promise.resolve(1); if (fails) yield Promise.reject(boom); yield 2; },
      } });
      const ref = system.start(Source);
      expect(await collect(ref.stream('values', false))).toEqual([1, 2]);
      expect(await callFailure(collect(ref.stream('values', true))))
        .toMatchObject({ code: 'EXIT', reason: boom });
      expect(await strays.seen()).toEqual([]);
    });

    test('a next() that nobody awaits ends no program, whatever it rejects with', async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const { Source } = source();
      void system.ref(Source, 'nobody').stream('count', 1).next();
      const ref = system.start(Source);
      const items = ref.stream('count', 9, { timeoutMs: 10 });
      void items.next();
      void items.next();
      await env.settle();
      await env.advance(30_000);
      void items.next();
      void ref.stream('count', 9, { signal: AbortSignal.abort(boom) }).next();
      void ref.stream('crash').next();
      expect(await strays.seen()).toEqual([]);
    });
  });
});
