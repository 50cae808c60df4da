import { describe, expect, test } from 'vitest';
import { stateOf } from '../../support/mailbox.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { code } from './listener.js';

describe('a publisher that waits', () => {
  test('readers with room have it at once; only its promise waits for the rest', async () => {
    const system = testSystem();
    const topic = system.topic<number>('mixed');
    const [fast, slow] = [topic.subscribe(), topic.subscribe({ buffer: 2 })];
    await topic.publish(0);
    await topic.publish(1);
    const third = topic.publish(2);
    expect(await stateOf(third)).toBe('waiting');
    expect(await fast.nextBatch(9)).toEqual([0, 1, 2]);
    expect(slow.stats()).toMatchObject({ buffered: 3, waiting: 1 });
    expect(topic.stats().waiting).toBe(1);
    expect(await slow.next()).toBe(0);
    expect(await third).toBe(2);
    expect(await slow.nextBatch(9)).toEqual([1, 2]);
    expect(topic.stats().waiting).toBe(0);
  });

  test('tryPublish never waits: nobody has it, and it is counted', async () => {
    const system = testSystem();
    const topic = system.topic<number>('mixed');
    const [fast, slow] = [topic.subscribe(), system.topic<number>('*').subscribe({ buffer: 1 })];
    expect(topic.tryPublish(0)).toBe(2);
    expect(topic.tryPublish(1)).toBe('full');
    expect(topic.stats()).toMatchObject({ published: 1, rejected: 1 });
    expect(await fast.nextBatch(9)).toEqual([0]);
    expect(await slow.nextBatch(9)).toEqual([0]);
  });

  test('1,024 wait at most; then TOPIC_FULL, and nobody has that one', async () => {
    const system = testSystem();
    const topic = system.topic<number>('full');
    const reader = topic.subscribe({ buffer: 1 });
    const all = Array.from({ length: 1_025 }, (_, n) => topic.publish(n));
    expect(await code(topic.publish(9))).toBe('TOPIC_FULL');
    expect(topic.stats()).toMatchObject({ published: 1_025, rejected: 1, waiting: 1_024 });
    expect(await reader.nextBatch(5_000)).toEqual(all.map((_, n) => n));
    expect(await Promise.all(all)).toEqual(all.map(() => 1));
    expect(await code(topic.publish(9))).toBe('done');
  });

  test('its signal ends the wait, not the publication', async () => {
    const system = testSystem();
    const topic = system.topic<number>('signal');
    const reader = topic.subscribe({ buffer: 1 });
    await topic.publish(0);
    const controller = new AbortController();
    const waits = topic.publish(1, { signal: controller.signal });
    controller.abort('enough');
    expect(await code(waits)).toBe('enough');
    expect(await reader.nextBatch(9)).toEqual([0, 1]);
    expect(await code(topic.publish(2, { signal: AbortSignal.abort('before') }))).toBe('before');
    expect(await code(topic.publish(2, { signal: 7 as never }))).toBe('BAD_OPTION');
    expect(reader.stats().sent).toBe(2);
    await settleTurn();
  });

  test('a reader that unsubscribes, and a topic that is closed, let it go', async () => {
    const system = testSystem();
    const topic = system.topic<number>('go');
    const reader = topic.subscribe({ buffer: 1 });
    await topic.publish(0);
    const first = topic.publish(1);
    reader.unsubscribe();
    expect(await first).toBe(1);
    expect(await reader.nextBatch(9)).toEqual([0, 1]);
    const other = topic.subscribe({ buffer: 1 });
    await topic.publish(2);
    const second = topic.publish(3);
    topic.close();
    expect(await second).toBe(1);
    expect(await other.nextBatch(9)).toEqual([2, 3]);
    expect(await other.next()).toBe(undefined);
    expect(system.topics()).toEqual([]);
  });

  test('a reader that takes nothing for stallMs is disconnected; the others go on', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const topic = system.topic<number>('stall');
    const [stuck, fine] = [topic.subscribe({ buffer: 2 }), topic.subscribe()];
    for (const n of [0, 1]) await topic.publish(n);
    const waits = topic.publish(2);
    await env.advance(4_999);
    expect(stuck.end).toBe(undefined);
    expect(await stuck.next()).toBe(0);
    expect(await waits).toBe(2);
    const again = topic.publish(3);
    await env.advance(4_999);
    expect(stuck.end).toBe(undefined);
    await env.advance(2);
    expect(stuck.end).toBe('slow');
    expect(await again).toBe(1);
    expect(stuck.stats()).toMatchObject({ sent: 4, taken: 1, dropped: 1, buffered: 2, waiting: 0 });
    expect(await topic.publish(4)).toBe(1);
    expect(await fine.nextBatch(9)).toEqual([0, 1, 2, 3, 4]);
    expect(await stuck.nextBatch(9)).toEqual([1, 2]);
    const error: unknown = await stuck.next().catch((why: unknown) => why);
    expect(error).toMatchObject({ code: 'SLOW_READER', subject: "topic 'stall'" });
    expect(await stuck.next()).toBe(undefined);
    expect(env.pending.held).toBe(0);
  });
});

