import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { Log, TestDisk, dies, lifeOn } from './lives.js';

const k = { coalesce: 'k' } as const;
const both = { coalesce: { key: 'k', merge: (waiting: string, coming: string) => `${waiting}+${coming}` } } as const;
const kind = async (receipt: { settled: Promise<{ kind: string }> }) => (await receipt.settled).kind;

describe('Keyed enqueue, stored', () => {
  test('P19 the old row goes in the transaction in which the new one comes', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const log = first.ref(Log, 'log');
    const a = await log.deliver('add', 'a', k);
    const b = await log.deliver('add', 'b', k);
    const c = await log.deliver('add', 'c', { coalesce: 'other' });
    expect([await kind(a), b.state, c.state]).toEqual(['superseded', 'pending', 'pending']);
    expect((await first.store.stats()).rows.message).toBe(2);
    dies(first, disk);

    const second = lifeOn(disk);
    await second.store.ready;
    expect(second.stats().delivery.recovered).toBe(2);
    const again = await second.start(Log, { name: 'log' });
    expect(await again.call('lines')).toBe('b c');
  });

  test('a program that dies before the commit has the old one; one that dies after it the new one', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const log = first.ref(Log, 'log');
    const a = await log.deliver('add', 'a', k);
    disk.hold();
    void log.deliver('add', 'b', k).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(a.state, 'nothing is told before it is safe').not.toBe('superseded');
    dies(first, disk);

    const second = lifeOn(disk);
    expect(await (await second.start(Log, { name: 'log' })).call('lines')).toBe('a');
  });

  test('rows of earlier lives are met: replaced, kept, merged', async () => {
    for (const [options, lines] of [
      [k, 'c'], [{ coalesce: { key: 'k', keep: 'first' } }, 'a'], [both, 'a+c'],
    ] as const) {
      const disk = new TestDisk();
      const first = lifeOn(disk);
      await first.ref(Log, 'log').deliver('add', 'a', k);
      dies(first, disk);

      const second = lifeOn(disk);
      const receipt = await second.ref(Log, 'log').deliver('add', 'c', options);
      const log = await second.start(Log, { name: 'log' });
      expect(await log.call('lines')).toBe(lines);
      expect(await kind(receipt)).toBe(lines === 'a' ? 'superseded' : 'handled');
      expect((await second.store.stats()).rows.message).toBe(0);
      await second.stop();

      const third = lifeOn(disk);
      await third.store.ready;
      expect(third.stats().delivery.recovered, 'nothing of it is left').toBe(0);
      const fresh = await third.ref(Log, 'log').deliver('add', 'd', k);
      await third.start(Log, { name: 'log' });
      expect(await kind(fresh)).toBe('handled');
    }
  });

  test('one of an earlier life waits under its key once its owner has it', async () => {
    const disk = new TestDisk();
    let open = (): void => undefined;
    const Slow = defineAgent({
      name: 'slow', durable: true, init: () => ({ seen: [] as string[] }),
      calls: { seen: (self) => self.state.seen.join(' ') },
      casts: {
        async hold() { await new Promise<void>((resolve) => { open = resolve; }); },
        add(self, text: string) { self.state.seen.push(text); },
      },
    });
    const first = lifeOn(disk);
    await first.ref(Slow, 'slow').deliver('hold');
    await first.ref(Slow, 'slow').deliver('add', 'a', k);
    dies(first, disk);

    const second = lifeOn(disk);
    const slow = await second.start(Slow, { name: 'slow' });
    await expect.poll(() => slow.stats().delivery).toMatchObject({ running: 1, inTransit: 1 });
    const receipt = await slow.deliver('add', 'b', both);
    open();
    expect(await kind(receipt)).toBe('handled');
    expect(await slow.call('seen')).toBe('a+b');
  });

  test('in a turn it is decided with the commit; a turn that fails replaces nothing', async () => {
    const system = lifeOn(new TestDisk());
    const Boss = defineAgent({
      name: 'boss', durable: true, init: () => ({ n: 0 }),
      calls: {
        async tell(self, text: string) {
          await self.deliver(system.ref(Log, 'log'), 'add', text, k);
          if (text === 'fails') throw new Error('no');
          return ++self.state.n;
        },
      },
      delivery: { onError: () => 'dead-letter' },
    });
    const boss = await system.start(Boss, { name: 'boss' });
    const a = await system.ref(Log, 'log').deliver('add', 'a', k);
    expect(await kind(await boss.deliver('tell', 'fails'))).toBe('dead-lettered');
    expect(a.state).toBe('pending');
    expect(await kind(await boss.deliver('tell', 'b'))).toBe('handled');
    expect(await kind(a)).toBe('superseded');
    expect((await system.store.stats()).rows.message).toBe(1);
    expect(await (await system.start(Log, { name: 'log' })).call('lines')).toBe('b');
  });

  test('a payload that cannot be stored replaces nothing', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const log = system.ref(Log, 'log');
    const a = await log.deliver('add', 'a', k);
    await expect(log.deliver('add', (() => 1) as never, k)).rejects.toThrow(/payload/);
    expect(a.state).toBe('pending');
    expect(await (await system.start(Log, { name: 'log' })).call('lines')).toBe('a');
  });
});
