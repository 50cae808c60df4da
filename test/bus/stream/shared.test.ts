import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineAgent, OptionError, type ProcessSelf, type System } from '../../../src/index.js';
import { TopicGap } from '../../../src/bus/public.js';
import type { SharedStream, StreamReader } from '../../../src/bus/stream/public.js';
import { callFailure, Gate, rejection } from '../../behaviour/help.js';
import { Strays } from '../../support/strays.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const boom = new Error('boom');

function source(system: System) {
  const log: string[] = [];
  const gate = new Gate();
  const Source = defineAgent({
    calls: {
      async *count(_self, to: number) {
        try { for (let n = 1; n <= to; n++) yield n; } finally { log.push('finally'); }
      },
      async *crash() { yield 1; yield 2; throw boom; },
      async *hang() { yield 1; await gate.promise; yield 2; },
      ping: () => 'pong',
    },
  });
  return { ref: system.start(Source), log, gate };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

function conserved(reader: StreamReader<unknown>): void {
  const { sent, taken, dropped, deadLettered, buffered } = reader.stats();
  expect(sent).toBe(taken + dropped + deadLettered + buffered);
}

/** A process that stays, and its self. */
function idler(system: System): Promise<ProcessSelf> {
  return new Promise((resolve) => {
    system.spawn((self) => {
      resolve(self);
      return new Promise(() => undefined);
    });
  });
}

describe('one stream, many readers', () => {
  test('each reader that is there at its beginning gets every item, in order, and the end', async () => {
    const system = testSystem();
    const { ref } = source(system);
    const shared = system.share(ref.stream('count', 5));
    const readers = [shared.subscribe(), shared.subscribe(), shared.subscribe()];
    expect(shared.stats()).toEqual({ items: 0, readers: 3, kept: 0, waiting: false, ended: false });
    for (const got of await Promise.all(readers.map(all))) expect(got).toEqual([1, 2, 3, 4, 5]);
    for (const reader of readers) {
      expect(await reader.next()).toBeUndefined();
      expect([reader.end, reader.stats().taken]).toEqual(['closed', 5]);
      conserved(reader);
    }
    expect(shared.stats()).toMatchObject({ items: 5, readers: 0, ended: true });
    expect(await ref.call('ping')).toBe('pong');
  });

  test('nothing is asked for before the first reader; arrays and generators are sources as well', async () => {
    const system = testSystem();
    const { ref, log } = source(system);
    const shared = system.share(ref.stream('count', 3));
    await settleTurn();
    expect(log).toEqual([]);
    expect(await all(shared)).toEqual([1, 2, 3]);
    expect(await all(system.share([1, 2, 3]))).toEqual([1, 2, 3]);
    expect(await all(system.share([Promise.resolve(1), 2]))).toEqual([1, 2]);
    expect(await all(system.share((function* () { yield undefined; yield null; })()))).toEqual([undefined, null]);
    expect(await all(system.share([]))).toEqual([]);
  });

  test('a late reader gets the last items first, at most so many as are kept or asked for, then the rest', async () => {
    const system = testSystem();
    const { ref, gate } = source(system);
    const shared = system.share(ref.stream('hang'), { replay: 5 });
    const early = shared.subscribe();
    expect(await early.next()).toBe(1);
    const late = shared.subscribe();
    const none = shared.subscribe({ replay: 0 });
    gate.open();
    expect([await all(early), await all(late), await all(none)]).toEqual([[2], [1, 2], [2]]);
    expect(await all(shared.subscribe()), 'also after the end').toEqual([1, 2]);
    expect(await all(shared.subscribe({ buffer: 1 }))).toEqual([2]);
    const bounded = system.share([1, 2, 3, 4], { replay: 2 });
    await all(bounded);
    expect(bounded.stats()).toMatchObject({ items: 4, kept: 2 });
    expect(await all(bounded)).toEqual([3, 4]);
  });

  test('each reader sees the error, after what came before it, and a late one as well', async () => {
    const system = testSystem();
    const { ref } = source(system);
    const shared = system.share(ref.stream('crash'), { replay: 1 });
    const [one, two] = [shared.subscribe(), shared.subscribe()];
    const waiting = (async () => [await one.next(), await one.next(), await callFailure(one.next())])();
    expect(await waiting).toMatchObject([1, 2, { code: 'EXIT', reason: boom }]);
    expect(await one.next()).toBeUndefined();
    expect(await two.nextBatch(5)).toEqual([1, 2]);
    expect(await callFailure(two.next())).toMatchObject({ code: 'EXIT', reason: boom });
    expect([one.end, two.end]).toEqual(['failed', 'failed']);
    const late = shared.subscribe();
    expect(await late.next()).toBe(2);
    expect(await callFailure(late.next())).toMatchObject({ code: 'EXIT', reason: boom });
  });

  test('whatever a source throws is told as it is', async () => {
    const system = testSystem();
    for (const thrown of [undefined, null, 'odd', boom]) {
      const throws = (): never => { throw thrown; };
      const sources: AsyncIterable<never>[] = [
        { [Symbol.asyncIterator]: throws } as never,
        { [Symbol.asyncIterator]: () => ({ next: throws }) },
        { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) },
      ];
      for (const from of sources) expect(await rejection(system.share(from).subscribe().next())).toBe(thrown);
      expect(await rejection(system.share([Promise.reject(thrown as Error)]).subscribe().next())).toBe(thrown);
    }
    const getter = { [Symbol.asyncIterator]: () => ({ next: () => ({ get done(): boolean { throw boom; } }) }) };
    expect(await rejection(system.share(getter as never).subscribe().next())).toBe(boom);
  });

  test('the last reader that leaves cancels the source; one that is left goes on', async () => {
    const system = testSystem();
    const { ref, log } = source(system);
    const shared = system.share(ref.stream('count', 99), { replay: 1 });
    const [one, two] = [shared.subscribe(), shared.subscribe({ buffer: 1 })];
    for await (const n of one) if (n === 2) break;
    expect(log).toEqual([]);
    expect(await two.next()).toBe(1);
    two[Symbol.dispose]();
    expect(await ref.call('ping')).toBe('pong');
    expect(log).toEqual(['finally']);
    expect(shared.stats()).toMatchObject({ readers: 0, ended: true });
    const late = shared.subscribe();
    expect([await late.nextBatch(9), late.end]).toEqual([expect.arrayContaining([expect.any(Number)]), 'closed']);
  });

  test('a reader that leaves before anything was asked for leaves nothing behind', async () => {
    const system = testSystem();
    const { ref, log } = source(system);
    const shared = system.share(ref.stream('count', 99));
    shared.subscribe().unsubscribe();
    const never = shared.subscribe({ signal: AbortSignal.abort('early') });
    expect([never.end, await never.next()]).toEqual(['unsubscribed', undefined]);
    await settleTurn();
    expect([log, shared.stats().ended]).toEqual([[], true]);
    const fired = system.share([1, 2]);
    fired.subscribe({ signal: AbortSignal.abort('early') });
    expect(fired.stats().ended, 'who never came has not left').toBe(false);
    expect(await all(fired)).toEqual([1, 2]);
  });
});

