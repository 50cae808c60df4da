import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { peek, workshop } from '../worker.js';

const once = (key: string) => ({ guarantee: 'exactly-once', key }) as const;

describe('exactly once', () => {
  test('trap D: P21 a key is handled once; duplicates, while it is handled and afterwards, get the first outcome', async () => {
    const { ref, env, gates, done } = await workshop();
    const first = await ref.deliver('slow', 'a', once('k'));
    await env.settle();
    const second = await ref.deliver('slow', 'a', once('k'));
    expect(second.state).toBe('delivered');
    gates.get('a')?.();
    const outcome = await first.settled;
    expect(await second.settled).toBe(outcome);
    expect(await (await ref.deliver('slow', 'a', once('k'))).settled).toBe(outcome);
    expect(done).toEqual(['a']);
    expect(ref.stats()).toMatchObject(
      { mailbox: { sent: 1 }, delivery: { accepted: 1, duplicatesSuppressed: 2, acknowledged: 1 } },
    );
  });

  test('P21 a duplicate during the back-off waits for the same message', async () => {
    const { ref, env, failing, started } = await workshop();
    failing('a', 1);
    const first = await ref.deliver('ask', 'a', once('k'));
    await env.settle();
    const second = await ref.deliver('ask', 'a', once('k'));
    expect(second.state).toBe('pending');
    await env.advance(100);
    expect(await second.settled).toBe(await first.settled);
    expect(started).toEqual(['a#1', 'a#2']);
  });

  test('another payload or operation with a known key is a conflict; equal is meant by structure', async () => {
    const { ref, system } = await workshop();
    await ref.deliver('ask', 'a', once('k'));
    await expect(ref.deliver('ask', 'b', once('k'))).rejects.toMatchObject({
      code: 'KEY_CONFLICT', details: 'k',
    });
    await expect(ref.deliver('work', 'a', once('k'))).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect(ref.stats().delivery.conflicts).toBe(2);
    expect(system.stats()).toMatchObject({ rejected: 2 });
  });

  test('a refusal is the one handling; a message that was never handled frees its key', async () => {
    const { ref, env, failing } = await workshop();
    const refused = await (await ref.deliver('no', 'WHY', once('r'))).settled;
    expect(await (await ref.deliver('no', 'WHY', once('r'))).settled).toBe(refused);
    failing('a', 2);
    const dead = await ref.deliver('ask', 'a', { ...once('k'), attemptsMax: 2, backoff: { baseMs: 1 } });
    await env.advance(1);
    expect(await dead.settled).toMatchObject({ kind: 'dead-lettered' });
    expect(await (await ref.deliver('ask', 'a', once('k'))).settled).toMatchObject({ kind: 'handled' });
  });

  test('keys belong to a destination name, through all its owners', async () => {
    const { ref, Worker, env, system, done } = await workshop();
    system.start(Worker, { name: 'other' });
    await ref.deliver('ask', 'a', once('k'));
    await (await system.ref(Worker, 'other').deliver('ask', 'a', once('k'))).settled;
    system.exit('w', 'kill');
    await env.settle();
    await (await ref.deliver('ask', 'a', once('k'))).settled;
    expect(done).toEqual(['a', 'a']);
  });

  test('P25 keys are remembered in a window by count and by age', async () => {
    const { ref, env, done } = await workshop({
      system: { delivery: { dedupe: { keysMax: 2, ageMs: 1_000 } } },
    });
    for (const key of ['1', '2', '3', '1', '3']) await (await ref.deliver('ask', 'a', once(key))).settled;
    expect(done.length).toBe(4);
    await env.advance(1_000);
    await (await ref.deliver('ask', 'a', once('3'))).settled;
    expect(done.length).toBe(5);
  });

  test('a call is retried across restarts of the callee and gets the reply of the one handling', async () => {
    const { ref, env, failing, done } = await workshop();
    failing('a', 2);
    const calls = [
      ref.call('ask', 'a', { ...once('k'), timeoutMs: 1_000 }),
      ref.call('ask', 'a', { ...once('k'), timeoutMs: 1_000 }),
    ];
    await env.advance(300);
    expect(await Promise.all(calls)).toEqual(['did a', 'did a']);
    expect(done).toEqual(['a']);
    expect(await ref.call('ask', 'a', once('k'))).toBe('did a');
    await expect(ref.call('no', 'WHY', once('n'))).rejects.toMatchObject({ code: 'REFUSED', refusal: 'WHY' });
  });

  test('P6 a call gives up after its timeout or its signal; the message goes on', async () => {
    const { ref, env, failing, done } = await workshop();
    failing('a', 1);
    const call = ref.call('ask', 'a', { ...once('k'), timeoutMs: 50, backoff: { baseMs: 100, jitter: 0 } });
    const aborter = new AbortController();
    const aborted = ref.call('ask', 'a', { ...once('k'), signal: aborter.signal });
    aborter.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    await env.advance(50);
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    await env.advance(50);
    expect(done).toEqual(['a']);
  });

  test('P25 without a key each message is one: the watermark follows, and an old one that is not over stops intake after 1,024 later ones', async () => {
    const { ref, env, failing, done } = await workshop();
    failing('a', 1);
    const options = { guarantee: 'exactly-once', backoff: { baseMs: 1_000, jitter: 0 } } as const;
    const first = await ref.deliver('ask', 'a', options);
    await env.settle();
    for (let sent = 0; sent < 1_024; sent++) await (await ref.deliver('ask', 'b', options)).settled;
    await expect(ref.deliver('ask', 'c', options)).rejects.toMatchObject({ code: 'WINDOW_FULL' });
    expect(await peek(first.settled)).toBeUndefined();
    await env.advance(1_000);
    expect(await first.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(await (await ref.deliver('ask', 'c', options)).settled).toMatchObject({ kind: 'handled' });
    expect(done.length).toBe(1_026);
  });

  test('P25 what a full mailbox refuses takes no place in the window', async () => {
    const system = testSystem();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => { open = resolve; });
    const Slow = defineAgent({ casts: { async wait() { await gate; } }, calls: { ask: () => 'done' } });
    const ref = system.start(Slow, { mailbox: { capacity: 2 } });
    ref.cast('wait');
    await settleTurn();
    const sends = Array.from(
      { length: 1_100 }, () => ref.deliver('ask', undefined, { guarantee: 'exactly-once' }),
    );
    const codes = await Promise.all(
      sends.map((one) => one.then(() => 'ok', (error: { code: string }) => error.code)),
    );
    expect(new Set(codes.slice(2))).toEqual(new Set(['MAILBOX_FULL']));
    open();
    for (const one of sends.slice(0, 2)) expect(await (await one).settled).toMatchObject({ kind: 'handled' });
    expect(await (await ref.deliver('ask', undefined, { guarantee: 'exactly-once' })).settled).toMatchObject(
      { kind: 'handled' },
    );
  });
});

