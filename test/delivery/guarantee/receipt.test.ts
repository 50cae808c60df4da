import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { lifeOn, Log, TestDisk } from '../durable/lives.js';

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false, delivery: { recent: 10 } });
  const seen: string[] = [];
  const gate = { open: (): void => undefined };
  const Worker = defineAgent({
    name: 'Worker',
    calls: {
      hold: () => new Promise<void>((resolve) => { gate.open = resolve; }),
      take(self, text: string) {
        seen.push(text);
        if (text === 'fails' && self.delivery?.attempt === 1) self.delivery.nack(1_000);
        return text;
      },
      aside: { concurrent: true, handle: (_self, text: string) => { seen.push(text); return text; } },
    },
  });
  return { env, system, seen, gate, Worker };
}
const once = { guarantee: 'exactly-once', key: 'k' } as const;

describe('receipt.cancel', () => {
  test('P3 a queued message is not handled: one outcome, counted once, its key is free', async () => {
    const { system, seen, gate, Worker } = world();
    const ref = system.start(Worker, { name: 'w' });
    void ref.call('hold');
    await settleTurn();
    const receipts = [
      await ref.deliver('take', 'a', once), await ref.deliver('aside', 'b'), await ref.deliver('take', 'c'),
    ];
    const states: string[] = [];
    void (async () => {
      for await (const state of (receipts[0] as (typeof receipts)[0]).changes) states.push(state);
    })();
    expect(receipts.map((receipt) => receipt.cancel())).toEqual([true, true, true]);
    expect(receipts.map((receipt) => receipt.cancel())).toEqual([false, false, false]);
    for (const receipt of receipts) expect(await receipt.settled).toMatchObject(
      { kind: 'cancelled', reason: 'cancelled', attempts: 0, failures: [] },
    );
    const second = await ref.deliver('take', 'another payload', once);
    expect(ref.stats().delivery)
      .toMatchObject({ accepted: 4, dropped: 3, cancelled: 3, inTransit: 1, conflicts: 0 });
    gate.open();
    expect((await second.settled).kind).toBe('handled');
    expect(second.cancel(), 'it is over').toBe(false);
    await settleTurn();
    expect(seen).toEqual(['another payload']);
    expect(states).toEqual(['in-transit', 'cancelled']);
    expect(ref.stats().mailbox).toMatchObject({ dropped: 3, expired: 0, handled: 2, queued: 0 });
    expect(system.recentDeliveries({ kind: 'cancelled' })).toHaveLength(3);
  });

  test('held for an owner, behind an order key, in a back-off: taken back, and the next one of the key goes', async () => {
    const { env, system, seen, Worker } = world();
    const unborn = await system.ref(Worker, 'w').deliver('take', 'early');
    expect(unborn.cancel()).toBe(true);
    const ref = system.start(Worker, { name: 'w' });
    const fails = await ref.deliver('take', 'fails', { order: 'o' });
    const behind = await ref.deliver('take', 'behind', { order: 'o' });
    const last = await ref.deliver('take', 'last', { order: 'o' });
    await settleTurn();
    expect([fails.state, behind.state]).toEqual(['pending', 'pending']);
    expect(behind.cancel()).toBe(true);
    expect(fails.cancel()).toBe(true);
    expect(await fails.settled).toMatchObject({ kind: 'cancelled', attempts: 1, failures: [{ attempt: 1 }] });
    expect((await last.settled).kind).toBe('handled');
    await env.advance(5_000);
    expect(seen).toEqual(['fails', 'last']);
    expect(system.stats()).toMatchObject({ held: 0, dropped: 3 });
  });

  test('once its handler has begun it cannot be; nor may a duplicate take back what has begun', async () => {
    const { system, gate, Worker } = world();
    const ref = system.start(Worker);
    const receipt = await ref.deliver('hold', undefined, once);
    await settleTurn();
    const again = await ref.deliver('hold', undefined, once);
    expect([receipt.cancel(), again.cancel()]).toEqual([false, false]);
    gate.open();
    expect((await receipt.settled).kind).toBe('handled');
  });

  test('a call that waits for the same key is told CANCELLED', async () => {
    const { system, Worker } = world();
    const ref = system.ref(Worker, 'later');
    const receipt = await ref.deliver('take', 'a', once);
    const call = ref.call('take', 'a', once);
    expect(receipt.cancel()).toBe(true);
    await expect(call).rejects.toMatchObject(
      { code: 'CANCELLED', message: expect.stringContaining('cancelled it') as unknown },
    );
  });

  test('its agent ends before its turn: it is counted once all the same', async () => {
    const { system, seen, Worker } = world();
    const ref = system.start(Worker, { name: 'w' });
    void ref.tryCall('hold');
    await settleTurn();
    const receipt = await ref.deliver('take', 'a');
    receipt.cancel();
    system.exit(ref, 'kill');
    await settleTurn();
    system.start(Worker, { name: 'w' });
    await settleTurn();
    expect(seen).toEqual([]);
    expect(system.stats())
      .toMatchObject({ dropped: 1, expired: 0, delivery: { dropped: 1, cancelled: 1, failed: 0 } });
  });
});

describe('the state of a stored message whose end is not committed yet', () => {
  test('P3 P21 taken back, it is pending and never delivered; then it is cancelled', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk, { env: new VirtualEnv() });
    await system.store.ready;
    for (const options of [{ delayMs: 1_000 }, {}]) {
      const receipt = await system.ref(Log, 'log').deliver('add', 'x', options);
      const states: string[] = [];
      void (async () => {
        for await (const state of receipt.changes) states.push(state);
      })();
      disk.hold();
      expect([receipt.state, receipt.cancel(), receipt.state]).toEqual(['pending', true, 'pending']);
      disk.release();
      expect(await receipt.settled).toMatchObject({ kind: 'cancelled', attempts: 0 });
      await settleTurn();
      expect([receipt.state, states]).toEqual(['cancelled', ['pending', 'cancelled']]);
    }
  });

  test('P21 answered by its handler, it is delivered until the commit', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk, { env: new VirtualEnv() });
    await system.store.ready;
    await system.start(Log, { name: 'log' });
    const receipt = await system.ref(Log, 'log').deliver('add', 'x');
    disk.hold();
    await settleTurn();
    expect(receipt.state).toBe('delivered');
    disk.release();
    expect((await receipt.settled).kind).toBe('handled');
    expect(receipt.state).toBe('handled');
  });
});
