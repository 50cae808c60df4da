import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createSystem, defineAgent } from '../../../src/index.js';
import { Completion, defineService } from '../../../src/bus/service/public.js';

const system = createSystem();
const Infer = defineService({
  name: 'infer',
  operations: {
    chat: { request: z.object({ prompt: z.string() }), response: z.object({ text: z.string() }) },
    tokens: { request: z.string(), item: z.number() },
  },
});
const infer = system.service(Infer);

test('a request takes what its operation says, and gives it', () => {
  expectTypeOf(infer.request('chat', { prompt: 'x' })).resolves.toEqualTypeOf<{ text: string }>();
  for (const items of [infer.stream('tokens', 'x')]) {
    expectTypeOf(items).toEqualTypeOf<AsyncIterableIterator<number>>();
  }
  // @ts-expect-error -- no such operation
  void infer.request('chatt', { prompt: 'x' });
  // @ts-expect-error -- another payload
  void infer.request('chat', { prompt: 1 });
  // @ts-expect-error -- it streams
  void infer.request('tokens', 'x');
  // @ts-expect-error -- it does not stream
  infer.stream('chat', { prompt: 'x' });
});

test('a worker has a call for each operation, with its payload and its reply', () => {
  const Whole = defineAgent({
    calls: {
      chat: (_self, { prompt }: { prompt: string }) => ({ text: prompt }),
      async *tokens(_self, text: string) { yield text.length; },
      other: () => 1,
    },
  });
  const Partly = defineAgent({ calls: { chat: (_self, _: { prompt: string }) => ({ text: 'x' }) } });
  const Wrong = defineAgent({
    calls: {
      chat: (_self, _: { prompt: string }) => ({ text: 1 }),
      async *tokens(_self, text: string) { yield text.length; },
    },
  });
  system.service(Infer, { workers: [system.start(Whole)] });
  system.service(Infer, { workers: { start: Whole, count: 2 } });
  infer.join(system.start(Whole));
  // @ts-expect-error -- it lacks tokens
  system.service(Infer, { workers: [system.start(Partly)] });
  // @ts-expect-error -- it lacks tokens
  system.service(Infer, { workers: { start: Partly } });
  // @ts-expect-error -- its reply is another
  infer.join(system.start(Wrong));
});

test('weights know the payloads and answers of their operations', () => {
  defineService({
    name: 'weighed',
    operations: {
      chat: { request: z.object({ prompt: z.string() }), response: z.object({ tokens: z.number() }) },
      tokens: { request: z.string(), item: z.number() },
    },
    limit: { weightPerMinute: 60_000 },
    weight: { chat: ({ prompt }) => prompt.length },
    weigh: {
      chat: ({ tokens }, payload) => {
        expectTypeOf(payload).toEqualTypeOf<{ prompt: string }>();
        return tokens;
      },
      tokens: (item) => item,
    },
  });
  const operations = { chat: { request: z.string(), response: z.number() } };
  // @ts-expect-error -- a weight is a number
  defineService({ name: 'weighed', operations, weight: { chat: (text) => text } });
  // @ts-expect-error -- no such operation
  defineService({ name: 'weighed', operations, weight: { chatt: () => 1 } });
});

test('an invoke takes the input of the call, and completes with its reply', () => {
  const Agent = defineAgent({
    calls: {
      invoke: (_self, topic: string) => new Completion({ topic }),
      other: (_self, n: number) => n,
    },
  });
  const agent = system.start(Agent);
  expectTypeOf(system.invoke(agent, 'x').then((done) => done.payload)).resolves.toEqualTypeOf<{ topic: string }>();
  expectTypeOf(system.invoke(agent, 1, { op: 'other' }).then((done) => done.payload)).resolves.toBeNumber();
  // @ts-expect-error -- another input
  void system.invoke(agent, 1);
  // @ts-expect-error -- no such call
  void system.invoke(agent, 1, { op: 'nothing' });
  const Other = defineAgent({ calls: { ask: () => 1 } });
  // @ts-expect-error -- it has no invoke
  void system.invoke(system.start(Other), undefined);
});