describe('P topics: slow readers of a shared stream', () => {
  test('suspend: the source waits for the slowest, which is disconnected when it stalls', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const shared = system.share(Array.from({ length: 100 }, (_, n) => n));
    const slow = shared.subscribe({ buffer: 2, stallMs: 50 });
    const quick = shared.subscribe();
    const reading = all(quick);
    await env.settle();
    expect(shared.stats()).toMatchObject({ items: 3, waiting: true });
    expect(quick.stats().taken).toBe(3);
    await env.advance(49);
    expect(await slow.next()).toBe(0);
    await env.settle();
    expect(shared.stats().items).toBe(4);
    await env.advance(50);
    expect(await reading).toHaveLength(100);
    expect(await slow.nextBatch(9)).toEqual([1, 2]);
    const error = await rejection(slow.next()) as Error;
    expect(error).toMatchObject({ code: 'SLOW_READER' });
    expect(error.message).toMatch(/^a shared stream: the reader took nothing for 50 ms/);
    conserved(slow);
  });

  test('drop-oldest, drop-newest and disconnect, with gaps', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const shared = system.share([1, 2, 3, 4, 5]);
    const oldest = shared.subscribe({ buffer: 2, slow: 'drop-oldest' });
    const newest = shared.subscribe({ buffer: 2, slow: 'drop-newest' });
    const gone = shared.subscribe({ buffer: 2, slow: 'disconnect' });
    await env.settle();
    expect(await all(oldest)).toEqual([new TopicGap(3), 4, 5]);
    expect(await all(newest)).toEqual([1, 2, new TopicGap(3)]);
    expect(await gone.nextBatch(9)).toEqual([1, 2]);
    expect(await rejection(gone.next())).toMatchObject({ code: 'SLOW_READER' });
    for (const reader of [oldest, newest, gone]) conserved(reader);
  });

  test('the last reader that is disconnected cancels the source', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, log } = source(system);
    const shared = system.share(ref.stream('count', 99));
    shared.subscribe({ buffer: 2, slow: 'disconnect' });
    await env.settle();
    expect([log, shared.stats().ended]).toEqual([['finally'], true]);
  });

  test('P8 a source without end and readers that drop leave the event loop its turns', async () => {
    const system = testSystem();
    const endless = (function* () { for (let n = 0; ; n++) yield n; })();
    const shared = system.share(endless);
    const reader = shared.subscribe({ buffer: 4, slow: 'drop-oldest' });
    for (let turn = 0; turn < 5; turn++) await settleTurn();
    expect(shared.stats().items).toBeGreaterThan(0);
    reader.unsubscribe();
    expect((await reader.nextBatch(9)).length).toBeGreaterThan(0);
    expect(endless.next().done).toBe(true);
  });
});

