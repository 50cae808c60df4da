import { describe, expect, test } from 'vitest';
import {
  child, createSystem, defineAgent, dynamicSupervisor, DynamicSupervisorRef,
} from '../../../src/index.js';
import { boom, peek, workshop } from '../worker.js';

describe('deliver', () => {
  test('P19 resolves at acceptance with a receipt that is not thenable; its end is handled, with the reply', async () => {
    const { ref } = await workshop();
    const receipt = await ref.deliver('ask', 'a');
    expect(receipt).not.toHaveProperty('then');
    expect(await receipt.settled).toEqual({
      kind: 'handled', reply: 'did a', reason: undefined, details: undefined, attempts: 1, failures: [],
      at: 1_700_000_000_000,
    });
    expect(receipt.state).toBe('handled');
    expect(await (await ref.deliver('work', 'b')).settled).toMatchObject({ kind: 'handled' });
  });

  test('trap C: the acknowledgement is an act of the receiver, after its handler has succeeded', async () => {
    const { ref, env, gates, done } = await workshop();
    const receipt = await ref.deliver('slow', 'a');
    await env.settle();
    expect([receipt.state, ref.stats().delivery.acknowledged, ref.stats().mailbox.running]).toEqual(
      ['delivered', 0, 1],
    );
    gates.get('a')?.();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'did a' });
    expect(done).toEqual(['a']);
  });

  test('a refusal is an answer, not a failure', async () => {
    const { ref } = await workshop();
    expect(await (await ref.deliver('no', 'WHY')).settled).toMatchObject(
      { kind: 'refused', reason: 'WHY', details: { why: 'WHY' }, attempts: 1 },
    );
    expect(ref.stats()).toMatchObject(
      { mailbox: { handled: 1, refused: 1 }, delivery: { acknowledged: 1, refused: 1, failed: 0 } },
    );
  });

  test('changes tells every state once, in order, and ends', async () => {
    const { ref, env, failing } = await workshop();
    failing('a', 1);
    const receipt = await ref.deliver('ask', 'a', { backoff: { baseMs: 50 } });
    const seen: string[] = [];
    const reading = (async () => { for await (const state of receipt.changes) seen.push(state); })();
    await env.advance(50);
    await reading;
    expect(seen).toEqual(['pending', 'in-transit', 'delivered', 'handled']);
  });

  test('trap H: P22 P23 a poisonous message ends as a dead letter after attemptsMax attempts, and the agent lives on', async () => {
    const { ref, env, failing, started, system } = await workshop();
    failing('a', 99);
    const receipt = await ref.deliver('ask', 'a', { attemptsMax: 3, backoff: { baseMs: 10, jitter: 0 } });
    await env.advance(100);
    const outcome = await receipt.settled;
    expect(outcome).toMatchObject(
      { kind: 'dead-lettered', reason: expect.objectContaining({ message: 'boom' }), attempts: 3 },
    );
    expect(outcome.failures.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(started).toEqual(['a#1', 'a#2', 'a#3']);
    expect(await ref.call('ask', 'b')).toBe('did b');
    expect(system.deadLetters.list()).toMatchObject([{ to: 'w', op: 'ask', payload: 'a' }]);
    expect(ref.stats().delivery).toMatchObject({
      accepted: 1, failed: 1, retried: 2, delivered: 3, pending: 0, inTransit: 0, running: 0, failureRate: 1,
      averageAttempts: 3,
    });
  });

  test('P22 attempt n+1 waits between base·2^(n-1)·(1-jitter) and base·2^(n-1), capped', async () => {
    const { ref, env, failing, started } = await workshop();
    failing('a', 99);
    await ref.deliver('ask', 'a', { attemptsMax: 5, backoff: { baseMs: 100, maxMs: 300, jitter: 0 } });
    await env.settle();
    for (const wait of [100, 200, 300, 300]) {
      const before = started.length;
      await env.advance(wait - 1);
      expect(started.length).toBe(before);
      await env.advance(1);
      expect(started.length).toBe(before + 1);
    }
  });

  test('P18 at-most-once is started once, whatever happens then', async () => {
    const { ref, env, failing, started } = await workshop();
    failing('a', 1);
    const receipt = await ref.deliver('ask', 'a', { guarantee: 'at-most-once' });
    await env.advance(1_000);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 1 });
    expect(started).toEqual(['a#1']);
  });

  test('trap E: retries are independent: a message in a long back-off delays no other', async () => {
    const { ref, env, failing, done } = await workshop();
    failing('a', 1);
    const first = await ref.deliver('ask', 'a', { backoff: { baseMs: 10_000, jitter: 0 } });
    await env.settle();
    expect(await (await ref.deliver('ask', 'b')).settled).toMatchObject({ kind: 'handled' });
    expect(done).toEqual(['b']);
    await env.advance(10_000);
    expect(await first.settled).toMatchObject({ kind: 'handled', attempts: 2 });
  });

  test('P9 what waits behind a crash goes to the next incarnation, in order, before later sends; it is no attempt', async () => {
    const { ref, env, failing, started, system } = await workshop();
    failing('a', 1);
    const receipts = [];
    for (const job of ['a', 'b', 'c']) {
      receipts.push(ref.deliver('ask', job, { backoff: { baseMs: 1_000, jitter: 0 } }));
    }
    await env.settle();
    await ref.deliver('ask', 'd');
    await env.settle();
    expect(started).toEqual(['a#1', 'b#1', 'c#1', 'd#1']);
    await env.advance(1_000);
    expect(started).toEqual(['a#1', 'b#1', 'c#1', 'd#1', 'a#2']);
    for (const receipt of receipts) expect(await (await receipt).settled).toMatchObject({ kind: 'handled' });
    expect(system.stats().held).toBe(0);
  });

  test('an end by an outside signal is no attempt', async () => {
    const { ref, env, system, started, gates } = await workshop();
    const receipt = await ref.deliver('slow', 'a', { attemptsMax: 1 });
    await env.settle();
    system.exit('w', 'kill');
    await env.settle();
    expect(started).toEqual(['a#1', 'a#1']);
    gates.get('a')?.();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1, failures: [] });
  });

  test('a stop by the handler itself is a success when it is orderly, an attempt when it is not', async () => {
    const { ref, env } = await workshop();
    expect(await (await ref.deliver('quit', 'shutdown')).settled)
      .toMatchObject({ kind: 'handled', attempts: 1 });
    const receipt = await ref.deliver('quit', 'broken', { attemptsMax: 2, backoff: { baseMs: 5 } });
    await env.advance(5);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 2, reason: 'broken' });
  });

  test('only the first crash that a message causes counts towards the intensity of the supervisor', async () => {
    const { ref, env, failing, sup, system } = await workshop({ intensity: 2 });
    failing('a', 99);
    failing('b', 99);
    for (const job of ['a', 'b']) {
      await ref.deliver('ask', job, { attemptsMax: 5, backoff: { baseMs: 10, factor: 1, jitter: 0 } });
    }
    await env.advance(60);
    expect(system.stats()).toMatchObject({ crashes: 10, restarts: 10, deadLettered: 2 });
    ref.cast('quit', 'third');
    await env.settle();
    expect(sup.pid).toBeUndefined();
  });
});

