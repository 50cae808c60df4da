import { afterEach, describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import type { MessageEvent, MessageOptions } from '../../../src/activation/public.js';
import { lifeOn, dies, TestDisk } from '../../delivery/durable/lives.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Kept } from './kept.js';

afterEach(() => settleTurn());

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const seen: string[] = [];
  const gate = { open: (): void => undefined };
  const Chat = defineAgent({
    name: 'chat',
    init: (at: string) => ({ at }),
    calls: {
      async turn(self, text: string) {
        seen.push(text);
        if (text === 'hold') await new Promise<void>((resolve) => { gate.open = resolve; });
        if (text === 'refuse') return self.refuse('NO');
        return `${self.state.at}: ${text}`;
      },
      async *tell(_self, text: string) {
        for (const word of text.split(' ')) { await Promise.resolve(); yield word; }
        return text.length;
      },
    },
  });
  return { env, system, seen, gate, Chat, ann: system.address(Chat, 'chats/ann') };
}

describe('Delivered semantics', () => {
  test('started, delivered, refused, enqueued: by what happened to the message', async () => {
    const { system, seen, ann } = world();
    const first = await system.message<string>(ann, 'hello');
    expect(first.kind).toBe('started');
    expect(await first.receipt?.settled).toMatchObject({ kind: 'handled', reply: 'chats/ann: hello' });
    expect(await system.message(ann, 'again'))
      .toMatchObject({ kind: 'delivered', reply: 'chats/ann: again', attempts: 1 });
    expect(await system.message('chats/ann', 'by name')).toMatchObject({ kind: 'delivered' });
    expect(await system.message(ann, 'refuse')).toMatchObject({ kind: 'refused', reason: 'NO' });
    expect(await system.message(ann, 'later', { enqueue: true })).toMatchObject({ kind: 'enqueued' });
    await settleTurn();
    expect(seen).toEqual(['hello', 'again', 'by name', 'refuse', 'later']);
  });

  test('O weakness 2: a replaced one and one that was taken back are never delivered', async () => {
    const { system, ann, gate, seen } = world();
    await system.message(ann, 'hold');
    const keyed: MessageOptions = { enqueue: { key: 'k' } };
    const replaced = await system.message(ann, 'a', keyed);
    const last = await system.message(ann, 'b', keyed);
    expect(replaced.receipt?.state).toBe('superseded');
    const kept = await system.message(ann, 'c', { enqueue: { key: 'k', keep: 'first' } });
    expect(kept.kind).toBe('superseded');
    const waiting = system.message(ann, 'taken back');
    await settleTurn();
    const signal = new AbortController();
    const aborted = system.message(ann, 'aborted', { signal: signal.signal });
    await settleTurn();
    signal.abort();
    expect(await aborted).toMatchObject({ kind: 'cancelled' });
    gate.open();
    expect((await waiting).kind).toBe('delivered');
    expect(await last.receipt?.settled).toMatchObject({ kind: 'handled' });
    expect(seen).toEqual(['hold', 'b', 'taken back']);
  });

  test('a wait has a limit: then it is enqueued, and goes on; one that has begun is not taken back', async () => {
    const { env, system, ann, gate } = world();
    await system.message(ann, 'hold');
    const late = system.message(ann, 'late', { timeoutMs: 100 });
    await env.advance(200);
    const answer = await late;
    expect(answer.kind).toBe('enqueued');
    gate.open();
    expect(await answer.receipt?.settled).toMatchObject({ kind: 'handled' });
    const signal = new AbortController();
    const held = system.message(ann, 'hold', { signal: signal.signal });
    await settleTurn();
    signal.abort();
    gate.open();
    expect((await held).kind).toBe('delivered');
  });
});

describe('Enqueue plain', () => {
  test('nobody is started for it; the next message does, and order is kept', async () => {
    const { env, system, ann, seen } = world();
    expect((await system.message(ann, 'first', { enqueue: true })).kind).toBe('enqueued');
    await env.advance(1_000);
    expect(ann.pid).toBeUndefined();
    await system.message(ann, 'second');
    await settleTurn();
    expect(seen).toEqual(['first', 'second']);
  });

  test('stored: one insert, resolved when it is committed', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.store.ready;
    const { batches } = await first.store.stats();
    const answer = await first.message(first.address(Kept, 'k/1'), null, { enqueue: true });
    expect(answer).toMatchObject({ kind: 'enqueued', id: '#1' });
    expect((await first.store.stats()).batches).toBe(batches + 1);
    expect(first.stats().processes).toBe(0);
    dies(first, disk);
    const second = lifeOn(disk);
    const answered = await second.message(second.address(Kept, 'k/1'), null);
    expect(await answered.receipt?.settled).toMatchObject({ kind: 'handled', reply: 2 });
  });
});

