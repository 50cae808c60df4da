import { describe, expect, it } from 'vitest';
import { defineAgent, on, type System, type SystemOptions } from '../../../src/index.js';
import { z } from 'zod';
import { decodeDeadLetter } from '../../../src/delivery/durable/dead-row.js';
import { type Durability, durabilityOf } from '../../../src/delivery/durable/index.js';
import { encode } from '../../../src/journal/index.js';
import { kernelOf } from '../../../src/system/create.js';
import { dies, EXACTLY, lifeOn, TestDisk } from './lives.js';

/** What has happened outside, over all lives: a step of `once` charges. */
let charged: string[];
/** Whether it still fails. */
let broken: boolean;

/** Adds what it is told, once the world is whole. */
const Till = defineAgent({
  name: 'till',
  durable: true,
  delivery: { attemptsMax: 2, backoff: { baseMs: 1 }, onError: () => 'retry' },
  init: () => ({ lines: [] as string[] }),
  calls: { lines: (self) => self.state.lines.join(' ') },
  casts: {
    add: on(z.string(), (self, line) => {
      if (broken) throw new Error(`no ${line}`);
      self.state.lines.push(line);
    }),
    async charge(self, what: string) {
      await self.once('card', (key) => { charged.push(key); });
      if (broken) throw new Error(`no ${what}`);
      self.state.lines.push(what);
    },
  },
});

function life(disk: TestDisk, options: SystemOptions = {}): System {
  return lifeOn(disk, { deadLetters: { capacity: 10 }, ...options });
}

/** A disk with dead letters of one life that has ended. */
async function left(lines: readonly string[], op: 'add' | 'charge' = 'add', crash = false): Promise<TestDisk> {
  charged = [];
  broken = true;
  const disk = new TestDisk();
  const first = life(disk);
  const till = await first.start(Till, { name: 'till' });
  for (const line of lines) {
    const { settled } = await till.deliver(op, line, { ...EXACTLY, key: `key of ${line}`, order: 'o' });
    expect((await settled).kind).toBe('dead-lettered');
  }
  if (crash) dies(first, disk);
  else await first.stop();
  return disk;
}

