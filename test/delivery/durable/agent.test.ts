import { describe, expect, it } from 'vitest';
import { child, createSystem, defineAgent, type System } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import type { StoreSource } from '../../../src/api/durable/store.js';
import { expectConserved } from '../../support/system.js';

const Account = defineAgent({
  name: 'Account',
  durable: true,
  init: (opening: number) => ({ balance: opening, inits: 1 }),
  calls: {
    balance: (self) => self.state.balance,
    inits: (self) => self.state.inits,
    withdraw(self, amount: number) {
      if (amount > self.state.balance) return self.refuse('INSUFFICIENT_FUNDS');
      self.state.balance -= amount;
      return self.state.balance;
    },
  },
  casts: {
    deposit(self, amount: number) { self.state.balance += amount; },
    spoil(self) { self.state.balance = -1; throw new Error('spoilt'); },
  },
});

async function life<T>(store: StoreSource, run: (system: System) => Promise<T>): Promise<T> {
  const system = createSystem({ store, logger: false });
  try {
    const value = await run(system);
    expectConserved(system.stats());
    return value;
  } finally {
    await system.stop();
    expectConserved(system.stats());
  }
}

describe('durable agents', () => {
  it('P21 the state of a durable agent outlives its system; init runs once in its life', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      const alice = await system.start(Account, 100, { name: 'alice' });
      alice.cast('deposit', 20);
      expect(await alice.call('withdraw', 50)).toBe(70);
    });
    await life(store, async (system) => {
      const alice = await system.start(Account, 1_000_000, { name: 'alice' });
      expect(await alice.call('balance')).toBe(70);
      expect(await alice.call('inits')).toBe(1);
    });
  });

  it('P21 a crash falls back to the last committed state, also of what was changed in place', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      await system.supervise({ children: [child('alice', Account, 10)] });
      const alice = system.ref(Account, 'alice');
      await alice.call('withdraw', 1);
      alice.cast('spoil');
      const receipt = await alice.deliver('balance', undefined, { guarantee: 'exactly-once' });
      expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 9 });
    });
  });

  it('Exactly-once: P19 P21 what was accepted is handled by a later life, once a key', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      const alice = system.ref(Account, 'alice');
      const receipt = await alice.deliver('deposit', 5);
      const keyed = await alice.deliver('deposit', 7, { guarantee: 'exactly-once', key: 'k' });
      expect(receipt.state).toBe('pending');
      await system.stop();
      expect(await receipt.settled).toMatchObject({ kind: 'stored' });
      expect((await keyed.settled).kind).toBe('stored');
      expect(system.stats().delivery).toMatchObject({ accepted: 2, stored: 2, pending: 0 });
    });
    await life(store, async (system) => {
      await system.store.ready;
      expect(system.stats().delivery).toMatchObject({ recovered: 2, pending: 2 });
      const alice = await system.start(Account, 100, { name: 'alice' });
      const again = await alice.deliver('deposit', 7, { guarantee: 'exactly-once', key: 'k' });
      expect((await again.settled).kind).toBe('handled');
      expect(await alice.call('balance')).toBe(112);
      expect((await system.store.stats()).rows.message).toBe(0);
    });
    await life(store, async (system) => {
      const alice = await system.start(Account, 100, { name: 'alice' });
      const again = await alice.deliver('deposit', 7, { guarantee: 'exactly-once', key: 'k' });
      expect((await again.settled).kind).toBe('handled');
      await expect(alice.deliver('deposit', 8, { guarantee: 'exactly-once', key: 'k' }))
        .rejects.toMatchObject({ code: 'KEY_CONFLICT' });
      expect(await alice.call('balance')).toBe(112);
    });
  });

  it('Scheduled messages: a delayed delivery outlives the program', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      await system.start(Account, 1, { name: 'alice' });
      await system.ref(Account, 'alice').deliver('deposit', 5, { delayMs: 30 });
    });
    await life(store, async (system) => {
      const alice = await system.start(Account, 1, { name: 'alice' });
      await expect.poll(() => alice.call('balance')).toBe(6);
      expect(system.stats().delivery).toMatchObject({ recovered: 1, acknowledged: 1 });
    });
  });
});
