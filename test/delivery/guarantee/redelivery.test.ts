import { describe, expect, it } from 'vitest';
import { child } from '../../../src/index.js';
import { expectConserved } from '../../support/system.js';
import { settle } from '../../process/peers.js';
import { workshop } from '../worker.js';

const once = { guarantee: 'exactly-once', attemptsMax: 2, backoff: { baseMs: 1, jitter: 0 } } as const;

/** A delivery that has used up its attempts. */
async function poisoned(options: object = once, times = 2) {
  const shop = await workshop();
  const { ref, failing, env, system } = shop;
  failing('job', times);
  const receipt = await ref.deliver('ask', 'job', options);
  await env.advance(50);
  expect((await receipt.settled).kind).toBe('dead-lettered');
  return { ...shop, receipt, letters: system.deadLetters };
}

describe('P23 a delivery that became a dead letter', () => {
  it('tells its attempts, each failure, its guarantee and key', async () => {
    const { letters, env } = await poisoned({ ...once, key: 'k' });
    expect(letters.list()).toMatchObject([{
      id: 1, verb: 'deliver', to: 'w', op: 'ask', payload: 'job', from: undefined, attempts: 2,
      guarantee: 'exactly-once', key: 'k',
      failures: [
        { attempt: 1, reason: { message: 'boom' } }, { attempt: 2, reason: { message: 'boom' } },
      ], reason: { message: 'boom' },
    }]);
    expect(letters.list()[0]?.at).toBeLessThanOrEqual(env.wallNow);
  });

  it('is accepted again with its terms and new attempts, as a new send', async () => {
    const { letters, system, started, done } = await poisoned();
    const { sent, delivery } = system.stats();
    expect(letters.retry(1)).toEqual({ retried: [1], refused: [] });
    await settle();
    expect([started, done]).toEqual([['job#1', 'job#2', 'job#1'], ['job']]);
    expect(system.stats()).toMatchObject({ sent: sent + 1, deadLettered: 1 });
    expect(system.stats().delivery)
      .toMatchObject({ accepted: delivery.accepted + 1, acknowledged: 1, failed: 1 });
    expectConserved(system.stats());
    expect(letters.size).toBe(0);
  });

  it('P23 that dies again keeps its id and its history', async () => {
    const { letters, env } = await poisoned(once, 3);
    letters.retry(1);
    await env.advance(50);
    expect(letters.size).toBe(0); // the fourth start succeeds
    const other = await poisoned(once, 4);
    other.letters.retry(1);
    await other.env.advance(50);
    expect(other.letters.list()).toMatchObject([{ id: 1, attempts: 4 }]);
    expect(other.letters.list()[0]?.failures.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(other.letters).toMatchObject({ total: 2, size: 1, retried: 1 });
  });

  it('P21 with a key is handled once: one that was sent anew meanwhile answers for it', async () => {
    const { letters, ref, done, system } = await poisoned({ ...once, key: 'k' });
    const anew = await ref.deliver('ask', 'job', { ...once, key: 'k' });
    expect(await anew.settled).toMatchObject({ kind: 'handled' });
    const { sent } = system.stats();
    expect(letters.retry(1).retried).toEqual([1]);
    await settle();
    expect(done).toEqual(['job']);
    expect(system.stats().sent).toBe(sent);
    expect(ref.stats().delivery.duplicatesSuppressed).toBe(1);
  });

  it('P21 after its retry, a send with its key is the duplicate', async () => {
    const { letters, ref, done } = await poisoned({ ...once, key: 'k' });
    letters.retry(1);
    const receipt = await ref.deliver('ask', 'job', { ...once, key: 'k' });
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'did job' });
    expect(done).toEqual(['job']);
  });

  it('whose key belongs to another message by now stays', async () => {
    const { letters, ref } = await poisoned({ ...once, key: 'k' });
    await (await ref.deliver('ask', 'another', { ...once, key: 'k' })).settled;
    expect(letters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'KEY_CONFLICT' }] });
    expect(letters.size).toBe(1);
  });

  it('is handled with the payload that it was given', async () => {
    const { letters, done } = await poisoned({ ...once, key: 'k' });
    letters.edit(1, 'mended');
    letters.retry(1);
    await settle();
    expect(done).toEqual(['mended']);
  });

  it('is held until somebody owns its name again, like every delivery', async () => {
    const { letters, sup, done, system, Worker } = await poisoned();
    await sup.terminateChild('w');
    expect(letters.retry(1).retried).toEqual([1]);
    expect(system.stats()).toMatchObject({ held: 1 });
    await sup.deleteChild('w');
    await sup.startChild(child('w', Worker));
    await settle();
    expect(done).toEqual(['job']);
  });

  it('that finds no room stays, and nothing is counted', async () => {
    const shop = await workshop({ capacity: 1 });
    const { ref, system, failing } = shop;
    failing('job', 1);
    const receipt = await ref.deliver('ask', 'job', { guarantee: 'at-most-once' });
    expect((await receipt.settled).kind).toBe('dead-lettered');
    await settle();
    system.suspend(ref);
    ref.cast('work', 'other');
    const before = system.stats();
    expect(system.deadLetters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'MAILBOX_FULL' }] });
    expect(system.stats()).toEqual(before);
    system.resume(ref);
    await settle();
    expect(system.deadLetters.retry(1).retried).toEqual([1]);
    await settle();
    expect(shop.done).toEqual(['other', 'job']);
  });

  it('may be retried by who hears of it: never lost, never doubled', async () => {
    const shop = await workshop();
    const { ref, system, failing } = shop;
    failing('job', 3);
    let heard = 0;
    system.deadLetters.subscribe(({ id }) => {
      heard++;
      system.deadLetters.retry(id);
    });
    await ref.deliver('ask', 'job', { guarantee: 'exactly-once', key: 'k', attemptsMax: 1 });
    await settle(40);
    expect([heard, shop.done, system.deadLetters.size]).toEqual([3, ['job'], 0]);
    expectConserved(system.stats());
  });

  it('keeps its order key: what was sent after it waits behind it', async () => {
    const { letters, ref, gates, started } = await poisoned({ ...once, order: 'o' });
    const first = await ref.deliver('slow', 'first', { order: 'o' });
    await settle();
    letters.retry(1);
    await settle();
    expect(started.slice(-1)).toEqual(['first#1']);
    gates.get('first')?.();
    await first.settled;
    await settle();
    expect(started.slice(-1)).toEqual(['job#1']);
  });

  it('of a system that has stopped stays', async () => {
    const { letters, system } = await poisoned();
    await system.stop();
    expect(letters.retry(1).refused).toEqual([{ id: 1, code: 'SYSTEM_STOPPED' }]);
    expect(letters.size).toBe(1);
  });

  it('to a pid that has ended has nowhere to go', async () => {
    const { system, Worker, failing } = await workshop();
    const nameless = system.start(Worker);
    failing('job', 1);
    await (await nameless.deliver('ask', 'job')).settled;
    expect(system.deadLetters.retry(1).refused).toEqual([{ id: 1, code: 'NOPROC' }]);
  });
});
