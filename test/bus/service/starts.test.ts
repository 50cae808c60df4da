import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import { defineService } from '../../../src/bus/service/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, expectBalanced } from './help.js';

const OPERATIONS = {
  chat: { request: z.number(), response: z.number() },
  tokens: { request: z.number(), item: z.number() },
};
/** Answers what it is asked. */
const Model = defineAgent({
  calls: {
    chat: (_self, n: number) => n,
    async *tokens(_self, n: number) { yield* [1, n]; },
  },
});
/** 1,000 a ms, at most 100 at once: what owes is to be seen in ms. */
const LIMIT = { weightPerMinute: 60_000, weightBurst: 100 };

function started(env: VirtualEnv, spec: Partial<Parameters<typeof defineService<typeof OPERATIONS>>[0]>) {
  const system = testSystem({ env });
  const Infer = defineService({ name: 'infer', operations: OPERATIONS, limit: LIMIT, ...spec });
  const infer = system.service(Infer, { workers: [system.start(Model)], concurrency: 10 });
  const done: number[] = [];
  const ask = (n: number): void => void infer.request('chat', n).then((value) => done.push(value), () => undefined);
  return { system, infer, done, ask };
}

async function pass(env: VirtualEnv, ms: number): Promise<void> {
  await settleTurn();
  await env.advance(ms);
  await settleTurn();
}

describe('V Backpressure: requests of a service weigh under its limit', () => {
  test('one begins when its weight fits, in the order of asking; without a weight it is 1', async () => {
    const env = new VirtualEnv();
    const { done, ask, infer } = started(env, { weight: { chat: (n) => n } });
    for (const n of [60, 60, 1]) ask(n);
    await pass(env, 0);
    expect(done, 'a light one does not overtake').toEqual([60]);
    expect(infer.stats()).toMatchObject({ waiting: 2 });
    await pass(env, 19);
    expect(done).toEqual([60]);
    await pass(env, 1);
    expect(done).toEqual([60, 60]);
    await pass(env, 1);
    expect(done).toEqual([60, 60, 1]);
    const plain = started(env, {});
    for (let n = 0; n < 101; n++) plain.ask(n);
    await pass(env, 0);
    expect(plain.done).toHaveLength(100);
    expectBalanced(plain.infer.stats());
  });

  test('weigh corrects it by the response: the rest comes back, or is owed', async () => {
    const env = new VirtualEnv();
    const { done, ask } = started(env, { weight: { chat: () => 100 }, weigh: { chat: (answer) => answer } });
    ask(10);
    await pass(env, 0);
    ask(150);
    await pass(env, 9);
    expect(done).toEqual([10]);
    await pass(env, 1);
    expect(done, 'it has come back to 90, and needs 100').toEqual([10, 150]);
    ask(0);
    await pass(env, 149);
    expect(done).toHaveLength(2);
    await pass(env, 1);
    expect(done).toHaveLength(3);
  });

  test('of a stream the last item that says something counts', async () => {
    const env = new VirtualEnv();
    const { infer, done, ask } = started(env, {
      weight: { chat: () => 100 }, weigh: { tokens: (item, to) => (item === 1 ? undefined : item + to) },
    });
    const items: number[] = [];
    const read = (async () => { for await (const item of infer.stream('tokens', 40)) items.push(item); })();
    await pass(env, 0);
    await read;
    expect(items).toEqual([1, 40]);
    ask(1);
    await pass(env, 79);
    expect(done).toEqual([]);
    await pass(env, 1);
    expect(done).toEqual([1]);
  });

  test('who leaves the line takes its weight along: a lighter one behind does not wait for it', async () => {
    const env = new VirtualEnv();
    const { infer, done, ask } = started(env, { weight: { chat: (n) => n } });
    ask(100);
    const heavy = codeOf(infer.request('chat', 90, { timeoutMs: 20 }));
    ask(21);
    await pass(env, 19);
    expect(done).toEqual([100]);
    await pass(env, 1);
    expect(await heavy).toBe('TIMEOUT');
    await pass(env, 1);
    expect(done).toEqual([100, 21]);
    ask(100);
    await pass(env, 99);
    expect(done, 'the start of the one that left was given back, not used').toHaveLength(2);
    await pass(env, 1);
    expect(done).toEqual([100, 21, 100]);
  });

  test('each attempt weighs; one that never fits is refused and counted nowhere', async () => {
    const env = new VirtualEnv();
    let tries = 0;
    const system = testSystem({ env });
    const Infer = defineService({
      name: 'infer', operations: OPERATIONS, limit: LIMIT, weight: { chat: (n) => n },
      guarantee: 'at-least-once', retry: { when: () => true },
    });
    const Busy = defineAgent({
      calls: {
        chat: (self, n: number) => (++tries < 2 ? self.refuse('BUSY') : n),
        async *tokens(_self, n: number) { yield n; },
      },
    });
    const infer = system.service(Infer, { workers: [system.start(Busy)] });
    const asked = infer.request('chat', 80);
    await pass(env, 59);
    expect(tries).toBe(1);
    await pass(env, 1);
    expect(await asked).toBe(80);
    expect(await codeOf(infer.request('chat', 101))).toBe('OVERWEIGHT');
    expect(await codeOf(infer.request('chat', 0.5))).toBe('BAD_OPTION');
    expect(infer.stats()).toMatchObject({ requested: 1, responded: 1, retried: 1 });
  });

  test('what the functions throw: of weight whoever asks is told it, of weigh it is logged', async () => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const answers: unknown[] = [-1, 'many', Promise.resolve(3), null];
    const Infer = defineService({
      name: 'infer', operations: OPERATIONS, limit: LIMIT,
      weight: { chat: (n) => { if (n === 0) throw new RangeError('weight'); return n; } },
      weigh: {
        chat: () => { if (answers.length === 0) throw new Error('weigh'); return answers.shift() as number; },
      },
    });
    const infer = system.service(Infer, { workers: [system.start(Model)] });
    await expect(infer.request('chat', 0)).rejects.toThrow(new RangeError('weight'));
    for (let n = 1; n < 6; n++) expect(await infer.request('chat', n)).toBe(n);
    expect(infer.stats()).toMatchObject({ requested: 5, responded: 5 });
    expect(logger.texts('warn').filter((text) => text.includes('weigh of a service failed'))).toHaveLength(5);
  });

  test('misuse is told at the definition', () => {
    const define = defineService as (spec: unknown) => unknown;
    const code = (make: () => unknown): unknown => {
      try { make(); } catch (error) { return (error as { code?: unknown }).code; }
      return 'done';
    };
    const spec = { name: 'x', operations: OPERATIONS, limit: LIMIT };
    expect(code(() => define({ ...spec, weight: { chatt: () => 1 } }))).toBe('UNKNOWN_OPTION');
    expect(code(() => define({ ...spec, weigh: { chat: 1 } }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, weight: 7 }))).toBe('BAD_OPTION');
    expect(code(() => define({ ...spec, weight: { chat: undefined } }))).toBe('done');
    expect(code(() => define({ ...spec, limit: { perMinute: 5 }, weight: { chat: () => 1 } }))).toBe('BAD_COMBINATION');
    expect(code(() => define({ ...spec, limit: undefined, weigh: {} }))).toBe('BAD_COMBINATION');
    const named = { toString: OPERATIONS.chat };
    expect(code(() => define({ ...spec, operations: named, weight: {} })), 'own names only').toBe('done');
  });
});
