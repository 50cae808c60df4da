import { describe, expect, test } from 'vitest';
import { OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { workshop } from '../worker.js';

const keeping = (recent: number) => ({ system: { delivery: { recent } } });

describe('records of deliveries that are over', () => {
  test('newest first: destination, operation, guarantee, key, outcome, reason, attempts, time and duration; no payload, no reply', async () => {
    const { ref, env, system, failing } = await workshop(keeping(10));
    failing('a', 1);
    await ref.deliver('ask', 'a', { guarantee: 'exactly-once', key: 'k', backoff: { jitter: 0 } });
    await env.advance(100);
    await ref.deliver('no', 'busy');
    await env.settle();
    const [second, first, ...others] = system.recentDeliveries();
    expect(others).toEqual([]);
    expect(first).toEqual({
      to: 'w', op: 'ask', guarantee: 'exactly-once', key: 'k', kind: 'handled', reason: undefined, attempts: 2,
      at: env.wall(), ms: 100,
    });
    expect(second).toEqual({
      to: 'w', op: 'no', guarantee: 'at-least-once', key: undefined, kind: 'refused',
      reason: 'busy', attempts: 1, at: env.wall(), ms: 0,
    });
  });

  test('what failed, expired or was dropped has a record with its reason', async () => {
    const { ref, env, system, failing } =
      await workshop({ ...keeping(10), mailbox: { capacity: 1, overflow: 'drop-oldest' } });
    failing('a', 9);
    await ref.deliver('ask', 'a', { attemptsMax: 1 });
    await env.settle();
    system.suspend(ref);
    await ref.deliver('ask', 'b');
    await ref.deliver('ask', 'c', { expiresInMs: 50 });
    await env.advance(50);
    expect(system.recentDeliveries().map(({ kind, attempts, ms }) => [kind, attempts, ms])).toEqual(
      [['expired', 0, 50], ['dropped', 0, 0], ['dead-lettered', 1, 0]],
    );
    expect(system.recentDeliveries({ kind: 'dead-lettered' })[0]?.reason).toMatchObject({ message: 'boom' });
  });

  test('P25 what they hold is bounded in bytes, too: older ones go, and a huge reason is kept as its text', async () => {
    const { ref, env, system } = await workshop(keeping(10_000));
    for (let i = 0; i < 400; i++) await ref.deliver('no', `${i} ${'x'.repeat(50_000)}`);
    await env.settle();
    const kept = system.recentDeliveries();
    expect(kept.length).toBeGreaterThan(300);
    expect(kept.length).toBeLessThanOrEqual(16 * 1024 * 1024 / 50_000);
    expect(kept[0]?.reason).toMatch(/^399 /);
    await ref.deliver('no', 'y'.repeat(1_000_000));
    await env.settle();
    const [huge] = system.recentDeliveries({ limit: 1 });
    expect(huge?.reason).toMatch(/^y{20}/);
    expect(String(huge?.reason).length).toBeLessThan(10_000);
  });

  test('the ring holds as many as it was given, and the oldest go first', async () => {
    const { ref, env, system } = await workshop(keeping(3));
    for (let i = 0; i < 8; i++) await ref.deliver('ask', 'a', { guarantee: 'exactly-once', key: `k${i}` });
    await env.settle();
    expect(system.recentDeliveries().map(({ key }) => key)).toEqual(['k7', 'k6', 'k5']);
    expect(system.recentDeliveries({ limit: 2 }).map(({ key }) => key)).toEqual(['k7', 'k6']);
  });

  test('a query by destination and outcome', async () => {
    const { ref, env, system, Worker } = await workshop(keeping(10));
    const other = system.start(Worker);
    await other.deliver('ask', 'a');
    await ref.deliver('ask', 'b');
    await ref.deliver('no', 'c');
    await env.settle();
    expect(system.recentDeliveries({ to: other.pid }).map(({ to }) => to)).toEqual([other.pid]);
    expect(system.recentDeliveries({ to: 'w', kind: 'refused' }).map(({ op }) => op)).toEqual(['no']);
  });

  test('a message with at-most-once leaves nothing, nor does any while no records are asked for', async () => {
    const kept = await workshop(keeping(10));
    await kept.ref.deliver('ask', 'a', { guarantee: 'at-most-once' });
    await kept.ref.call('ask', 'b');
    kept.ref.cast('work', 'c');
    await kept.env.settle();
    expect(kept.done).toEqual(['a', 'b', 'c']);
    expect(kept.system.recentDeliveries()).toEqual([]);
    const off = await workshop();
    await off.ref.deliver('ask', 'a');
    await off.env.settle();
    expect(off.done).toEqual(['a']);
    expect(off.system.recentDeliveries()).toEqual([]);
  });

  test('with records every acknowledgement counts for the percentiles, else one in 64', async () => {
    for (const [recent, samples] of [[1, 65], [0, 1]] as const) {
      const { ref, env } = await workshop(keeping(recent));
      for (let i = 0; i < 65; i++) await ref.deliver('ask', 'a');
      await env.settle();
      expect(ref.stats().delivery.ackMs.samples).toBe(samples);
    }
  });

  test.each([-1, 1.5, 100_001, NaN, '5', null])('createSystem refuses to keep %s records', (recent) => {
    const make = () => testSystem({ delivery: { recent: recent as number } });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(/delivery\.recent.*a whole number of records from 0 to 100,000/);
  });

  test.each(
    [{ limit: 0 }, { limit: 1.5 }, { to: 1 }, { kind: 'lost' }, { since: 1 }, null, 5],
  )('a bad query is refused: %j', async (query) => {
    const { system } = await workshop(keeping(1));
    expect(() => system.recentDeliveries(query as never)).toThrow(OptionError);
  });
});
