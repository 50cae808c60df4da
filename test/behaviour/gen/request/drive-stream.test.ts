import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure, rejection } from '../../help.js';

const boom = new Error('boom');

/** An agent whose streams write down what they make. */
function source(env?: VirtualEnv) {
  const made: number[] = [];
  const Source = defineAgent({
    calls: {
      *plain(self, to: number) {
        try { for (let n = 1; n <= to; n++) { made.push(n); yield n; } } finally { made.push(0); }
        return to === 3 ? self.refuse('ENOUGH') : undefined;
      },
      async *later(_self, to: number) {
        try { for (let n = 1; n <= to; n++) { made.push(n); yield n; } } finally { made.push(0); }
      },
      *crash() { yield 1; yield 2; throw boom; },
      *texts(_self, texts: unknown[]) { for (const text of texts) { made.push(made.length); yield text; } },
      ping: () => 'pong',
    },
  });
  const system = env === undefined ? testSystem() : testSystem({ env });
  return { system, ref: system.start(Source), made };
}

describe('a stream with credit', () => {
  test.each(['plain', 'later'] as const)('the handler (%s) begins at once, ahead by credit - 1', async (op) => {
    const { ref, made } = source();
    const items = ref.stream(op, 100, { credit: 8 });
    await settleTurn();
    expect(made).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(items.sequence).toBe(0);
    for (const n of [1, 2, 3]) expect(await items.next()).toEqual({ done: false, value: n });
    await settleTurn();
    expect(made, 'half of them lie ready still').toHaveLength(7);
    expect(await items.next()).toEqual({ done: false, value: 4 });
    await settleTurn();
    expect(made).toHaveLength(11);
    expect((await items.collect()).at(-1)).toBe(100);
    expect(items.sequence).toBe(100);
  });

  test('with credit 1 nothing is made before it is asked for', async () => {
    const { ref, made } = source();
    const items = ref.stream('plain', 9, { credit: 1 });
    await settleTurn();
    expect(made).toEqual([]);
    await items.next();
    await settleTurn();
    expect(made).toEqual([1]);
    await items.return();
  });

  test('what was made comes before the end, the refusal and the crash', async () => {
    const { ref, made, system } = source();
    const two = ref.stream('plain', 2, { credit: 64 });
    await settleTurn();
    expect(made).toEqual([1, 2, 0]);
    expect(await ref.call('ping'), 'the turn is over when the handler is').toBe('pong');
    expect(await two.collect()).toEqual([1, 2]);
    const three = ref.stream('plain', 3, { credit: 64 });
    await settleTurn();
    for (const value of [1, 2, 3]) expect(await three.next()).toEqual({ done: false, value });
    expect(await callFailure(three.next())).toMatchObject({ code: 'REFUSED', refusal: 'ENOUGH' });
    const crash = ref.stream('crash', undefined, { credit: 64 });
    const { down } = system.monitor(ref);
    await settleTurn();
    expect((await down).reason).toBe(boom);
    for (const value of [1, 2]) expect(await crash.next()).toEqual({ done: false, value });
    expect(await callFailure(crash.next())).toMatchObject({ code: 'EXIT', reason: boom });
    expect(await crash.next()).toEqual({ done: true, value: undefined });
  });

  test('what lies ready is dropped when the reader goes, and the handler is finished', async () => {
    const { ref, made } = source();
    const items = ref.stream('plain', 99, { credit: 4 });
    await items.next();
    await items.return();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(await ref.call('ping')).toBe('pong');
    expect(made.at(-1)).toBe(0);
    expect(items.sequence).toBe(1);
    const controller = new AbortController();
    const aborted = ref.stream('plain', 99, { credit: 4, signal: controller.signal });
    await aborted.next();
    controller.abort(boom);
    await expect(aborted.next()).rejects.toBe(boom);
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
    const late = new AbortController();
    const ended = ref.stream('plain', 2, { credit: 4, signal: late.signal });
    await settleTurn();
    late.abort('late');
    expect(await rejection(ended.next()), 'also when the handler has ended').toBe('late');
    expect(await ended.next()).toEqual({ done: true, value: undefined });
  });

  test('the handler of a stream that lies ready goes on with no item while the bytes are used up', async () => {
    const { ref, made } = source();
    const texts = ['aaaa', 'bbbb', 'cccccccccccccccccccccccccc', 'd', 'e', 'f', { g: 'g' }, 'h'];
    const items = ref.stream('texts', texts, { credit: 64, creditBytes: 8 });
    await settleTurn();
    expect(made).toHaveLength(2);
    expect(await items.collect()).toEqual(texts);
    const odd = { get g(): string { throw boom; } };
    const hostile = ref.stream('texts', [odd, odd, 1, 2], { credit: 64, creditBytes: 8 });
    expect(await hostile.collect()).toEqual([odd, odd, 1, 2]);
  });

  test('a getter of an item that is weighed may leave the stream, or ask for it', async () => {
    const { ref } = source();
    const leaves = { get g(): number { void left.return(); return 1; } };
    const left = ref.stream('texts', [leaves, leaves, 2], { credit: 64, creditBytes: 80 });
    await settleTurn();
    expect(await left.collect()).toEqual([]);
    let asked: Promise<unknown> | undefined;
    const asks = { get g(): number { asked ??= items.next(); return 1; } };
    const items = ref.stream('texts', [asks, 2], { credit: 64, creditBytes: 80 });
    await settleTurn();
    expect(await asked).toEqual({ done: false, value: asks });
    expect(await items.collect()).toEqual([2]);
    expect(await ref.call('ping')).toBe('pong');
  });

  test('P8 a handler that runs far ahead leaves the event loop its turns', async () => {
    const { ref, made } = source();
    const items = ref.stream('plain', 300_000, { credit: 300_000, itemTimeoutMs: 'infinity' });
    let turns = 0;
    while (made.length < 300_000 && turns < 300_000) {
      await settleTurn();
      turns++;
    }
    expect(turns).toBeGreaterThan(3);
    await items.return();
  });

  test('P8 a reader of what lies ready leaves the event loop its turns', async () => {
    const { ref } = source();
    const items = ref.stream('plain', 200_000, { credit: 64 });
    let timers = 0;
    const timer = setInterval(() => timers++, 1);
    const all = await items.collect({ max: 200_000 });
    clearInterval(timer);
    expect(all).toHaveLength(200_000);
    expect(timers).toBeGreaterThan(2);
  });

  test('P16 what lies ready for a reader that has died is dropped: it gets a ZOMBIE', async () => {
    const { ref, system } = source();
    const items = await new Promise<AsyncIterator<number, unknown>>((resolve) => {
      system.spawn(async (self) => {
        const mine = self.stream(ref, 'plain', 5, { credit: 64 });
        await mine.next();
        resolve(mine);
      });
    });
    await settleTurn();
    expect(await callFailure(items.next())).toMatchObject({ code: 'ZOMBIE' });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test('P35 the stop of the system ends a stream after what lies ready', async () => {
    const { ref, system } = source();
    const items = ref.stream('plain', 99, { credit: 3 });
    await settleTurn();
    await system.stop();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await items.next()).toEqual({ done: false, value: 2 });
    expect(await callFailure(items.next())).toMatchObject({ code: 'EXIT' });
  });
});

describe('a stream that nobody reads', () => {
  test('is cancelled after itemTimeoutMs, with what lies ready', async () => {
    const env = new VirtualEnv();
    const { ref, made } = source(env);
    const items = ref.stream('plain', 99, { credit: 4, itemTimeoutMs: 100 });
    await env.advance(99);
    expect(made).toEqual([1, 2, 3]);
    await env.advance(1);
    expect(made).toEqual([1, 2, 3, 0]);
    expect(await callFailure(items.next())).toMatchObject({ code: 'TIMEOUT' });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(await ref.call('ping')).toBe('pong');
  });

  test('is not while items are taken; at most twice as long after what lay ready', async () => {
    const env = new VirtualEnv();
    const { ref } = source(env);
    const items = ref.stream('plain', 99, { credit: 4, itemTimeoutMs: 100 });
    for (let n = 1; n <= 20; n++) {
      expect(await items.next()).toEqual({ done: false, value: n });
      await env.advance(90);
    }
    await env.advance(110);
    expect(await callFailure(items.next())).toMatchObject({ code: 'TIMEOUT' });
  });

  test('waits for ever when it is told so', async () => {
    const env = new VirtualEnv();
    const { ref } = source(env);
    const items = ref.stream('plain', 2, { itemTimeoutMs: 'infinity' });
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await env.advance(10_000_000);
    expect(await items.collect()).toEqual([2]);
  });
});