describe('a supervisor with a restart back-off', () => {
  test.each(
    ['static', 'dynamic'],
  )('%s: later crashes of one message are charged to it, others are not', async (kind) => {
    const { Worker, env, failing, system } = await workshop();
    const limits = { intensity: 1, periodMs: 600_000, backoff: { baseMs: 10, factor: 1 } };
    const backed = child('backed', Worker, { name: 'backed' });
    const sup = kind === 'static'
      ? await system.supervise({ ...limits, children: [backed] })
      : await system.supervise(dynamicSupervisor('dynamic', limits));
    if (sup instanceof DynamicSupervisorRef) await sup.startChild(backed);
    const ref = system.ref(Worker, 'backed');
    failing('a', 99);
    const receipt = await ref.deliver('ask', 'a', {
      attemptsMax: 4, backoff: { baseMs: 1, factor: 1, jitter: 0 },
    });
    await env.advance(200);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 4 });
    expect([ref.pid !== undefined, sup.pid !== undefined]).toEqual([true, true]);
    ref.cast('quit', 'second');
    await env.advance(20);
    expect(sup.pid).toBeUndefined();
  });

  test('an error that escalates ends it at once', async () => {
    const { Worker, env, failing, system } = await workshop();
    const sup =
      await system.supervise({ intensity: 9, backoff: { baseMs: 1_000 }, children: [child('backed', Worker)] });
    failing('a', 99);
    await system.ref(Worker, 'backed').deliver('ask', 'a', { onError: () => 'escalate' });
    await env.settle();
    expect(sup.pid).toBeUndefined();
  });
});

