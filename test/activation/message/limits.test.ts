import { afterEach, describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Kept } from './kept.js';

afterEach(() => settleTurn());

/** An agent that lives at its address, on a disk. */
async function lives() {
  const env = new VirtualEnv();
  const disk = new TestDisk();
  const system = lifeOn(disk, { env });
  await system.store.ready;
  const ann = system.address(Kept, 'k/1');
  await (await system.message(ann, null)).receipt?.settled;
  return { env, disk, system, ann };
}

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const seen: string[] = [];
  const gate = { open: (): void => undefined };
  const Chat = defineAgent({
    name: 'chat',
    calls: {
      turn(_self, text: string) {
        seen.push(text);
        return text === 'hold' ? new Promise<void>((resolve) => { gate.open = resolve; }) : undefined;
      },
    },
  });
  return { env, system, seen, gate, Chat, controller: new AbortController() };
}

describe('a message that is taken back', () => {
  test.each([false, true])('P21 stored, it has not started: it is cancelled (the store is open: %s)', async (open) => {
    const system = lifeOn(new TestDisk(), { env: new VirtualEnv() });
    if (open) await system.store.ready;
    for (const options of [{ delayMs: 1_000 }, {}]) {
      const controller = new AbortController();
      const sent = system.message(system.address(Kept, 'k/1'), null, { ...options, signal: controller.signal });
      controller.abort();
      const answer = await sent;
      expect(answer.kind).toBe('cancelled');
      expect(await answer.receipt?.settled).toMatchObject({ kind: 'cancelled', attempts: 0 });
    }
    expect(await system.address(Kept, 'k/1').call('turn'), 'the first turn').toBe(1);
  });

  test.each([false, true])('P21 enqueued, right after the call (the store is open: %s)', async (open) => {
    const { env, system, seen, Chat, controller: { signal }, controller } = world();
    const stored = lifeOn(new TestDisk(), { env: new VirtualEnv() });
    if (open) await stored.store.ready;
    const sent = [
      stored.message(stored.address(Kept, 'k/1'), null, { signal, enqueue: true }),
      system.message(system.address(Chat, 'c/1'), 'never', { signal, enqueue: true }),
    ];
    controller.abort();
    for (const answer of await Promise.all(sent)) {
      expect(answer.kind).toBe('cancelled');
      expect(await answer.receipt?.settled).toMatchObject({ kind: 'cancelled' });
    }
    expect(await stored.address(Kept, 'k/1').call('turn'), 'the first turn').toBe(1);
    await system.address(Chat, 'c/1').call('turn', 'now');
    await env.settle();
    expect(seen).toEqual(['now']);
    expectConserved(system.stats());
  });
});

describe('a signal before a mailbox that suspends', () => {
  async function full() {
    const made = world();
    const { env, system, Chat } = made;
    const ref = system.start(Chat, { name: 'c', mailbox: { capacity: 1, overflow: 'suspend' } });
    void ref.call('turn', 'hold');
    await env.settle();
    await ref.deliver('turn', 'fills it');
    return made;
  }

  test.each([false, true])('P3 it is taken back in the step of its acceptance (enqueue: %s)', async (enqueue) => {
    const { env, system, seen, gate, controller: { signal }, controller } = await full();
    const sent = system.message('c', 'never', { enqueue, signal });
    await env.settle();
    controller.abort();
    gate.open();
    expect((await sent).kind).toBe('cancelled');
    await env.settle();
    expect(seen).toEqual(['hold', 'fills it']);
    expect(system.stats().delivery).toMatchObject({ accepted: 2, acknowledged: 1, cancelled: 1 });
    expectConserved(system.stats());
  });

  test('P3 the time is up first: it is not handled all the same', async () => {
    const { env, system, seen, gate, controller: { signal }, controller } = await full();
    const sent = system.message('c', 'never', { signal, timeoutMs: 20 });
    sent.catch(() => undefined);
    await env.advance(5);
    controller.abort();
    await env.advance(20);
    await expect(sent).rejects.toMatchObject({ code: 'TIMEOUT' });
    gate.open();
    await env.settle();
    expect(seen).toEqual(['hold', 'fills it']);
    expectConserved(system.stats());
  });
});

