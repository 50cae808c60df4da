import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OptionError, type ProcessSelf } from '../../../src/index.js';
import { BusError } from '../../../src/bus/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { code, thrown } from './listener.js';

describe('publish', () => {
  test('P broadcast topics: every current subscriber gets every message, in the order of publication', async () => {
    const system = testSystem();
    const topic = system.topic<number>('prices');
    const readers = Array.from({ length: 10 }, () => topic.subscribe());
    for (let n = 0; n < 200; n++) expect(await topic.publish(n)).toBe(10);
    const all = Array.from({ length: 200 }, (_, n) => n);
    for (const reader of readers) expect(await reader.nextBatch(1_000)).toEqual(all);
    expect(topic.stats()).toMatchObject({ subscribers: 10, published: 200, rejected: 0, waiting: 0 });
  });

  test('P 1: a subscription delivers without end, to a loop that outlives its first message', async () => {
    const system = testSystem();
    const topic = system.topic<number>('ticks');
    const got: number[] = [];
    const reader = topic.subscribe();
    const loop = (async () => {
      for await (const tick of reader) if (got.push(tick) === 5_000) break;
    })();
    for (let n = 0; n < 5_000; n++) await topic.publish(n);
    await loop;
    expect(got).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
    expect(reader.end).toBe('unsubscribed');
    expect(system.topics()).toEqual([]);
  });

  test('P fan-out speed: active subscribers of a fast publisher lose nothing', async () => {
    const system = testSystem();
    const topic = system.topic<number>('fast');
    const counts = await Promise.all(Array.from({ length: 20 }, async () => {
      const reader = topic.subscribe({ buffer: 8 });
      let count = 0;
      for await (const n of reader) {
        expect(n).toBe(count++);
        if (count === 1_000) break;
      }
      return count;
    }).concat((async () => {
      for (let n = 0; n < 1_000; n++) await topic.publish(n);
      return 1_000;
    })()));
    expect(counts).toEqual(counts.map(() => 1_000));
  });

  test('to nobody reaches nobody, and leaves nothing', async () => {
    const system = testSystem();
    expect(await system.topic('void').publish('x')).toBe(0);
    expect(system.topic('void').tryPublish('x')).toBe(0);
    expect(system.topics()).toEqual([]);
  });

  test('P8: loops that await publish, or read what is buffered, let timers fire', async () => {
    const system = testSystem();
    const topic = system.topic<number>('busy');
    const reader = topic.subscribe({ buffer: 1_000_000 });
    let fired = false;
    system.timers.applyAfter(10, () => { fired = true; });
    let rounds = 0;
    while (!fired && rounds++ < 5_000_000) await topic.publish(1);
    expect(fired).toBe(true);
    fired = false;
    system.timers.applyAfter(1, () => { fired = true; });
    let read = 0;
    while (!fired && reader.stats().buffered > 0) {
      await reader.next();
      read++;
      if (reader.stats().buffered < 10) for (let n = 0; n < 100_000; n++) topic.tryPublish(1);
    }
    expect(fired, `${read} read`).toBe(true);
  });

  test('a message that does not fit, a promise, a pattern: refused before anybody has it', async () => {
    const system = testSystem();
    const topic = system.topic<number>('checked', { schema: z.number().transform((n) => n * 2) });
    const reader = topic.subscribe();
    const error: unknown = await topic.publish('x' as never).catch((why: unknown) => why);
    expect(error).toBeInstanceOf(BusError);
    expect(error).toMatchObject({ code: 'INVALID_PAYLOAD', subject: "topic 'checked'" });
    expect(await code(topic.publish(Promise.resolve(1) as never))).toBe('INVALID_PAYLOAD');
    expect(await topic.publish(2)).toBe(1);
    expect(await reader.next()).toBe(4);
    const wild = system.topic('checked.*');
    expect(await code(wild.publish(1))).toBe('BAD_NAME');
    for (const act of [() => wild.tryPublish(1), () => wild.close(), () => wild.stats()]) {
      expect(thrown(act).code).toBe('BAD_NAME');
    }
    expect(reader.stats()).toMatchObject({ sent: 1, taken: 1, buffered: 0 });
  });

  test('what a publish is refused for is counted, and a mistake logged, when nobody looks', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    void system.topic('t', { schema: z.number() }).publish('x' as never);
    void system.topic('t.*').publish(1);
    void system.topic('t').publish(undefined);
    await settleTurn();
    expect(system.stats().failures).toEqual({ INVALID_PAYLOAD: 2, BAD_NAME: 1 });
    expect(recorder.texts('warn')).toEqual(Array(2).fill('a publish was refused'));
  });

  test('in development a message is frozen: it is shared by all who get it', async () => {
    const system = testSystem({ payloads: 'frozen' });
    const topic = system.topic<{ n: number }>('frozen');
    const reader = topic.subscribe();
    await topic.publish({ n: 1 });
    expect(Object.isFrozen(await reader.next())).toBe(true);
  });

  test('P16: a dead incarnation neither publishes nor subscribes', async () => {
    const system = testSystem();
    const reader = system.topic<string>('late').subscribe();
    let kept: ProcessSelf | undefined;
    const p = system.spawn((self) => { kept = self; });
    await system.monitor(p).down;
    const topic = (kept as ProcessSelf).topic<string>('late');
    expect(await code(topic.publish('x'))).toBe('ZOMBIE');
    expect(thrown(() => topic.subscribe()).code).toBe('ZOMBIE');
    topic.close();
    expect(reader.end).toBe(undefined);
    expect(reader.stats().sent).toBe(0);
  });

  test('after the stop of the system it is refused, readers end and keep what they have', async () => {
    const system = testSystem();
    const topic = system.topic<number>('last');
    const [reader, idle] = [topic.subscribe(), system.topic<number>('*').subscribe()];
    await topic.publish(1);
    await idle.next();
    const waits = idle.next();
    await system.stop();
    expect(await waits).toBe(undefined);
    expect([reader.end, idle.end]).toEqual(['stopped', 'stopped']);
    expect(await reader.nextBatch(9)).toEqual([1]);
    expect(await reader.nextBatch(9)).toEqual([]);
    expect(await code(topic.publish(2))).toBe('SYSTEM_STOPPED');
  });
});