const rowsOf = async (system: System): Promise<Readonly<Record<'message' | 'dead', number>>> => {
  await system.store.flush();
  const { message, dead } = (await system.store.stats()).rows;
  return { message, dead };
};
const durabilityIn = (system: System): Durability => durabilityOf(kernelOf(system)) as Durability;
const lettersOf = (system: System) => durabilityIn(system).letters;
const journalOf = (system: System) => durabilityIn(system).journal;
const settled = async (system: System): Promise<void> => {
  for (;;) {
    const { pending, inTransit, running } = system.stats().delivery;
    if (pending + inTransit + running === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const balanced = ({ deadLetters: all }: System): void => (
  expect(all.total + all.recovered).toBe(all.size + all.retried + all.pruned + all.evicted)
);

describe('dead letters of earlier lives', () => {
  it('P23 are letters of the next life, with their payload, key, attempts and reasons', async () => {
    const disk = await left(['a', 'b'], 'add', true);
    const second = life(disk);
    await second.store.ready;
    const { deadLetters } = second;
    expect([deadLetters.size, deadLetters.recovered, deadLetters.total]).toEqual([2, 2, 0]);
    expect(deadLetters.list()).toMatchObject([
      {
        id: 1, verb: 'deliver', to: 'till', op: 'add', payload: 'a', key: 'key of a', guarantee: 'exactly-once',
        attempts: 2, failures: [{ attempt: 1 }, { attempt: 2 }], reason: { message: 'no a' },
      },
      { id: 2, payload: 'b' },
    ]);
    const [letter] = deadLetters.list();
    expect(letter?.seq).toBeGreaterThan(0);
    balanced(second);
  });

  it('P23 one that is sent again takes its row away as its message comes, and is handled once', async () => {
    const disk = await left(['a', 'b']);
    broken = false;
    const second = life(disk);
    await second.store.ready;
    const till = await second.start(Till, { name: 'till' });
    const { open } = journalOf(second);
    expect(second.deadLetters.retry({})).toEqual({ retried: [1, 2], refused: [] });
    expect(journalOf(second).added).toBe(open);
    await settled(second);
    expect(await till.call('lines')).toBe('a b');
    expect(await rowsOf(second)).toEqual({ message: 0, dead: 0 });
    // its key has been handled
    const again = await till.deliver('add', 'a', { ...EXACTLY, key: 'key of a' });
    expect((await again.settled).kind).toBe('handled');
    expect(await till.call('lines')).toBe('a b');
    balanced(second);
  });

  it('P23 a crash before that commit leaves the letter, one after it the message', async () => {
    const disk = await left(['a']);
    const second = life(disk);
    await second.store.ready;
    await second.start(Till, { name: 'till' });
    disk.hold();
    second.deadLetters.retry({});
    dies(second, disk);

    const third = life(disk);
    await third.store.ready;
    expect(third.deadLetters.list()).toMatchObject([{ payload: 'a', attempts: 2 }]);
    await third.start(Till, { name: 'till' });
    third.deadLetters.retry({});
    await third.store.flush();
    dies(third, disk);

    broken = false;
    const fourth = life(disk);
    await fourth.store.ready;
    expect(fourth.deadLetters.size).toBe(0);
    const till = await fourth.start(Till, { name: 'till' });
    await settled(fourth);
    expect(await till.call('lines')).toBe('a');
  });

  it('P23 all attempts are told, also those before a retry that another life goes on with', async () => {
    const disk = await left(['a']);
    const second = life(disk);
    await second.store.ready;
    await second.start(Till, { name: 'till' });
    disk.hold();
    second.deadLetters.retry({});
    disk.release();
    await settled(second);
    const failures = [1, 2, 3, 4].map((attempt) => ({ attempt }));
    expect(second.deadLetters.list()).toMatchObject([{ id: 1, attempts: 4, failures }]);
    expect(await rowsOf(second)).toEqual({ message: 0, dead: 1 });
    await second.stop();
    const third = life(disk);
    await third.store.ready;
    expect(third.deadLetters.list()).toMatchObject([{ attempts: 4, failures }]);
  });

  it('P21 a key that was handled meanwhile is not handled again by a retry', async () => {
    const disk = await left(['a']);
    broken = false;
    const second = life(disk);
    await second.store.ready;
    const till = await second.start(Till, { name: 'till' });
    await (await till.deliver('add', 'a', { ...EXACTLY, key: 'key of a' })).settled;
    await second.stop();
    const third = life(disk);
    await third.store.ready;
    const again = await third.start(Till, { name: 'till' });
    expect(third.deadLetters.retry({})).toEqual({ retried: [1], refused: [] });
    expect(await rowsOf(third)).toEqual({ message: 0, dead: 0 });
    expect(await again.call('lines')).toBe('a');
  });

  it('P21 a step that was done is not done again by a retry, and its key stays the same', async () => {
    const disk = await left(['a'], 'charge');
    expect(charged).toHaveLength(1);
    broken = false;
    const second = life(disk);
    await second.store.ready;
    const till = await second.start(Till, { name: 'till' });
    second.deadLetters.retry({});
    await settled(second);
    expect([charged.length, await till.call('lines')]).toEqual([1, 'a']);
    await second.store.flush();
    expect((await second.store.stats()).records).toMatchObject({ step: 0, attempt: 0 });
  });

  it('stay while nobody owns their name, or its definition is another one', async () => {
    const disk = await left(['a']);
    const second = life(disk);
    await second.store.ready;
    expect(second.deadLetters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'NOPROC' }] });
    second.start(defineAgent({ init: () => ({}), casts: { other: () => undefined } }), { name: 'till' });
    expect(second.deadLetters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'UNKNOWN_OPERATION' }] });
    second.exit('till', 'kill');
    second.spawn(async (self) => { await self.receive(); }, { name: 'till' });
    expect(second.deadLetters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'PROTOCOL_MISMATCH' }] });
    expect(await rowsOf(second)).toEqual({ message: 0, dead: 1 });
  });

  it('are thrown away with their rows, from either side', async () => {
    const disk = await left(['a', 'b', 'c']);
    const second = life(disk);
    await second.store.ready;
    const { deadLetters } = second;
    expect(deadLetters.prune({ where: ({ payload }) => payload === 'a' })).toBe(1);
    expect(await rowsOf(second)).toEqual({ message: 0, dead: 2 });
    expect(await lettersOf(second).prune([deadLetters.list()[0]?.seq ?? 0, 999])).toBe(1);
    expect(deadLetters.list().map(({ payload }) => payload)).toEqual(['c']);
    expect([deadLetters.pruned, deadLetters.size]).toEqual([2, 1]);
    balanced(second);
    await second.stop();
    expect(() => deadLetters.prune({})).toThrow('the store is closed');
    expect(deadLetters.size).toBe(1);
  });

  it('the latest are in memory, as many as the system keeps; all are sent again by their rows', async () => {
    const lines = ['a', 'b', 'c', 'd'];
    const disk = await left(lines);
    broken = false;
    const second = life(disk, { deadLetters: { capacity: 2 } });
    await second.store.ready;
    const { deadLetters } = second;
    expect(deadLetters.list().map(({ payload }) => payload)).toEqual(['c', 'd']);
    const till = await second.start(Till, { name: 'till' });
    const all = (await journalOf(second).rows('dead', null, 0, 10, false)).map(({ seq }) => seq);
    const { retried, refused } = await lettersOf(second).retry([...all, 999], null);
    expect([retried, refused]).toEqual([all, [{ seq: 999, code: 'NOT_FOUND' }]]);
    await settled(second);
    expect(await till.call('lines')).toBe('a b c d');
    expect([deadLetters.recovered, deadLetters.retried, deadLetters.size]).toEqual([4, 4, 0]);
    expect(await rowsOf(second)).toEqual({ message: 0, dead: 0 });
    balanced(second);
  });

  it('P38 another payload is checked by its schema, and stays with the letter over lives', async () => {
    const disk = await left(['a']);
    const second = life(disk);
    await second.store.ready;
    expect(() => second.deadLetters.edit(1, 'b')).toThrow('noproc');
    await second.start(Till, { name: 'till' });
    expect(() => second.deadLetters.edit(1, 7)).toThrow('add');
    const seq = second.deadLetters.list()[0]?.seq ?? 0;
    expect(second.deadLetters.edit(1, 'b')).toMatchObject({ payload: 'b', key: 'key of a', attempts: 2 });
    expect(second.deadLetters.list()[0]?.seq).toBeGreaterThan(seq);
    await second.stop();
    broken = false;
    const third = life(disk);
    await third.store.ready;
    expect(third.deadLetters.list()).toMatchObject([{ payload: 'b' }]);
    const till = await third.start(Till, { name: 'till' });
    const wrong = await lettersOf(third).retry([third.deadLetters.list()[0]?.seq ?? 0], { payload: 7 });
    expect(wrong).toMatchObject({ retried: [], refused: [{ code: 'INVALID_PAYLOAD' }] });
    expect(third.deadLetters.list()).toMatchObject([{ payload: 'b' }]);
    await lettersOf(third).retry([third.deadLetters.list()[0]?.seq ?? 0], { payload: 'c' });
    await settled(third);
    expect(await till.call('lines')).toBe('c');
  });

  it('letters of this life have rows too: what is done to one is done to the other', async () => {
    charged = [];
    broken = true;
    const system = life(new TestDisk());
    const till = await system.start(Till, { name: 'till' });
    for (const line of ['a', 'b', 'c']) await (await till.deliver('add', line)).settled;
    const { deadLetters } = system;
    const [a, b, c] = deadLetters.list().map(({ seq }) => seq) as [number, number, number];
    expect(await rowsOf(system)).toEqual({ message: 0, dead: 3 });
    expect(deadLetters.edit(1, 'A')?.seq).toBeGreaterThan(c);
    expect(await lettersOf(system).prune([a, b])).toBe(1);
    broken = false;
    deadLetters.retry({});
    await settled(system);
    expect(await till.call('lines')).toBe('A c');
    expect(await rowsOf(system)).toEqual({ message: 0, dead: 0 });
    balanced(system);
  });

  it('P23 one that is sent again at once, by who hears of it, is no duplicate of itself', async () => {
    broken = true;
    const system = life(new TestDisk());
    const till = await system.start(Till, { name: 'till' });
    system.deadLetters.subscribe(({ id }) => {
      broken = false;
      system.deadLetters.retry(id);
    });
    const receipt = await till.deliver('add', 'a', { ...EXACTLY, key: 'k' });
    expect((await receipt.settled).kind).toBe('dead-lettered');
    await settled(system);
    expect(await till.call('lines')).toBe('a');
    expect(await rowsOf(system)).toEqual({ message: 0, dead: 0 });
    const again = await till.deliver('add', 'a', { ...EXACTLY, key: 'k' });
    expect((await again.settled).kind).toBe('handled');
    balanced(system);
  });

  it('what has to make room in the store is no letter any more, at the start and later', async () => {
    const disk = await left(['a', 'b', 'c']);
    const second = life(disk, { retention: { deadLetters: { countMax: 2 } } });
    await second.store.ready;
    const { deadLetters } = second;
    expect(deadLetters.list().map(({ payload }) => payload)).toEqual(['b', 'c']);
    const till = await second.start(Till, { name: 'till' });
    await (await till.deliver('add', 'd')).settled;
    expect(deadLetters.list().map(({ payload }) => payload)).toEqual(['c', 'd']);
    expect([deadLetters.evicted, await rowsOf(second)]).toEqual([1, { message: 0, dead: 2 }]);
    balanced(second);
  });

  it('P28 a store that takes nothing refuses a retry with its code, and the letter stays', async () => {
    const disk = await left(['a']);
    const second = life(disk);
    await second.store.ready;
    const till = await second.start(Till, { name: 'till' });
    disk.fail();
    await till.deliver('add', 'b').catch(() => undefined);
    expect(second.deadLetters.retry(1)).toEqual({ retried: [], refused: [{ id: 1, code: 'STORE_FAILED' }] });
    expect(() => second.deadLetters.edit(1, 'c')).toThrow('nothing is written');
    expect(() => second.deadLetters.prune({})).toThrow('nothing is written');
    expect(second.deadLetters.list()).toMatchObject([{ payload: 'a' }]);
  });
});