describe('a signal of a message to an absent tag', () => {
  test('it has fired before the call: nothing is sent', async () => {
    const { system, Chat, env, seen } = world();
    expect(await system.message({ tag: 'later' }, 'never', { signal: AbortSignal.abort() }))
      .toMatchObject({ kind: 'cancelled', receipt: undefined });
    expect(system.stats()).toMatchObject({ held: 0 });
    await system.tags.bind('later', system.address(Chat, 'c/1'));
    await env.settle();
    expect(seen).toEqual([]);
  });

  test('it fires while that waits: taken back, dropped in the account, no dead letter', async () => {
    const { env, system, seen, Chat, controller: { signal }, controller } = world();
    await system.message({ tag: 'later' }, 'first');
    await system.message({ tag: 'later' }, 'never', { signal });
    await system.message({ tag: 'later' }, 'last');
    controller.abort();
    expect(await system.tags.resolve('later')).toMatchObject({ waiting: 2 });
    expect(system.stats()).toMatchObject({ held: 2, dropped: 1 });
    await system.tags.bind('later', system.address(Chat, 'c/1'));
    await env.advance(400_000);
    expect(seen).toEqual(['first', 'last']);
    expect(system.deadLetters.list()).toEqual([]);
    expectConserved(system.stats());
  });

  test('it fires once that is sent, or replaced, or a dead letter: nothing happens', async () => {
    const { env, system, seen, Chat, controller: { signal }, controller } = world();
    await system.message({ tag: 'later' }, 'sent', { signal });
    await system.tags.bind('later', system.address(Chat, 'c/1'));
    await env.settle();
    const enqueue = { key: 'k' };
    await system.message({ tag: 'other' }, 'replaced', { signal, enqueue });
    await system.message({ tag: 'other' }, 'kept', { enqueue });
    await system.message({ tag: 'never' }, 'lost', { signal, expiresInMs: 10 });
    await env.advance(20);
    controller.abort();
    expect(system.stats()).toMatchObject({ held: 1 });
    system.deadLetters.retry({});
    expect(system.stats()).toMatchObject({ held: 2 });
    await system.tags.bind('other', system.address(Chat, 'c/1'));
    await system.tags.bind('never', system.address(Chat, 'c/1'));
    await env.settle();
    expect(seen).toEqual(['sent', 'kept', 'lost']);
    expectConserved(system.stats());
  });
});

describe('limits of a message begin with its call', () => {
  test('time that its commit takes counts; it is no answer, and the message goes on', async () => {
    const { env, disk, system, ann } = await lives();
    disk.hold();
    const late = system.message(ann, null, { timeoutMs: 100 });
    const queued = system.message(ann, null, { timeoutMs: 50, enqueue: true });
    await env.advance(49);
    const raced = await Promise.race([late, queued, env.settle().then(() => 'waits')]);
    expect(raced).toBe('waits');
    await env.advance(60);
    await expect(late).rejects.toMatchObject({
      code: 'TIMEOUT', message: expect.stringContaining('not accepted within 100 ms'),
    });
    await expect(queued).rejects.toMatchObject({ code: 'TIMEOUT' });
    disk.release();
    await system.store.flush();
    await env.settle();
    expect(await ann.call('turn'), 'both went on').toBe(4);
  });

  test('a signal that fires before the acceptance takes it back', async () => {
    const { env, disk, system, ann } = await lives();
    const controller = new AbortController();
    const { signal } = controller;
    disk.hold();
    const taken = system.message(ann, null, { signal });
    const queued = system.message(ann, null, { signal, enqueue: true });
    await env.settle();
    controller.abort();
    disk.release();
    expect([(await taken).kind, (await queued).kind]).toEqual(['cancelled', 'cancelled']);
    expect(await ann.call('turn')).toBe(2);
  });
});