describe('the end of processes', () => {
  test('the death of the owner ends it with its reason, and cancels the source', async () => {
    const system = testSystem();
    const { ref, log } = source(system);
    const self = await idler(system);
    const shared = self.share(ref.stream('count', 99), { replay: 4 });
    const reader = shared.subscribe({ buffer: 2, stallMs: 'infinity' });
    await settleTurn();
    system.exit(self.pid, 'outage');
    expect((await reader.nextBatch(2))).toEqual([1, 2]);
    expect(await reader.nextBatch(2)).toEqual([3]);
    expect(await callFailure(reader.next())).toMatchObject({ code: 'EXIT', reason: 'outage', target: self.pid });
    expect(await callFailure(shared.subscribe().next())).toMatchObject({ code: 'EXIT', reason: 'outage' });
    await ref.call('ping');
    expect(log).toEqual(['finally']);
    expect(shared.stats()).toMatchObject({ kept: 0, ended: true });
  });

  test('an owner that has ended before the first reader is told as well', async () => {
    const system = testSystem();
    const self = await idler(system);
    const shared = self.share([1]);
    system.exit(self.pid, 'outage');
    expect(await callFailure(shared.subscribe().next())).toMatchObject({ code: 'EXIT', reason: 'outage' });
    expect(await callFailure(self.share([1]).subscribe().next())).toMatchObject({ code: 'EXIT', reason: 'outage' });
  });

  test('P16 P35 a bound reader ends with its process, which leaves nothing behind and stops nobody', async () => {
    const system = testSystem();
    const { ref, log } = source(system);
    const self = await idler(system);
    const shared = system.share(ref.stream('count', 5));
    const mine = self.bind(shared).subscribe({ buffer: 1, stallMs: 'infinity' });
    const waiting = all(shared.subscribe());
    await settleTurn();
    expect(shared.stats().waiting).toBe(true);
    system.exit(self.pid, 'kill');
    expect(await waiting).toEqual([1, 2, 3, 4, 5]);
    expect(await rejection(mine.next())).toMatchObject({ code: 'ZOMBIE' });
    conserved(mine);
    expect(mine.stats()).toMatchObject({ buffered: 0, deadLettered: 0 });
    expect(() => self.bind(shared).subscribe()).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
    const alone = await idler(system);
    void alone.bind(system.share(ref.stream('count', 99))).subscribe({ buffer: 1, stallMs: 'infinity' }).next();
    await settleTurn();
    system.exit(alone.pid, 'kill');
    await ref.call('ping');
    expect(log, 'the last reader that dies cancels the source').toEqual(['finally', 'finally']);
  });

  test('the stop of the system ends it, and one that comes later gets an error', async () => {
    const system = testSystem();
    let closed = false;
    const from: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => { closed = true; return Promise.resolve({ done: true, value: 0 }); },
    }) };
    const waiting = rejection(system.share(from).subscribe().next());
    await settleTurn();
    await system.stop();
    expect(await waiting).toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(closed).toBe(true);
    expect(await rejection(system.share([1]).subscribe().next())).toMatchObject({ code: 'SYSTEM_STOPPED' });
  });
});

describe('misuse', () => {
  const strays = new Strays();
  beforeEach(() => strays.begin());
  afterEach(() => strays.end());

  test('is told where it enters', async () => {
    const system = testSystem();
    const trap = new Proxy({}, { has: () => { throw boom; } });
    for (const from of [undefined, null, 5, 'text', {}, () => 1, trap]) {
      expect(() => system.share(from as never)).toThrow(OptionError);
    }
    for (const options of [null, { replay: -1 }, { replay: 100_001 }, { replay: '3' }, { reply: 3 }, 5]) {
      expect(() => system.share([1], options as never)).toThrow(OptionError);
    }
    const shared = system.share([1]) as SharedStream<unknown>;
    for (const options of [null, { withTopic: true }, { buffer: 0 }, { slow: 'drop' }, { slowReader: 'suspend' }, 5]) {
      expect(() => shared.subscribe(options as never)).toThrow(OptionError);
    }
    expect(String(shared)).toBe('SharedStream(0 readers, 0 items)');
    expect(await rejection(shared.subscribe().nextBatch(0))).toBeInstanceOf(OptionError);
  });

  test('P17 errors that nobody looks at, and a source whose return fails, end no program', async () => {
    const system = testSystem();
    void system.share([Promise.reject(boom)]).subscribe().next();
    const reader = system.share({ [Symbol.asyncIterator]: () => ({
      next: () => ({ then: () => { throw boom; } }), return: () => { throw boom; },
    }) } as never).subscribe();
    void reader.next();
    const left = system.share({ [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined), return: () => Promise.reject(boom),
    }) } as never).subscribe();
    await settleTurn();
    left.unsubscribe();
    await settleTurn();
    expect(await strays.seen()).toEqual([]);
  });
});
