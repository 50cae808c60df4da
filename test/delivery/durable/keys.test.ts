import { afterEach, describe, expect, it } from 'vitest';
import { createSystem, defineAgent, type AgentRef, type System } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { expectConserved } from '../../support/system.js';

const Sum = defineAgent({
  name: 'Sum',
  durable: true,
  delivery: { guarantee: 'exactly-once' },
  init: () => ({ sum: 0 }),
  calls: {
    sum: (self) => self.state.sum,
    add(self, amount: number) { return self.state.sum += amount; },
  },
});

/** More than are read at once. */
const MANY = 300;

describe('keys of messages that an earlier life has accepted', () => {
  const store = memoryStore();
  let system: System;
  let sum: AgentRef<typeof Sum>;
  const life = (on = memoryStore()): void => {
    system = createSystem({ store: on, logger: false });
    sum = system.ref(Sum, 'sum');
  };
  const add = (n: number, amount = 1) => sum.deliver('add', amount, { key: `k${n}` });
  const start = () => system.start(Sum, { name: 'sum' });
  afterEach(async () => {
    expectConserved(system.stats());
    await system.stop();
    expectConserved(system.stats());
  });

  async function withMany(): Promise<void> {
    const on = memoryStore();
    life(on);
    for (let n = 0; n < MANY; n++) await add(n);
    await system.stop();
    life(on);
  }

  it('P21 a key that is sent again before its first message was found is handled once', async () => {
    await withMany();
    const again = await Promise.all([add(7), add(7), add(MANY - 1), add(MANY)]);
    await start();
    const outcomes = await Promise.all(again.map(({ settled }) => settled));
    expect(outcomes.map(({ kind, reply }) => [kind, reply])).toEqual(
      [['handled', 8], ['handled', 8], ['handled', MANY], ['handled', MANY + 1]],
    );
    expect(await sum.call('sum')).toBe(MANY + 1);
    const { delivery } = system.stats();
    expect(delivery).toMatchObject({ accepted: 1, recovered: MANY, duplicatesSuppressed: 3, pending: 0 });
    expect((await system.store.stats()).rows.message).toBe(0);
  });

  it('P21 another payload under such a key is a conflict', async () => {
    await withMany();
    await expect(add(7, 1_000)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    await start();
    expect(system.stats().delivery.conflicts).toBe(1);
    await expect.poll(() => sum.call('sum')).toBe(MANY);
  });

  it('P21 a key that a life between has sent again is handled once', async () => {
    life(store);
    for (let n = 0; n < 3; n++) await add(n);
    await system.stop();
    life(store);
    const left = await add(1);
    await system.stop();
    expect((await left.settled).kind).toBe('stored');
    life(store);
    await start();
    await expect.poll(() => system.stats().delivery.pending).toBe(0);
    expect(await sum.call('sum')).toBe(3);
    expect(system.stats().delivery).toMatchObject({ recovered: 3, acknowledged: 3 });
    expect((await system.store.stats()).rows.message).toBe(0);
  });

  it('P21 what is cancelled before its turn is not handled, by a duplicate too', async () => {
    await withMany();
    const behind = await add(MANY);
    const duplicate = await add(3);
    expect([behind.cancel(), duplicate.cancel()]).toEqual([true, true]);
    await start();
    await expect.poll(() => system.stats().delivery.acknowledged).toBe(MANY - 1);
    expect(await sum.call('sum')).toBe(MANY - 1);
    expect((await system.store.stats()).rows.message).toBe(0);
  });
});