describe('stream: true', () => {
  const read = async (stream: AsyncIterable<MessageEvent>) => {
    const events: unknown[] = [];
    for await (const event of stream) events.push(event.kind === 'chunk' ? event.chunk : event);
    return events;
  };

  test('chunks, then the answer', async () => {
    const { system, ann } = world();
    const events = await read(system.message(ann, 'to be or', { op: 'tell', stream: true }));
    expect(events).toEqual(['to', 'be', 'or', expect.objectContaining({ kind: 'delivered', reply: 8 })]);
    expect(await read(system.message(ann, 'no chunks', { stream: true })))
      .toEqual([expect.objectContaining({ kind: 'delivered' })]);
  });

  test('a reader who leaves, or is slow, holds nobody for ever', async () => {
    const { env, system, ann } = world();
    const slow = system.message(ann, 'w '.repeat(200), { op: 'tell', stream: true });
    await settleTurn();
    const left = system.message(ann, 'a b c', { op: 'tell', stream: true });
    await left.return?.();
    expect(ann.stats().delivery.running).toBe(1);
    await env.advance(31_000);
    expect((await slow.answer).kind).toBe('delivered');
    expect((await left.answer).kind).toBe('delivered');
    expect((await read(slow)).length, 'what it had got before').toBeGreaterThan(60);
  });
});

describe('Tags / names', () => {
  test('bound, moved only when asked, unbound', async () => {
    const { system, Chat, ann } = world();
    const bob = system.address(Chat, 'chats/bob');
    await system.tags.bind('t', ann);
    await system.tags.bind('t', ann);
    await expect(system.tags.bind('t', bob)).rejects.toMatchObject({ code: 'TAG_TAKEN' });
    await expect(system.tags.group(['t', 'u'], Chat, 'chats/bob')).rejects.toMatchObject({ code: 'TAG_TAKEN' });
    expect((await system.tags.resolve('u')).state, 'all of it or nothing').toBe('absent');
    const started = await system.message<string>({ tag: 't' }, 'x');
    expect(await started.receipt?.settled).toMatchObject({ reply: 'chats/ann: x' });
    await system.tags.bind('t', bob, { displace: true });
    expect(await system.tags.resolve('t')).toMatchObject({ state: 'bound', to: 'chats/bob', definition: 'chat' });
    expect(await system.tags.unbind('t')).toBe(true);
    expect(await system.tags.unbind('t')).toBe(false);
    expect(await system.tags.list()).toEqual([]);
  });

  test('grouped: the first message starts the agent, once, and binds all tags', async () => {
    const { system, Chat, seen } = world();
    await system.tags.group(['a', 'b', 'c'], Chat, 'desk');
    expect(await system.tags.resolve('b')).toMatchObject({ state: 'grouped', tags: ['a', 'b', 'c'] });
    const answers = await Promise.all(['a', 'b', 'c'].map((tag) => system.message({ tag }, tag)));
    expect(answers.map(({ kind }) => kind)).toEqual(['started', 'delivered', 'delivered']);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect((await system.tags.list()).map(({ state }) => state)).toEqual(['bound', 'bound', 'bound']);
  });

  test('absent: it waits for its binding, coalesces, or expires as a dead letter', async () => {
    const { env, system, ann, seen } = world();
    expect(await system.message({ tag: 'later' }, 'a')).toMatchObject({ kind: 'enqueued', receipt: undefined });
    await system.message({ tag: 'later' }, 'b', { enqueue: { key: 'k' } });
    await system.message({ tag: 'later' }, 'c', { enqueue: { key: 'k' } });
    await system.message({ tag: 'never' }, 'lost', { expiresInMs: 100 });
    expect(await system.tags.resolve('later')).toMatchObject({ state: 'absent', waiting: 2 });
    expect(system.stats()).toMatchObject({ held: 3, superseded: 1 });
    await env.advance(200);
    expect(system.deadLetters.list()).toMatchObject([{ to: 'never', op: 'turn', reason: 'noproc', payload: 'lost' }]);
    await system.tags.bind('later', ann);
    await settleTurn();
    expect(seen).toEqual(['a', 'c']);
  });

  test('with a store they are kept, and bound in the transaction of the first message', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.tags.group(['a', 'b'], Kept, 'k/1');
    const { batches } = await first.store.stats();
    await first.message({ tag: 'a' }, null, { enqueue: true });
    expect((await first.store.stats()).batches, 'one').toBe(batches + 1);
    dies(first, disk);

    const second = lifeOn(disk);
    expect((await second.tags.list()).map(({ state }) => state)).toEqual(['bound', 'bound']);
    await expect(second.message({ tag: 'b' }, null)).rejects.toMatchObject({ code: 'TAG_UNKNOWN' });
    await second.tags.group(['a', 'b'], Kept, 'k/1');
    const answer = await second.message({ tag: 'b' }, null);
    expect(await answer.receipt?.settled).toMatchObject({ kind: 'handled', reply: 2 });
  });

  test('bad input: coded, and nothing is sent', async () => {
    const { system, ann } = world();
    const bad: [unknown, object, string | RegExp][] = [
      [ann, { op: 'nope' }, /unknown operation/], [ann, { op: 1 }, /op/], [ann, { enqueue: 'x' }, /enqueue/],
      [ann, { enqueue: true, stream: 'yes' }, /stream/], [ann, { coalesce: 'k' }, /enqueue/],
      [ann, { lane: 'x' }, /lane/],
      [ann, { timeoutMs: -1 }, /timeoutMs/], ['nobody', {}, /nobody/], [{ tag: '' }, {}, /1 to 1,024/],
      [null, {}, /tag/], [7, {}, /a ref/], [{ tag: 'x'.repeat(2_000) }, {}, /bytes/],
    ];
    for (const [target, options, message] of bad) {
      await expect(system.message(target as never, 'x', options as MessageOptions)).rejects.toThrow(message);
    }
    await expect(system.tags.bind('t', 'name' as never)).rejects.toMatchObject({ code: 'BAD_TAG' });
    await expect(system.tags.group([], defineAgent({}), 'a')).rejects.toThrow(/1 to 1,000/);
    expect(system.stats().held).toBe(0);
  });
});