describe('names', () => {
  test('two names never share a slot: a.b and a_b, __proto__, prefixes', async () => {
    const system = testSystem();
    const names = ['a.b', 'a_b', 'a-b', 'a', '__proto__', 'constructor', 'a.b.c'];
    const readers = names.map((name) => system.topic<string>(name).subscribe());
    for (const name of names) expect(await system.topic(name).publish(name)).toBe(1);
    for (const [at, reader] of readers.entries()) expect(await reader.nextBatch(9)).toEqual([names[at]]);
  });

  test.each([
    '', '.', 'a.', '.a', 'a..b', 'a b', 'ä', 'a/b', 'x'.repeat(10_240), `${'a.'.repeat(200)}a`, 7, null, undefined,
    '**.a', 'a.**.b', 'a*', '*a', 'a.b*', '***', 'e\u0301',
  ])('what is no name is told with the rule: %s', (name) => {
    const error = thrown(() => testSystem().topic(name as string));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.code).toBe('BAD_NAME');
    expect(error.message).toContain('[A-Za-z0-9_-]');
  });

  test('a strict system knows its topics: a typo makes none', async () => {
    const system = testSystem({ strict: true });
    system.topic('orders', {});
    system.topic('orders').subscribe();
    const error = thrown(() => system.topic('order'));
    expect(error.code).toBe('UNKNOWN_NAME');
    expect(error.message).toContain("did you mean 'orders'?");
    expect(thrown(() => system.topic('zebra')).message).toContain("system.topic('zebra', {})");
    system.topic('ord*'.replace('ord', '')).subscribe();
  });

  test('one name has one set of options', () => {
    const system = testSystem();
    system.topic('kept', { replay: 3 });
    system.topic('kept', { replay: 3 });
    expect(thrown(() => system.topic('kept', { replay: 4 })).code).toBe('OPTIONS_CONFLICT');
    expect(thrown(() => system.topic('kept', { repaly: 4 } as never)).message).toContain('replay');
    expect(thrown(() => system.topic('kept.*', {})).code).toBe('BAD_NAME');
  });
});
