import { describe, expect, it } from 'vitest';
import { type Commit, Journal, type JournalLimits, type Recovery } from '../../src/journal/index.js';
import { memoryStore } from '../../src/journal/memory/index.js';
import { Batch, type Store, type StoreError, type StoreSource } from '../../src/journal/port/index.js';
import { Random } from '../../src/testing/index.js';
import { Disk } from '../sim/store/disk.js';
import { VirtualEnv } from '../support/virtual-env.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const none = bytes();

class Told implements Commit {
  constructor(private readonly told: string[], private readonly name: string) {}
  committed(): void {
    this.told.push(`${this.name} committed`);
  }
  uncommitted(error: StoreError): void {
    this.told.push(`${this.name} ${error.code}`);
  }
}

function diskOf(seed = 1): Disk {
  return new Disk(new Random(seed), { timer: (_ms, fn) => { setImmediate(fn); } });
}

async function opened(source: StoreSource = memoryStore(), limits?: JournalLimits): Promise<Journal> {
  const journal = new Journal(source.connect(), new VirtualEnv(), limits);
  await journal.ready;
  return journal;
}

async function drained(journal: Journal): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { rows } of journal.recover()) seqs.push(...rows.map(({ seq }) => seq));
  return seqs;
}

describe('the journal', () => {
  it('keeps what was added, through a system that ends and another', async () => {
    const source = memoryStore();
    const journal = await opened(source);
    const first = journal.append('message', 'a', bytes(1));
    const second = journal.append('message', 'b', bytes(2));
    journal.put('state', 'x', bytes(3));
    journal.put('step', 'y', bytes(4));
    journal.drop('step', 'y');
    journal.remove('message', first);
    await journal.close();
    expect(journal.state).toBe('closed');

    const next = await opened(source);
    const rows = await next.rows('message', null, 0, 10, true);
    expect(rows.map((row) => [row.seq, row.stream, [...row.body]])).toEqual([[second, 'b', [2]]]);
    expect(await next.records('state', '', 10)).toEqual([{ key: 'x', body: bytes(3) }]);
    expect(await next.get('step', 'y')).toBe(undefined);
    expect(next.append('message', 'a', none)).toBeGreaterThan(second);
    await next.close();
  });

  it('what is added without a break is one batch; waiters are told in order', async () => {
    const journal = await opened();
    const told: string[] = [];
    journal.whenCommitted(new Told(told, 'nothing'));
    const { open } = journal;
    journal.append('message', 'a', bytes(1));
    journal.whenCommitted(new Told(told, 'one'));
    journal.append('message', 'a', bytes(2));
    journal.whenCommitted(new Told(told, 'two'));
    expect(journal.open).toBe(open);
    expect(journal.committedUpTo).toBe(open - 1);
    await journal.flush();
    expect(told).toEqual(['nothing committed', 'one committed', 'two committed']);
    expect(journal.committedUpTo).toBe(open);
    await journal.close();
  });

  it('writes one batch at a time; what piles up meanwhile goes at once', async () => {
    const disk = diskOf();
    const journal = await opened(disk.connect());
    const told: string[] = [];
    journal.append('message', 'a', none);
    journal.whenCommitted(new Told(told, 'first'));
    await Promise.resolve();
    await Promise.resolve();
    expect(disk.flying?.number).toBe(1);
    for (let i = 0; i < 5; i++) {
      journal.append('message', 'a', none);
      await Promise.resolve();
    }
    journal.whenCommitted(new Told(told, 'rest'));
    await journal.flush();
    expect(told).toEqual(['first committed', 'rest committed']);
    expect(disk.writes).toBe(2);
    await journal.close();
  });

  it('what begins with an end is one batch with what comes of it in the same turn', async () => {
    const disk = diskOf();
    const env = new VirtualEnv();
    env.manual = true;
    const journal = new Journal(disk.connect().connect(), env);
    await journal.ready;
    const seqs = Array.from({ length: 600 }, () => journal.append('message', 'a', none));
    await journal.flush();
    journal.remove('message', seqs[0] as number);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(disk.flying).toBe(null);
    journal.append('message', 'a', none);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(disk.flying).toBe(null);
    env.turn();
    expect(disk.flying?.size).toBe(3);
    await journal.flush();
    // A large one does not wait for the end of the turn.
    for (const seq of seqs.slice(1)) journal.remove('message', seq);
    await Promise.resolve();
    await Promise.resolve();
    expect(disk.flying?.size).toBe(600);
    env.turn();
    await journal.flush();
    // Nor does a new row with which a batch begins.
    journal.append('message', 'a', none);
    await Promise.resolve();
    await Promise.resolve();
    expect(disk.flying?.size).toBe(2);
    await journal.close();
  });

  it('a read sees what was added before it', async () => {
    const journal = await opened(diskOf().connect());
    journal.append('message', 'a', none);
    await Promise.resolve();
    await Promise.resolve();
    journal.put('state', 'k', bytes(1));
    const seq = journal.append('delta', 's', bytes(2));
    const [record, rows] = await Promise.all([journal.get('state', 'k'), journal.rows('delta', 's', 0, 10, true)]);
    expect(record).toEqual(bytes(1));
    expect(rows).toEqual([{ seq, stream: 's', body: bytes(2) }]);
    await journal.close();
  });

  it('refuses what comes before it is open, and after it was closed', async () => {
    const journal = new Journal(memoryStore().connect(), new VirtualEnv());
    expect(journal.state).toBe('opening');
    expect(() => journal.append('message', 'a', none)).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    await journal.ready;
    const told: string[] = [];
    journal.append('message', 'a', none);
    journal.whenCommitted(new Told(told, 'last'));
    const closing = journal.close();
    expect(() => { journal.put('state', 'k', none); }).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    await closing;
    await journal.close();
    expect(told).toEqual(['last committed']);
    await expect(journal.get('state', 'k')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('does not open a store that somebody has', async () => {
    const source = memoryStore();
    const first = await opened(source);
    const second = new Journal(source.connect(), new VirtualEnv());
    await expect(second.ready).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    expect(second.state).toBe('failed');
    expect(() => second.append('message', 'a', none)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    await second.close();
    await first.close();
  });

  it('P19 who asks while nothing is pending hears of a failure, also once it is closed', async () => {
    const disk = diskOf();
    const journal = await opened(disk.connect());
    journal.append('message', 'a', none);
    disk.failNext();
    await expect(journal.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    const told: string[] = [];
    journal.whenCommitted(new Told(told, 'failed'));
    await expect(journal.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await journal.close();
    expect(journal.state).toBe('closed');
    journal.whenCommitted(new Told(told, 'closed'));
    await expect(journal.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(told).toEqual(['failed STORE_FAILED', 'closed STORE_FAILED']);
  });

  it('attempts that had begun survive the program, until it ends in order', async () => {
    const disk = diskOf();
    const journal = await opened(disk.connect());
    const seq = journal.append('message', 'a', none);
    await journal.flush();
    journal.mark(seq, 1);
    journal.mark(seq, 2);
    disk.crash();
    const next = new Journal(disk.connect().connect(), new VirtualEnv());
    const found = await next.ready;
    expect([found.clean, [...found.marks]]).toEqual([false, [[seq, 2]]]);
    await next.close();
    const last = new Journal(disk.connect().connect(), new VirtualEnv());
    expect(await last.ready).toMatchObject({ clean: true, marks: new Map() });
    await last.close();
  });

  it('recovery reads all rows, in slices', async () => {
    const source = memoryStore();
    const journal = await opened(source);
    const seqs = Array.from({ length: 5_000 }, () => journal.append('message', 'a', none));
    const other = journal.append('dead', 'a', none);
    await journal.close();
    const next = await opened(source);
    const sizes: number[] = [];
    const found: number[] = [];
    const slices = next.recover();
    for (let slice = await slices.next(); ; slice = await slices.next()) {
      if (slice.done === true) {
        expect(slice.value).toEqual([]);
        break;
      }
      sizes.push(slice.value.rows.length);
      found.push(...slice.value.rows.map((row) => row.seq));
    }
    expect(sizes).toEqual([4_096, 904, 1]);
    expect(found).toEqual([...seqs, other]);
    await next.close();
  });

  it('says what it holds', async () => {
    const journal = await opened(memoryStore(), { bytesMax: 10_000 });
    journal.append('message', 'a', bytes(1));
    expect(await journal.facts()).toMatchObject({
      level: 'memory', state: 'open', epoch: 1, bytesMax: 10_000,
      rows: { message: 1 }, records: { meta: 1 },
    });
    await journal.flush();
    expect(await journal.facts()).toMatchObject({ batches: 1, pendingBytes: 0 });
    await journal.close();
  });
});

describe('the limit of bytes', () => {
  it('rows are refused at 95 %, records at 100 %, removals never', async () => {
    const journal = await opened(memoryStore(), { bytesMax: 10_000 });
    const seqs = Array.from({ length: 9 }, () => journal.append('message', 'a', new Uint8Array(1_000)));
    await journal.flush();
    expect(() => journal.append('message', 'a', new Uint8Array(1_000))).toThrow(expect.objectContaining({
      code: 'STORE_FULL', message: expect.stringContaining('of at most 10000 bytes'),
    }));
    journal.put('state', 'k', new Uint8Array(500));
    expect(() => { journal.put('state', 'l', new Uint8Array(1_000)); })
      .toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    for (const seq of seqs.slice(0, 5)) journal.remove('message', seq);
    await journal.flush();
    await journal.facts();
    expect(journal.state).toBe('open');
    expect(journal.append('message', 'a', new Uint8Array(1_000))).toBe(10);
    await journal.close();
  });

  it('counts what was there before', async () => {
    const source = memoryStore();
    const journal = await opened(source);
    journal.append('message', 'a', new Uint8Array(9_000));
    await journal.close();
    const next = await opened(source, { bytesMax: 9_200 });
    expect(() => next.append('message', 'a', none)).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    await next.close();
  });
});

describe('P28: a store that fails', () => {
  it('P28: a failed write is told to all that wait; nothing is written until it is opened anew', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const disk = diskOf(seed);
      const journal = await opened(disk.connect());
      const kept = journal.append('message', 'a', none);
      await journal.flush();
      disk.failNext();
      const told: string[] = [];
      const lost = journal.append('message', 'a', none);
      journal.whenCommitted(new Told(told, 'this'));
      await Promise.resolve();
      await Promise.resolve();
      const later = journal.append('message', 'a', none);
      journal.whenCommitted(new Told(told, 'next'));
      const flushed = journal.flush();
      await expect(flushed).rejects.toMatchObject({ code: 'STORE_FAILED' });
      expect(told).toEqual(['this STORE_FAILED', 'next STORE_FAILED']);
      expect([journal.state, journal.failure?.message]).toEqual(['failed', 'EIO: the disk is broken']);
      expect(() => { journal.remove('message', kept); }).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
      await expect(journal.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' });

      const found: Recovery = await journal.reopen();
      expect([journal.state, journal.failure, found.clean, found.findings]).toEqual(['open', null, false, []]);
      const rows = (await journal.rows('message', null, 0, 10, false)).map(({ seq }) => seq);
      expect([[kept], [kept, lost]]).toContainEqual(rows);
      seen.add(String(rows.length));
      // A sequence that was given away is never given again.
      expect(journal.append('message', 'a', none)).toBeGreaterThan(later);
      await journal.close();
    }
    expect([...seen].toSorted()).toEqual(['1', '2']);
  });

  it('P28: nothing is half visible: a batch is there, or none of it', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = diskOf(seed);
      const journal = await opened(disk.connect());
      const input = journal.append('message', 'in', none);
      await journal.flush();
      disk.failNext();
      journal.remove('message', input);
      journal.append('message', 'out', none);
      journal.put('state', 'k', bytes(1));
      await expect(journal.flush()).rejects.toThrow();
      await journal.reopen();
      const streams = (await journal.rows('message', null, 0, 10, false)).map(({ stream }) => stream);
      const state = await journal.get('state', 'k');
      expect([['in', undefined], ['out', bytes(1)]]).toContainEqual([...streams, state]);
      expect(await drained(journal)).toHaveLength(1);
      await journal.close();
    }
  });

  it('P28: what a store throws that is no error of ours is told as STORE_FAILED, with its cause', async () => {
    const source = memoryStore();
    const store: Store = source.connect();
    const cause = new Error('ENOSPC');
    store.write = () => Promise.reject(cause);
    const journal = new Journal(store, new VirtualEnv());
    await journal.ready;
    journal.append('message', 'a', none);
    await expect(journal.flush()).rejects.toMatchObject({
      code: 'STORE_FAILED', cause, message: expect.stringContaining('ENOSPC'),
    });
    await journal.close();
    expect(journal.state).toBe('closed');
  });

  it('a failure while it closes is told by close', async () => {
    const disk = diskOf();
    const journal = await opened(disk.connect());
    journal.append('message', 'a', none);
    disk.failNext();
    await expect(journal.close()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect((await disk.connect().connect().open()).clean).toBe(false);
  });

  it('is opened anew only after a failure', async () => {
    const journal = await opened();
    await expect(journal.reopen()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await journal.close();
  });

  it('a batch is numbered after all that the store has', async () => {
    const source = memoryStore();
    const store = source.connect();
    await store.open();
    await store.write(new Batch(41));
    await store.close();
    const journal = await opened(source);
    expect([journal.open, journal.committedUpTo]).toEqual([42, 41]);
    await journal.close();
  });
});