describe('the row of a dead letter', () => {
  it('one of an older castcall has fewer places, and reads', () => {
    const body = encode([1, 7, 'add', 'a', null, 'at-least-once', 5, [], 'why', 99], 'a row');
    expect(decodeDeadLetter(body)).toEqual({
      seq: 7, op: 'add', payload: 'a', key: null, guarantee: 'at-least-once', attempts: 5, failures: [], reason: 'why',
      at: 99, version: 1, order: null, terms: null, digest: null, origin: 7, steps: false, lane: null,
      provenance: { sender: null, named: false, sentAt: 0, traceparent: null, headers: null },
    });
  });

  it('P23 tells the version, order, terms, sender and times of its message', async () => {
    broken = true;
    const system = life(new TestDisk());
    const till = await system.start(Till, { name: 'till' });
    const teller = system.spawn(async (self) => {
      await self.deliver(self.bind(till), 'add', 'a', { order: 'o', lane: 'high', expiresInMs: 9_000 });
      await self.receive();
    }, { name: 'teller' });
    void teller;
    while (system.deadLetters.size === 0) await new Promise((resolve) => setImmediate(resolve));
    await system.store.flush();
    const [row] = await journalOf(system).rows('dead', null, 0, 1, true);
    const read = decodeDeadLetter(row?.body ?? new Uint8Array());
    expect(read).toMatchObject({
      op: 'add', version: 1, order: 'o', steps: false,
      terms: { guarantee: 'at-least-once', attemptsMax: 2, ackTimeoutMs: -1, expiresInMs: 9_000, rank: 2 },
      provenance: { sender: 'teller', named: true, traceparent: null, headers: null },
    });
    expect(read.origin).toBe(read.seq);
    expect(read.provenance.sentAt).toBeGreaterThan(0);
    expect(read.at).toBeGreaterThanOrEqual(read.provenance.sentAt);
  });
});