describe('what a hostile user found', () => {
  test('options of a message to an absent tag are checked as those of any other', async () => {
    const { system } = world();
    for (const wrong of [
      { expiresInMs: NaN }, { expiresInMs: 'infinity' }, { guarantee: 'foo' }, { bogus: 1 }, { enqueue: {} },
      { enqueue: { key: 'k', merge: 5 } },
    ]) {
      await expect(system.message({ tag: 'later' }, 'x', wrong as never), JSON.stringify(wrong))
        .rejects.toMatchObject({ name: 'OptionError' });
    }
    expect(system.stats()).toMatchObject({ held: 0 });
  });

  test('a group takes back no tag that was moved or unbound', async () => {
    const { system, Chat } = world();
    await system.tags.group(['a', 'b', 'c'], Chat, 'x/front');
    await system.tags.bind('b', system.address(Chat, 'y/other'), { displace: true });
    await system.tags.unbind('c');
    await system.message({ tag: 'a' }, 'hi');
    expect(await system.tags.resolve('a')).toMatchObject({ state: 'bound', to: 'x/front' });
    expect(await system.tags.resolve('b')).toMatchObject({ state: 'bound', to: 'y/other' });
    expect((await system.tags.resolve('c')).state).not.toBe('bound');
  });

  test('a signal that has fired sends nothing', async () => {
    const { system, Chat, seen } = world();
    const answer = await system.message(system.address(Chat, 'a'), 'never', { signal: AbortSignal.abort() });
    expect(answer.kind).toBe('cancelled');
    await settleTurn();
    expect(seen).toEqual([]);
  });

  test('who asks a stream several times at once is answered in turn', async () => {
    const { system, Chat } = world();
    const stream = system.message(system.address(Chat, 'a'), 'one two', { op: 'tell', stream: true });
    const told = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(told.map(({ value }) => (value?.kind === 'chunk' ? value.chunk : value?.kind)))
      .toEqual(['one', 'two', 'delivered', undefined]);
  });

  test('an agent that handles its first message and stops has not failed to start', async () => {
    const { system } = world();
    const Once = defineAgent({
      init: async () => { await Promise.resolve(); return {}; },
      calls: { turn(self, n: number) { self.stop(); return n; } },
    });
    const once = system.address(Once, 'once');
    for (const n of [1, 2, 3, 4]) expect(await once.call('turn', n)).toBe(n);
  });

  test('after the stop a message to an absent tag is refused', async () => {
    const { system } = world();
    await system.stop();
    await expect(system.message({ tag: 't' }, 1)).rejects.toMatchObject({ code: 'NOPROC' });
    expect(system.stats()).toMatchObject({ held: 0 });
  });
});