describe('what happens inside of a publish', () => {
  test('a reader that goes meanwhile is counted once, and nothing waits twice', async () => {
    const system = testSystem();
    const topic = system.topic<number>('t');
    const first = topic.subscribe({ buffer: 1 });
    const letters = topic.subscribe('nobody');
    const second = topic.subscribe({ buffer: 1 });
    let on = false;
    system.deadLetters.subscribe(() => { if (on) first.unsubscribe(); });
    await topic.publish(1);
    on = true;
    const waits = topic.publish(2);
    expect(await second.nextBatch(9)).toEqual([1, 2]);
    expect(await waits).toBe(2);
    expect(topic.stats().waiting).toBe(0);
    for (const one of [letters, second]) one.unsubscribe();
    expect(system.topics()).toEqual([]);
  });

  test('a topic that was closed keeps nothing, and keeps within its bound when it is declared anew', async () => {
    const system = testSystem();
    const topic = system.topic<number>('a.b', { replay: 3 });
    const pattern = system.topic<number>('a.*').subscribe({ buffer: 1 });
    await topic.publish(1);
    const waits = topic.publish(2);
    topic.close();
    expect(topic.subscribe({ replay: 3 }).stats().sent).toBe(0);
    pattern.unsubscribe();
    await waits;
    system.topic('a.b', { replay: 2 });
    for (let n = 0; n < 50; n++) await topic.publish(n);
    expect(topic.stats().kept).toBe(2);
  });

  test('tryPublish to a full reader of a pattern leaves no topic behind', async () => {
    const system = testSystem();
    const reader = system.topic<number>('a.**').subscribe({ buffer: 1 });
    expect(system.topic('a.first').tryPublish(1)).toBe(1);
    for (let n = 0; n < 10; n++) expect(system.topic(`a.n${n}`).tryPublish(n)).toBe('full');
    expect(system.topics()).toEqual([]);
    expect(await reader.next()).toBe(1);
  });

  test('what a schema makes of a message is looked at; a refused promise ends no program', async () => {
    const system = testSystem();
    const schema = (value: unknown) =>
      ({ '~standard': { version: 1, vendor: 'test', validate: () => ({ value }) } }) as never;
    const made = system.topic('made', { schema: schema(Promise.reject(new Error('of the schema'))) });
    const none = system.topic('none', { schema: schema(undefined) });
    expect(await code(made.publish(1))).toBe('INVALID_PAYLOAD');
    expect(await code(none.publish(1))).toBe('INVALID_PAYLOAD');
    expect(await code(system.topic('plain').publish(Promise.reject(new Error('mine'))))).toBe('INVALID_PAYLOAD');
    await settleTurn();
  });
});
