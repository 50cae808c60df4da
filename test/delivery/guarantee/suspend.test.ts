import { describe, expect, test } from 'vitest';
import { workshop } from '../worker.js';

const once = (key: string) => ({ guarantee: 'exactly-once', key }) as const;

describe('a mailbox with the policy suspend', () => {
  test('a send waits for room like a put, first come, first served; acceptance is when it is in', async () => {
    const { ref, env, gates, done } = await workshop({ mailbox: { capacity: 1, overflow: 'suspend' } });
    const running = await ref.deliver('slow', 'a');
    await env.settle();
    await ref.deliver('ask', 'b');
    const accepted: string[] = [];
    const waiting =
      ['c', 'd'].map((job) => ref.deliver('ask', job)
        .then((receipt) => { accepted.push(job); return receipt; }));
    await env.settle();
    expect([accepted, ref.stats().mailbox.held, ref.stats().delivery.accepted]).toEqual([[], 2, 2]);
    gates.get('a')?.();
    await running.settled;
    for (const one of waiting) expect(await (await one).settled).toMatchObject({ kind: 'handled' });
    expect([accepted, done]).toEqual([['c', 'd'], ['a', 'b', 'c', 'd']]);
    expect(ref.stats().mailbox.peak).toBe(1);
  });

  test('one that waits is not accepted when its time is up, when its sender ends, or when its process ends and no later one can take it', async () => {
    const { Worker, env, gates, system } = await workshop();
    const ref = system.start(Worker, { mailbox: { capacity: 1, overflow: 'suspend' } });
    await ref.deliver('slow', 'a');
    await env.settle();
    await ref.deliver('ask', 'b');
    const late = ref.deliver('ask', 'c', { expiresInMs: 10 });
    let unsent: unknown;
    const sender = system.spawn(
      async (self) => { await self.deliver(ref, 'ask', 'd').catch((error: unknown) => (unsent = error)); },
    );
    const ended = ref.deliver('ask', 'e');
    await env.advance(10);
    await expect(late).rejects.toMatchObject({ code: 'EXPIRED' });
    system.exit(sender, 'kill');
    await env.settle();
    expect(unsent).toMatchObject({ code: 'ZOMBIE' });
    expect(ref.stats().mailbox.held).toBe(1);
    system.exit(ref, 'kill');
    await expect(ended).rejects.toMatchObject({ code: 'EXIT', reason: 'killed' });
    await env.settle();
    gates.get('a')?.();
    await env.settle();
    expect(system.stats().delivery).toMatchObject(
      { accepted: 2, acknowledged: 0, failed: 2, pending: 0, inTransit: 0 },
    );
  });

  test('one that waits for room at a name is accepted when the owner ends, and goes to the next one; at-most-once it is not', async () => {
    const { ref, env, system, done } = await workshop({ mailbox: { capacity: 1, overflow: 'suspend' } });
    await ref.deliver('slow', 'a', { guarantee: 'at-most-once' });
    await env.settle();
    await ref.deliver('ask', 'b');
    const waiting = ['c', 'd'].map((job) => ref.deliver('ask', job, { guarantee: 'exactly-once', key: job }));
    const call = ref.call('ask', 'e', { guarantee: 'at-least-once' });
    const once = ref.deliver('ask', 'f', { guarantee: 'at-most-once' });
    await env.settle();
    system.exit('w', 'kill');
    await expect(once).rejects.toMatchObject({ code: 'EXIT', reason: 'killed' });
    for (const one of waiting) expect(await (await one).settled)
      .toMatchObject({ kind: 'handled', attempts: 1 });
    expect(await call).toBe('did e');
    expect(done, 'P1: what was in the mailbox goes before what stood in line').toEqual(['b', 'c', 'd', 'e']);
    expect(ref.stats().delivery).toMatchObject(
      { accepted: 5, acknowledged: 4, failed: 1, dropped: 0, pending: 0, inTransit: 0, running: 0 },
    );
    const { sent, handled, rejected, deadLettered, held } = system.stats();
    expect({ sent, handled, rejected, deadLettered, held }).toEqual(
      { sent: 6, handled: 4, rejected: 1, deadLettered: 1, held: 0 },
    );
  });

  test('P21 a duplicate of one that waits is told what the first one is, and keeps it there when its sender ends', async () => {
    const { Worker, env, gates, system, done } = await workshop();
    const ref = system.start(Worker, { mailbox: { capacity: 1, overflow: 'suspend' } });
    await ref.deliver('slow', 'a');
    await env.settle();
    await ref.deliver('ask', 'b');
    let first: unknown;
    const sender = system.spawn(async (self) => { first = await self.deliver(ref, 'ask', 'c', once('k')); });
    await env.settle();
    const others = [ref.deliver('ask', 'c', once('k')), ref.deliver('ask', 'c', once('k'))];
    const call = ref.call('ask', 'c', once('k'));
    await expect(ref.deliver('ask', 'other', once('k'))).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    system.exit(sender, 'kill');
    await env.settle();
    expect(ref.stats())
      .toMatchObject({ mailbox: { held: 1 }, delivery: { accepted: 2, duplicatesSuppressed: 3 } });
    gates.get('a')?.();
    for (const one of others) expect(await (await one).settled)
      .toMatchObject({ kind: 'handled', reply: 'did c' });
    expect(await call).toBe('did c');
    expect(first).toMatchObject({ state: 'handled' });
    expect(done).toEqual(['a', 'b', 'c']);
  });

  test('P21 a duplicate of one that is refused in line is refused, too; its key is free again', async () => {
    const { ref, env, gates, done } = await workshop({ mailbox: { capacity: 1, overflow: 'suspend' } });
    await ref.deliver('slow', 'a');
    await env.settle();
    await ref.deliver('ask', 'b');
    const both = [0, 1].map(() => ref.deliver('ask', 'c', { ...once('k'), expiresInMs: 10 }));
    await env.advance(10);
    for (const one of both) await expect(one).rejects.toMatchObject({ code: 'EXPIRED' });
    gates.get('a')?.();
    await env.settle();
    expect(await (await ref.deliver('ask', 'c again', once('k'))).settled).toMatchObject({ kind: 'handled' });
    expect(done).toEqual(['a', 'b', 'c again']);
  });

  test('P21 a duplicate of one that has come back and stands in line is accepted at once', async () => {
    const { ref, env, failing, gates } = await workshop({ mailbox: { capacity: 1, overflow: 'suspend' } });
    failing('a', 1);
    const retried = await ref.deliver('ask', 'a', { ...once('k'), backoff: { baseMs: 50, jitter: 0 } });
    await env.settle();
    await ref.deliver('slow', 'b');
    await env.settle();
    await ref.deliver('ask', 'c');
    await env.advance(50);
    const duplicate = await ref.deliver('ask', 'a', once('k'));
    gates.get('b')?.();
    expect(await duplicate.settled).toBe(await retried.settled);
  });

  test('what comes back stands in line too', async () => {
    const { ref, env, failing, gates, done } = await workshop({
      mailbox: { capacity: 1, overflow: 'suspend' },
    });
    failing('a', 1);
    const retried = await ref.deliver('ask', 'a', { backoff: { baseMs: 50, jitter: 0 } });
    await env.settle();
    const running = await ref.deliver('slow', 'b');
    await env.settle();
    await ref.deliver('ask', 'c');
    await env.advance(50);
    const last = ref.deliver('ask', 'd');
    await env.settle();
    expect(ref.stats().mailbox).toMatchObject({ size: 1, held: 2 });
    expect(ref.stats().delivery).toMatchObject(
      { accepted: 3, pending: 1, inTransit: 1, running: 1 },
    );   // 'd' is not accepted yet
    gates.get('b')?.();
    await running.settled;
    await (await last).settled;
    expect(await retried.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(done).toEqual(['b', 'c', 'a', 'd']);
  });
});

describe('what comes back to a mailbox with the policy suspend', () => {
  const suspend = { mailbox: { capacity: 1, overflow: 'suspend' } } as const;

  test('P24 an order key holds back there as well, and a back-off is waited out', async () => {
    const { ref, env, failing, done } = await workshop(suspend);
    failing('a2', 1);
    await ref.deliver('work', 'a1', { order: 'a' });
    await env.settle();
    for (const job of ['a2', 'a3', 'a4']) await ref.deliver('work', job, { order: 'a' });
    await env.settle();
    expect(done).toEqual(['a1']);
    await env.advance(100);
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test('it expires in line, counted once, and waits for the next owner when the mailbox is closed', async () => {
    const { ref, env, failing, gates, system, done } = await workshop(suspend);
    failing('a', 1);
    failing('b', 1);
    const short = await ref.deliver('ask', 'a', { expiresInMs: 80, backoff: { baseMs: 50, jitter: 0 } });
    await env.settle();
    const long = await ref.deliver('ask', 'b', { backoff: { baseMs: 50, jitter: 0 } });
    await env.settle();
    await ref.deliver('slow', 'x');
    await env.settle();
    await ref.deliver('ask', 'y');
    await env.advance(80);
    expect(await short.settled).toMatchObject({ kind: 'expired', attempts: 1 });
    ref.close();
    await env.advance(50);
    expect(long.state).toBe('pending');
    expect(ref.stats().delivery)
      .toMatchObject({ accepted: 4, expired: 1, pending: 1, inTransit: 1, running: 1 });
    system.exit('w', 'kill');
    await env.settle();
    gates.get('x')?.();
    await env.advance(50);
    expect(done.sort()).toEqual(['b', 'x', 'y']);
    expect(ref.stats().delivery).toMatchObject(
      { accepted: 4, acknowledged: 3, expired: 1, dropped: 0, pending: 0, inTransit: 0, running: 0 },
    );
  });
});
