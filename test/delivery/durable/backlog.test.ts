import { describe, expect, it } from 'vitest';
import { defineAgent, type Receipt } from '../../../src/index.js';
import { Recorder, settleTurn } from '../../support/system.js';
import { dies, EXACTLY, lifeOn, Log, TestDisk } from './lives.js';

/** A life in which nobody is there to handle them. */
async function stored(disk: TestDisk, lines: readonly string[], key?: string): Promise<void> {
  const system = lifeOn(disk);
  const log = system.ref(Log, 'log');
  await Promise.all(lines.map((line) => log.deliver('add', line, key === undefined ? EXACTLY : { ...EXACTLY, key })));
  dies(system, disk);
}

describe('messages of earlier lives', () => {
  it('P21 one that waits is met by a duplicate that comes before anybody owns the name', async () => {
    const disk = new TestDisk();
    await stored(disk, ['a']);
    await stored(disk, ['k'], 'key');
    await stored(disk, ['b']);
    const system = lifeOn(disk);
    const log = system.ref(Log, 'log');
    await system.store.ready;
    const duplicate = await log.deliver('add', 'k', { ...EXACTLY, key: 'key' });
    await expect(log.deliver('add', 'other', { ...EXACTLY, key: 'key' }))
      .rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    const fresh = await log.deliver('add', 'new', { ...EXACTLY, key: 'new' });
    expect(system.stats().delivery).toMatchObject({ recovered: 3, accepted: 1, pending: 4, duplicatesSuppressed: 1 });
    await system.start(Log, { name: 'log' });
    expect((await duplicate.settled).kind).toBe('handled');
    expect((await fresh.settled).kind).toBe('handled');
    expect(await log.call('lines')).toBe('a k b new');
  });

  it('reads as many rows as there are, from the first on: the store looks at none behind them', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    for (const name of ['other', 'log', 'other', 'log', 'log', 'other']) {
      await first.ref(Log, name).deliver('add', name, EXACTLY);
    }
    dies(first, disk);
    const system = lifeOn(disk);
    await system.store.ready;
    expect(disk.reads).toEqual([]);
    const log = await system.start(Log, { name: 'log' });
    await system.ref(Log, 'log').deliver('add', 'new', EXACTLY);
    for (let turn = 0; turn < 100; turn++) await settleTurn();
    expect(await log.call('lines')).toBe('log log log new');
    expect(disk.reads).toEqual(['log: 3 after 1']);
  });

  it('P24 more than a slice of them is handled before what came after them', async () => {
    const disk = new TestDisk();
    const before = Array.from({ length: 300 }, (_, n) => `o${n}`);
    await stored(disk, before);
    const system = lifeOn(disk);
    const log = system.ref(Log, 'log');
    await system.store.ready;
    const receipts: Receipt[] = [];
    for (let n = 0; n < 5; n++) receipts.push(await log.deliver('add', `n${n}`, EXACTLY));
    expect(receipts[1]?.cancel()).toBe(true);
    await system.start(Log, { name: 'log' });
    for (let n = 5; n < 8; n++) receipts.push(await log.deliver('add', `n${n}`, EXACTLY));
    await Promise.all(receipts.map(({ settled }) => settled));
    expect(await log.call('lines')).toBe([...before, 'n0', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'].join(' '));
    expect((await system.store.stats()).rows.message).toBe(0);
  });

  it('P19 an owner that ends while they are read leaves them to the next', async () => {
    const disk = new TestDisk();
    await stored(disk, Array.from({ length: 200 }, (_, n) => `o${n}`));
    const system = lifeOn(disk);
    for (let n = 0; n < 5; n++) {
      await system.start(Log, { name: 'log' });
      system.exit('log', 'kill');
      await settleTurn();
    }
    const log = await system.start(Log, { name: 'log' });
    const last = await log.deliver('add', 'last', EXACTLY);
    await last.settled;
    expect((await log.call('lines')).split(' ')).toHaveLength(201);
    expect(system.stats().delivery).toMatchObject({ recovered: 200, acknowledged: 201 });
  });

  it('P19 a call with a guarantee waits for the store as a delivery does', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const log = system.ref(Log, 'log');
    const said = log.call('lines', undefined, EXACTLY);
    await system.start(Log, { name: 'log' });
    expect(await said).toBe('');
  });

  it('P28 after a failed write everybody is told that nobody knows, and the rest lives on', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const log = await system.start(Log, { name: 'log' });
    const Plain = defineAgent({ init: () => 0, calls: { next: (self) => ++self.state } });
    const plain = system.start(Plain);
    disk.hold();
    const sent = log.deliver('add', 'x', EXACTLY);
    await settleTurn();
    disk.fail();
    await expect(sent).rejects.toMatchObject({ code: 'UNKNOWN' });
    await expect(log.deliver('add', 'y', EXACTLY)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await plain.call('next')).toBe(1);
    expect(system.stats().delivery).toMatchObject({ accepted: 1, unknown: 1, pending: 0 });
  });

  it.each([
    ['has ended in order', true], ['was stopped while it was still reading', false],
  ])('P22 an attempt in which the program died counts after a life in between that %s', async (_, ready) => {
    const disk = new TestDisk();
    const starts: number[] = [];
    const Fragile = defineAgent({
      durable: true, init: () => ({}),
      casts: { go(self) { starts.push(self.delivery?.attempt ?? 0); return new Promise(() => undefined); } },
    });
    const first = lifeOn(disk);
    await first.ref(Fragile, 'a').deliver('go', undefined, { attemptsMax: 1 });
    dies(first, disk);
    const second = lifeOn(disk);
    await second.start(Fragile, { name: 'a' });
    await expect.poll(() => starts).toEqual([1]);
    dies(second, disk);
    const between = lifeOn(disk);
    if (ready) await between.store.ready;
    await between.stop();
    const last = lifeOn(disk);
    await last.start(Fragile, { name: 'a' });
    await expect.poll(() => last.deadLetters.list().map(({ reason }) => reason)).toEqual(['died_with_program']);
    expect(starts).toEqual([1]);
  });

  it('P38 a damaged message stays in the store, is told, and holds up no other', async () => {
    const disk = new TestDisk();
    await stored(disk, ['a', 'b', 'c']);
    disk.rot(2);
    const logger = new Recorder();
    const system = lifeOn(disk, { logger });
    const log = await system.start(Log, { name: 'log' });
    await (await log.deliver('add', 'd', EXACTLY)).settled;
    expect(await log.call('lines')).toBe('a c d');
    expect(logger.texts('warn')).toContain('a stored message cannot be read; it stays in the store');
    expect(system.stats().delivery).toMatchObject({ recovered: 3, acknowledged: 3, stored: 1 });
    expect((await system.store.stats()).rows.message).toBe(1);
  });
});
