import { describe, expect, it } from 'vitest';
import { child, createSystem, defineAgent, type System } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { expectConserved } from '../../support/system.js';

/** What the world outside has seen: survives every life. */
interface World {
  readonly effects: string[];
  fails: number;
}

function clerk(world: World, guarantee: 'at-least-once' | 'at-most-once', reconcile?: () => string) {
  return defineAgent({
    name: 'Clerk',
    durable: true,
    init: () => ({ done: [] as string[] }),
    calls: {
      async pay(self, id: string) {
        const how = reconcile === undefined ? { guarantee } : { guarantee, reconcile };
        const receipt = await self.once('charge', (key) => {
          world.effects.push(key);
          return `receipt ${world.effects.length}`;
        }, how);
        if (world.fails-- > 0) throw new Error('crashed after the effect');
        self.state.done.push(`${id}: ${receipt}`);
        return receipt;
      },
      done: (self) => self.state.done,
    },
  });
}

async function oneLife(system: System, run: () => Promise<void>): Promise<void> {
  await run();
  expectConserved(system.stats());
  await system.stop();
  expectConserved(system.stats());
}

describe('once', () => {
  it('P21 a step that was done is not done again by a later attempt, which gets the same result', async () => {
    const world: World = { effects: [], fails: 2 };
    const Clerk = clerk(world, 'at-least-once');
    const system = createSystem({ store: memoryStore(), logger: false });
    await oneLife(system, async () => {
      await system.supervise({ children: [child('clerk', Clerk)] });
      const receipt = await system.ref(Clerk, 'clerk').deliver('pay', 'a', { backoff: { baseMs: 1 } });
      expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'receipt 1', attempts: 3 });
      expect(world.effects).toHaveLength(1);
      expect(world.effects[0]).toMatch(/^[a-z0-9]{6}\/clerk\/\d+\/charge$/);
      expect((await system.store.stats()).records.step).toBe(0);
    });
  });

  it('Idempotency guard: a step of an earlier life of the program is not done again', async () => {
    const world: World = { effects: [], fails: 1 };
    const Clerk = clerk(world, 'at-least-once');
    const store = memoryStore();
    const first = createSystem({ store, logger: false });
    await first.start(Clerk, { name: 'clerk' });
    const receipt = await first.ref(Clerk, 'clerk').deliver('pay', 'a', { backoff: { baseMs: 60_000 } });
    while (receipt.attempts < 1 || receipt.state !== 'pending') await new Promise((resolve) => setImmediate(resolve));
    await first.stop();
    expect((await receipt.settled).kind).toBe('stored');
    const second = createSystem({ store, logger: false });
    await oneLife(second, async () => {
      await second.start(Clerk, { name: 'clerk' });
      while (second.stats().delivery.acknowledged === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(await second.ref(Clerk, 'clerk').call('done')).toEqual(['a: receipt 1']);
      expect(world.effects).toHaveLength(1);
    });
  });

  it('P21 an at-most-once step that had begun is unknown, or what reconcile finds', async () => {
    const world: World = { effects: [], fails: 0 };
    let seen: unknown;
    let tries = 0;
    const Fragile = defineAgent({
      durable: true,
      init: () => ({}),
      casts: {
        async pay(self) {
          try {
            await self.once('charge', (key) => {
              world.effects.push(key);
              throw new Error('the line broke');
            }, { guarantee: 'at-most-once' });
          } catch (error) {
            seen = error;
            if (++tries === 1) throw error;
          }
        },
      },
    });
    const system = createSystem({ store: memoryStore(), logger: false });
    await oneLife(system, async () => {
      await system.supervise({ children: [child('a', Fragile)] });
      const receipt = await system.ref(Fragile, 'a').deliver('pay', undefined, { backoff: { baseMs: 1 } });
      expect((await receipt.settled).kind).toBe('handled');
      expect(seen).toMatchObject({ code: 'STEP_UNKNOWN' });
      expect(world.effects).toHaveLength(1);
    });
  });

  it('is refused outside of a stored delivery', async () => {
    const Plain = defineAgent({
      durable: true, init: () => ({}),
      calls: { ask: (self) => self.once('x', () => 1), park: (self) => self.wait('x') },
    });
    const system = createSystem({ store: memoryStore(), logger: false });
    await oneLife(system, async () => {
      const a = await system.start(Plain, { name: 'a' });
      await expect(a.call('ask')).rejects.toMatchObject({ code: 'EXIT', reason: { code: 'NOT_DURABLE' } });
    });
  });
});

describe('wait', () => {
  const steps: string[] = [];
  const Approval = defineAgent({
    name: 'Approval',
    durable: true,
    init: () => ({ sent: [] as string[], seen: 0 }),
    calls: {
      async send(self, text: string) {
        self.state.seen++;
        steps.push(text);
        let approved: boolean;
        try {
          approved = await self.wait<boolean>(`approve-${text}`);
        } catch (error) {
          return `refused: ${(error as { code: string }).code}`;
        }
        if (approved) self.state.sent.push(text);
        return approved;
      },
      state: (self) => self.state,
    },
  });
  const turns = async (until: () => boolean): Promise<void> => {
    for (let n = 0; n < 1_000 && !until(); n++) await new Promise((resolve) => setImmediate(resolve));
    expect(until()).toBe(true);
  };

  it('Human approval: a parked message holds nobody, counts no attempt, and runs again with the decision', async () => {
    const system = createSystem({ store: memoryStore(), logger: false });
    await oneLife(system, async () => {
      const desk = await system.start(Approval, { name: 'desk' });
      const receipt = await desk.deliver('send', 'a');
      await turns(() => system.waits.list().length === 1);
      expect(system.waits.list()).toMatchObject([{ id: 'approve-a', agent: 'desk', op: 'send' }]);
      expect(receipt).toMatchObject({ state: 'pending', attempts: 0 });
      // what the run had changed is undone, and the agent takes other messages
      expect(await desk.call('state')).toEqual({ sent: [], seen: 0 });
      expect(await system.waits.resolve('approve-b', true)).toBe(false);
      expect(await Promise.all([system.waits.resolve('approve-a', true), system.waits.resolve('approve-a', false)]))
        .toEqual([true, false]);
      expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: true, attempts: 1 });
      expect(await desk.call('state')).toEqual({ sent: ['a'], seen: 1 });
      expect(steps).toEqual(['a', 'a']);
      expect(system.waits.list()).toEqual([]);
      expect((await system.store.stats()).records.wait).toBe(0);
    });
  });

  it('a wait outlives the program; rejected and expired ones reject', async () => {
    const store = memoryStore();
    const first = createSystem({ store, logger: false });
    const desk = await first.start(Approval, { name: 'desk' });
    const receipts = await Promise.all(['x', 'y', 'z'].map((text) => desk.deliver('send', text)));
    await turns(() => first.waits.list().length === 3);
    expect(await first.waits.reject('approve-z', 'no')).toBe(true);
    await receipts[2]?.settled;
    await oneLife(first, async () => undefined);
    const second = createSystem({ store, logger: false });
    await oneLife(second, async () => {
      await second.store.ready;
      expect(second.waits.list().map(({ id }) => id)).toEqual(['approve-x', 'approve-y']);
      const again = await second.start(Approval, { name: 'desk' });
      expect(await second.waits.resolve('approve-x', true)).toBe(true);
      expect(await second.waits.expire('approve-y')).toBe(true);
      await turns(() => second.stats().delivery.acknowledged === 2);
      expect(await again.call('state')).toEqual({ sent: ['x'], seen: 3 });
    });
  });
});