describe('order', () => {
  test('P24 messages of one order key are handled in the order of their sends; a retry holds back its own key only', async () => {
    const { ref, env, failing, done } = await workshop();
    failing('a1', 1);
    for (const job of ['a1', 'a2', 'b1', 'a3', 'b2']) await ref.deliver('work', job, { order: job[0] });
    await env.settle();
    expect(done).toEqual(['b1', 'b2']);
    await env.advance(100);
    expect(done).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
  });

  test('P24 one that ends without being handled lets the next one go; one that expires behind another does not', async () => {
    const { ref, env, failing, done, gates } = await workshop();
    failing('a1', 9);
    for (const job of ['a1', 'a2']) await ref.deliver('work', job, { order: 'a', attemptsMax: 1 });
    await env.settle();
    expect(done).toEqual(['a2']);
    const head = await ref.deliver('slow', 'x', { order: 'x' });
    const short = await ref.deliver('work', 'y', { order: 'x', expiresInMs: 10 });
    const last = await ref.deliver('work', 'z', { order: 'x' });
    await env.advance(10);
    expect(await short.settled).toMatchObject({ kind: 'expired' });
    expect(await peek(last.settled)).toBeUndefined();
    gates.get('x')?.();
    await head.settled;
    await last.settled;
    expect(done).toEqual(['a2', 'x', 'z']);
  });
});

