import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineAgent, OptionError } from '../../../../src/index.js';
import { Strays } from '../../../support/strays.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { callFailure, rejection } from '../../help.js';

const boom = new Error('boom');

/** An agent whose streams write down how they end. */
function source() {
  const log: string[] = [];
  const Source = defineAgent({
    calls: {
      async *count(_self, to: number) {
        try { for (let n = 1; n <= to; n++) { log.push(`make ${n}`); yield n; } } finally { log.push('finally'); }
      },
      async *texts(self, fails: 'throws' | 'refuses' | undefined) {
        yield 'one\ntwo\r\nthree';
        yield { n: 1 };
        if (fails === 'throws') throw boom;
        if (fails === 'refuses') return self.refuse('ENOUGH', 'a secret');
        yield undefined;
        return undefined;
      },
      async *odd() { try { yield 1n; } finally { log.push('finally'); } },
      async *web(self, body: ReadableStream<Uint8Array>) {
        self.signal.addEventListener('abort', () => log.push('abort'));
        const text = new TextDecoder();
        for await (const chunk of body) yield text.decode(chunk, { stream: true });
      },
      async *node(_self, from: Readable) { yield* from as AsyncIterable<number>; },
      ping: () => 'pong',
    },
  });
  const system = testSystem();
  return { ref: system.start(Source), log, system, Source };
}

describe('what a reader can do with a stream', () => {
  test('collect gives what is still to come, and counts it', async () => {
    const { ref, system } = source();
    const items = ref.stream('count', 4);
    expect(items.sequence).toBe(0);
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await items.collect()).toEqual([2, 3, 4]);
    expect(items.sequence).toBe(4);
    expect(await items.collect()).toEqual([]);
    expect(await ref.stream('count', 0).collect({ max: 0 })).toEqual([]);
    expect(await ref.call('ping')).toBe('pong');
    expect(system.stats()).toMatchObject({ crashes: 0, handled: 3 });
  });

  test('collect of more than max fails, and the handler is cancelled', async () => {
    const { ref, log } = source();
    expect(await ref.stream('count', 3).collect({ max: 3 })).toEqual([1, 2, 3]);
    const items = ref.stream('count', 9);
    const error = await rejection(items.collect({ max: 2 })) as Error;
    expect(error).toMatchObject({ code: 'STREAM_TOO_LONG' });
    expect(error.message).toMatch(/^stream 'count' to .*: more than 2 items/);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await ref.call('ping');
    expect(log.slice(-4)).toEqual(['make 1', 'make 2', 'make 3', 'finally']);
  });

  test('collect fails as the stream does', async () => {
    const { ref } = source();
    expect(await callFailure(ref.stream('texts', 'throws').collect())).toMatchObject({ code: 'EXIT', reason: boom });
  });

  test('first takes one item and cancels; there is none in an empty stream', async () => {
    const { ref, log } = source();
    const items = ref.stream('count', 9);
    expect(await items.first()).toBe(1);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await ref.call('ping');
    expect(log).toEqual(['make 1', 'finally']);
    expect(await rejection(ref.stream('count', 0).first())).toMatchObject({ code: 'STREAM_EMPTY' });
  });

  test('wrong options are told where they enter', async () => {
    const { ref } = source();
    const items = ref.stream('count', 1);
    for (const max of [-1, 1.5, NaN, '3', 10_000_001]) {
      expect(await rejection(items.collect({ max } as never))).toBeInstanceOf(OptionError);
    }
    expect(await rejection(items.collect({ maximum: 3 } as never))).toMatchObject({ code: 'UNKNOWN_OPTION' });
    expect(await rejection(items.collect(null as never))).toBeInstanceOf(OptionError);
    for (const options of [{ event: 'a\nb' }, { event: '' }, { event: 5 }, { id: 'x' }, { ids: true }, null]) {
      expect(() => items.toEvents(options as never)).toThrow(OptionError);
    }
    expect(await items.collect()).toEqual([1]);
  });

  test('is shown as what it is', () => {
    const { ref } = source();
    expect(String(ref.stream('count', 1))).toMatch(/^AgentStream\(stream 'count' to .*: 0 taken\)$/);
  });
});

