import { describe, expect, test } from 'vitest';
import type { DeliverOptions } from '../../../src/index.js';
import { defineAgent, OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const DAY = 86_400_000;

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const seen: string[] = [];
  const Worker = defineAgent({
    name: 'Worker',
    casts: { take: (_self, text: string) => { seen.push(text); } },
    calls: { echo: (_self, text: string) => text },
  });
  return { env, system, seen, Worker };
}

describe('a delivery with a delay', () => {
  test('P3 is accepted at once, held until then, then handled', async () => {
    const { env, system, seen, Worker } = world();
    const ref = system.start(Worker);
    const receipt = await ref.deliver('take', 'later', { delayMs: 1_000 });
    await ref.deliver('take', 'now');
    expect(receipt.state).toBe('pending');
    expect(system.stats()).toMatchObject({ held: 1, delivery: { accepted: 2, pending: 1 } });
    await env.advance(999);
    expect([seen, receipt.state]).toEqual([['now'], 'pending']);
    await env.advance(1);
    expect([seen, receipt.state, receipt.attempts]).toEqual([['now', 'later'], 'handled', 1]);
    expect(system.stats().held).toBe(0);
  });

  test('may name a moment of the wall clock; one that has passed is now', async () => {
    const { env, system, seen, Worker } = world();
    const ref = system.start(Worker);
    await ref.deliver('take', 'past', { at: env.wallNow - 5_000 });
    await ref.deliver('take', 'today', { at: env.wallNow });
    await ref.deliver('take', 'tomorrow', { at: env.wallNow + DAY });
    await env.settle();
    expect(seen).toEqual(['past', 'today']);
    await env.advance(DAY);
    expect(seen).toEqual(['past', 'today', 'tomorrow']);
  });

  test('expires, if nobody comes, so long after that moment', async () => {
    const { env, system, Worker } = world();
    const receipt = await system.ref(Worker, 'nobody').deliver('take', 'x', { delayMs: DAY, expiresInMs: 1_000 });
    await env.advance(DAY + 999);
    expect(receipt.state).toBe('pending');
    await env.advance(1);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'noproc', attempts: 0 });
  });

  test('is taken back meanwhile', async () => {
    const { env, system, seen, Worker } = world();
    const receipt = await system.start(Worker).deliver('take', 'x', { delayMs: 1_000 });
    expect([receipt.cancel(), receipt.cancel()]).toEqual([true, false]);
    expect((await receipt.settled).kind).toBe('cancelled');
    await env.advance(2_000);
    expect([seen, system.stats().held]).toEqual([[], 0]);
  });

  test('goes to whoever has the name then, or is a dead letter of a pid that has ended', async () => {
    const { env, system, seen, Worker } = world();
    const first = system.start(Worker, { name: 'w' });
    const byName = await system.ref(Worker, 'w').deliver('take', 'name', { delayMs: 1_000 });
    const other = system.start(Worker);
    const byPid = await other.deliver('take', 'pid', { delayMs: 1_000 });
    await first.stop();
    await other.stop();
    system.start(Worker, { name: 'w' });
    await env.advance(1_000);
    expect([seen, byName.state, byPid.state]).toEqual([['name'], 'handled', 'dead-lettered']);
  });

  test('is a dead letter when the system stops before', async () => {
    const { env, system, Worker } = world();
    const receipt = await system.start(Worker, { name: 'w' }).deliver('take', 'x', { delayMs: DAY });
    const stopped = system.stop();
    await env.advance(100);
    await stopped;
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'shutdown' });
  });

  test('with a key is sent once: a second send has its outcome', async () => {
    const { env, system, seen, Worker } = world();
    const ref = system.start(Worker, { name: 'w' });
    const options = { guarantee: 'exactly-once', key: 'k', delayMs: 1_000 } as const;
    const first = await ref.deliver('take', 'x', options);
    const second = await ref.deliver('take', 'x', { ...options, delayMs: 5_000 });
    await env.advance(1_000);
    expect([seen, first.state, second.state]).toEqual([['x'], 'handled', 'handled']);
  });

  test('what breaks its rule is an OptionError', async () => {
    const { system, Worker } = world();
    const ref = system.start(Worker);
    const bad: readonly DeliverOptions[] = [
      { delayMs: -1 }, { delayMs: 1.5 }, { delayMs: '5' as never }, { at: NaN }, { at: 1.5 }, { at: 1e16 },
      { delayMs: 1, at: 1 }, { delayMs: 1, order: 'o' }, { delayMs: 1, guarantee: 'exactly-once' },
    ];
    for (const options of bad) {
      await expect(ref.deliver('take', 'x', options), JSON.stringify(options)).rejects.toBeInstanceOf(OptionError);
    }
    await expect(ref.call('echo', 'x', { guarantee: 'at-least-once', delayMs: 5 } as never))
      .rejects.toThrow(/no delay with a call/);
  });
});