describe('a bounded mailbox', () => {
  test('trap B: a send that finds it full is refused and counted; redelivery waits for room and is never above the bound', async () => {
    const { ref, env, gates, failing, system, done } = await workshop({ capacity: 2 });
    failing('a', 1);
    const retried = await ref.deliver('ask', 'a', { backoff: { baseMs: 50, jitter: 0 } });
    await env.settle();
    const running = await ref.deliver('slow', 'b');
    await env.settle();
    for (const job of ['c', 'd']) await ref.deliver('ask', job);
    await expect(ref.deliver('ask', 'e')).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
    expect(ref.stats().mailbox.rejected).toBe(1);
    await env.advance(50);
    expect([retried.state, ref.stats().mailbox.size, system.stats().held]).toEqual(['pending', 2, 1]);
    gates.get('b')?.();
    await running.settled;
    await env.advance(20);
    expect(await retried.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(done).toEqual(['b', 'c', 'd', 'a']);
    expect(ref.stats().mailbox.peak).toBe(2);
  });
});

describe('bad input', () => {
  test.each([
    [
      { guarantee: 'always' },
      /guarantee: got 'always', expected one of at-most-once, at-least-once, exactly-once/,
    ],
    [{ attemptsMax: 0 }, /attemptsMax: got 0, expected a whole number of attempts from 1/],
    [{ attemptsMax: 1.5 }, /attemptsMax: got 1.5/],
    [{ backoff: { baseMs: Number.NaN } }, /backoff.baseMs: got NaN/],
    [{ backoff: { factor: 0.5 } }, /backoff.factor: got 0.5/],
    [{ backoff: { jitter: 2 } }, /backoff.jitter: got 2/],
    [{ backoff: { baseMs: 100, maxMs: 10 } }, /backoff.maxMs: got 10, expected at least baseMs/],
    [{ expiresInMs: -1 }, /expiresInMs: got -1/],
    [{ expiresInMs: 0 }, /expiresInMs: got 0/],
    [{ ackTimeoutMs: '5' }, /ackTimeoutMs: got '5'/],
    [{ lane: 'urgent' }, /lane: got 'urgent'/], [{ priority: 'high' }, /it is called lane now/],
    [
      { guarantee: 'exactly-once', key: 'k'.repeat(1_025) },
      /key: got '1025 bytes', expected a text of 1 to 1,024 bytes; hash a longer one/,
    ],
    [{ guarantee: 'exactly-once', key: 'ä'.repeat(513) }, /key: got '1026 bytes'/],
    [{ guarantee: 'exactly-once', key: '' }, /key: got '0 bytes'/],
    [{ key: 'k' }, /no key with the guarantee 'at-least-once'; add guarantee: 'exactly-once'/],
    [{ retries: 3 }, /deliver.retries: got 3, expected no such option; known options: guarantee/],
    [{ onError: 'retry' }, /onError: got 'retry', expected a function/],
    ['fast', /deliver options: got 'fast', expected an object/],
  ])('%j is refused at the send', async (options, message) => {
    const { ref, system } = await workshop();
    const refused = ref.deliver('ask', 'a', options as never);
    await expect(refused).rejects.toThrow(message);
    expect(system.stats()).toMatchObject({ rejected: 1, sent: 1 });
  });

  test('unknown operations, streams and payloads that do not fit are refused at the send', async () => {
    const { ref } = await workshop();
    await expect(ref.deliver('nonsense' as never, 'a' as never)).rejects.toMatchObject({
      code: 'UNKNOWN_OPERATION',
    });
    await expect(ref.deliver('constructor' as never, 'a' as never)).rejects.toMatchObject(
      { code: 'UNKNOWN_OPERATION' },
    );
  });

  test('defaults are checked where they enter: system and definition', async () => {
    await expect(workshop({ system: { delivery: { attemptsMax: 0 } } })).rejects.toMatchObject(
      { option: 'createSystem.delivery.attemptsMax' },
    );
    await expect(workshop({ delivery: { guarantee: 'maybe' as never } })).rejects.toMatchObject(
      { option: 'defineAgent.delivery.guarantee' },
    );
  });

  test('the defaults of the definition win over those of the system, those of the message over both', async () => {
    const { ref, env, failing } = await workshop({
      system: { delivery: { attemptsMax: 9, backoff: { baseMs: 1, jitter: 0, factor: 1 } } },
      delivery: { attemptsMax: 3 },
    });
    failing('a', 99);
    failing('b', 99);
    const receipts = [await ref.deliver('ask', 'a'), await ref.deliver('ask', 'b', { attemptsMax: 2 })];
    await env.advance(20);
    expect([await receipts[0]?.settled, await receipts[1]?.settled])
      .toMatchObject([{ attempts: 3 }, { attempts: 2 }]);
  });
});

test('a refusal names the verb, the bound and the way out', async () => {
  const { ref, env, system } = await workshop({ mailbox: { capacity: 1, overflow: 'reject' } });
  await ref.deliver('slow', 'a');
  await env.settle();
  await ref.deliver('ask', 'b');
  const full =
    "to w: its mailbox is full (capacity 1); send less, wait for room (put, or the policy 'suspend'), or raise the bound";
  await expect(ref.deliver('ask', 'c')).rejects.toThrow(`deliver 'ask' ${full}`);
  await expect(ref.call('ask', 'c')).rejects.toThrow(`call 'ask' ${full}`);
  await expect(ref.call('ask', 'c', { guarantee: 'at-least-once' })).rejects.toThrow(`call 'ask' ${full}`);
  await expect(ref.deliver('nothing' as 'ask', 'c')).rejects.toThrow(
    "deliver 'nothing' to w: unknown operation",
  );
  await system.stop();
  await expect(ref.deliver('ask', 'c')).rejects.toThrow(
    "deliver 'ask' to w: noproc: nobody lives there (the system has stopped)",
  );
});