describe('a name without an owner', () => {
  test('the message is held, wakes on registration, and is no attempt meanwhile', async () => {
    const { Worker, system, env, done } = await workshop();
    const later = system.ref(Worker, 'later');
    const receipt = await later.deliver('ask', 'a');
    expect(receipt.state).toBe('pending');
    expect(system.stats()).toMatchObject({ held: 1, delivery: { pending: 1 } });
    await env.advance(10_000);
    system.start(Worker, { name: 'later' });
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1 });
    expect(done).toEqual(['a']);
  });

  test('P12 it ends at expiresInMs as dead letter noproc', async () => {
    const { Worker, system, env } = await workshop();
    const receipt = await system.ref(Worker, 'never').deliver('ask', 'a', { expiresInMs: 500 });
    await env.advance(499);
    expect(await peek(receipt.settled)).toBeUndefined();
    await env.advance(1);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'noproc', attempts: 0 });
    expect(system.deadLetters.list()).toMatchObject([{ to: 'never', reason: 'noproc' }]);
  });

  test('a process that has ended has no next incarnation: the send is refused', async () => {
    const { Worker, system } = await workshop();
    const gone = system.start(Worker);
    await gone.stop();
    await expect(gone.deliver('ask', 'a')).rejects.toMatchObject({ code: 'NOPROC' });
  });

  test('an owner with another definition gets nothing: dead letter', async () => {
    const { Worker, system } = await workshop();
    const Other = defineAgent({ casts: { work: () => undefined } });
    const receipt = await system.ref(Worker, 'role').deliver('ask', 'a');
    system.start(Other, { name: 'role' });
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'protocol_mismatch' });
    await expect(system.ref(Worker, 'role').deliver('ask', 'b')).rejects.toMatchObject({
      code: 'PROTOCOL_MISMATCH',
    });
  });
});

describe('expiry', () => {
  test('P12 an expired message is never handled, also when it expires behind others; it is counted once', async () => {
    const { ref, env, gates, started } = await workshop();
    const first = await ref.deliver('slow', 'a');
    const second = await ref.deliver('ask', 'b', { expiresInMs: 100 });
    await env.advance(100);
    expect(await second.settled).toMatchObject({ kind: 'expired', attempts: 0 });
    gates.get('a')?.();
    await first.settled;
    await env.settle();
    expect(started).toEqual(['a#1']);
    expect(ref.stats()).toMatchObject(
      { mailbox: { expired: 1, handled: 1, queued: 0 }, delivery: { expired: 1, acknowledged: 1 } },
    );
  });

  test('one that is being handled may end; a failed attempt then is the last', async () => {
    const { ref, env, failing } = await workshop();
    failing('a', 9);
    const receipt = await ref.deliver('ask', 'a', { expiresInMs: 100, backoff: { baseMs: 80, jitter: 0 } });
    await env.advance(99);
    expect(await peek(receipt.settled)).toBeUndefined();
    await env.advance(1);
    expect(await receipt.settled).toMatchObject({ kind: 'expired', attempts: 2 });
  });
});

describe('stop', () => {
  test('what is held when the system stops ends as dead letters', async () => {
    const { Worker, system, failing, ref, env } = await workshop();
    failing('a', 9);
    const receipts = [await ref.deliver('ask', 'a'), await system.ref(Worker, 'never').deliver('ask', 'b')];
    await env.settle();
    await system.stop();
    for (const receipt of receipts) expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered' });
    expect(system.stats()).toMatchObject({ held: 0, deadLettered: 2 });
    await expect(ref.deliver('ask', 'c')).rejects.toMatchObject({ code: 'NOPROC' });
  });

  test('a receipt that nobody awaits is no unhandled rejection', async () => {
    const system = createSystem({ logger: false });
    const Bad = defineAgent({ casts: { bad: boom } });
    const bad = system.start(Bad);
    void bad.deliver('bad', undefined, { guarantee: 'at-most-once' });
    await new Promise(setImmediate);
    await system.stop();
    expect(system.stats().deadLettered).toBe(1);
  });
});