describe('streams out', () => {
  test('as a web stream: an item is made when it is pulled, and a cancellation reaches the handler', async () => {
    const { ref, log } = source();
    const reader = ref.stream('count', 9).toReadable().getReader();
    await settleTurn();
    expect(log).toEqual([]);
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await settleTurn();
    expect(log).toEqual(['make 1']);
    await reader.cancel('enough');
    expect(await ref.call('ping')).toBe('pong');
    expect(log).toEqual(['make 1', 'finally']);
    const all: number[] = [];
    for await (const n of ref.stream('count', 3).toReadable()) all.push(n);
    expect(all).toEqual([1, 2, 3]);
  });

  test('a second reader takes nothing, and does not end the stream of the first', async () => {
    const { ref } = source();
    const items = ref.stream('count', 2);
    const first = items.next();
    await expect(items.toReadable().getReader().read()).rejects.toBeInstanceOf(TypeError);
    expect(await first).toEqual({ done: false, value: 1 });
    const second = items.next();
    expect(await new Response(items.toEvents()).text()).toBe('event: error\ndata: {"code":"TypeError"}\n\n');
    expect(await second).toEqual({ done: false, value: 2 });
    expect(await items.collect()).toEqual([]);
  });

  test('a web stream fails as the stream does', async () => {
    const { ref } = source();
    const reader = ref.stream('texts', 'throws').toReadable().getReader();
    await reader.read();
    await reader.read();
    expect(await callFailure(reader.read())).toMatchObject({ code: 'EXIT', reason: boom });
  });

  test('as a Node stream, whose destruction cancels the handler', async () => {
    const { ref, log } = source();
    expect(await Readable.from(ref.stream('count', 3)).toArray()).toEqual([1, 2, 3]);
    const web = ref.stream('count', 3).toReadable();
    expect(await Readable.fromWeb(web, { objectMode: true }).toArray()).toEqual([1, 2, 3]);
    log.length = 0;
    for await (const n of Readable.from(ref.stream('count', 99))) if (n === 2) break;
    await ref.call('ping');
    expect(log.at(-1)).toBe('finally');
  });

  test('as the body of a response: server-sent events, in one line', async () => {
    const { ref } = source();
    const response = new Response(ref.stream('texts', undefined).toEvents());
    expect(await response.text()).toBe('data: one\ndata: two\ndata: three\n\ndata: {"n":1}\n\ndata: null\n\n');
    const named = new Response(ref.stream('count', 2).toEvents({ event: 'tick', id: true }));
    expect(await named.text()).toBe('id: 1\nevent: tick\ndata: 1\n\nid: 2\nevent: tick\ndata: 2\n\n');
  });

  test('a failure is an event with its code, and no more than that', async () => {
    const { ref, log } = source();
    const refused = await new Response(ref.stream('texts', 'refuses').toEvents()).text();
    expect(refused).toMatch(/\n\nevent: error\ndata: {"code":"REFUSED","refusal":"ENOUGH"}\n\n$/);
    const sent = await new Response(ref.stream('odd').toEvents()).text();
    expect(sent).toBe('event: error\ndata: {"code":"TypeError"}\n\n');
    await ref.call('ping');
    expect(log, 'an item that is no JSON cancels the handler').toEqual(['finally']);
    const died = await new Response(ref.stream('texts', 'throws').toEvents()).text();
    expect(died).toMatch(/event: error\ndata: {"code":"EXIT"}\n\n$/);
  });

  test('a client that goes away cancels the handler', async () => {
    const { ref, log } = source();
    const body = new Response(ref.stream('count', 99).toEvents()).body as ReadableStream<Uint8Array>;
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    await ref.call('ping');
    expect(log.at(-1)).toBe('finally');
  });
});

describe('streams in', () => {
  test('a handler passes a web body and a Node stream on', async () => {
    const { ref } = source();
    const body = (): ReadableStream<Uint8Array> => new Response('to be or not').body as ReadableStream<Uint8Array>;
    expect((await ref.stream('web', body()).collect()).join('')).toBe('to be or not');
    expect(await ref.stream('node', Readable.from([1, 2, 3])).collect()).toEqual([1, 2, 3]);
  });

  test('what it reads is cancelled when the reader goes', async () => {
    const { ref, log } = source();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array([65])), cancel: () => { cancelled = true; },
    });
    expect(await ref.stream('web', body).first()).toBe('A');
    await ref.call('ping');
    expect([cancelled, log]).toEqual([true, ['abort']]);
    const node = Readable.from((async function* () { for (;;) yield 1; })());
    for await (const n of ref.stream('node', node)) if (n === 1) break;
    await ref.call('ping');
    expect(node.destroyed).toBe(true);
  });
});

describe('P17 promises that nobody awaits', () => {
  const strays = new Strays();
  beforeEach(() => strays.begin());
  afterEach(() => strays.end());

  test('end no program, of a stream that failed before it began, and of web streams that nobody reads', async () => {
    const { ref, system, Source } = source();
    const nobody = system.ref(Source, 'nobody');
    void nobody.stream('count', 1).collect();
    void nobody.stream('count', 1).first();
    void nobody.stream('count', 1).return();
    void nobody.stream('count', 1).toReadable().getReader().read().catch(() => undefined);
    void ref.stream('count', 9).collect({ max: -1 });
    void ref.stream('texts', 'throws').toReadable().getReader().closed.catch(() => undefined);
    for (const body of [ref.stream('count', 9).toReadable(), ref.stream('count', 9).toEvents()]) {
      const reader = body.getReader();
      void reader.read();
      void reader.cancel();
    }
    const items = ref.stream('count', 9);
    void items.next();
    void items.first();
    void items.collect();
    await settleTurn();
    expect(await strays.seen()).toEqual([]);
  });
});
