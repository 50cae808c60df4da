import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreFinding } from '../../src/api/durable/store.js';
import { Head, Journal } from '../../src/journal/index.js';
import type { Row } from '../../src/journal/port/index.js';
import { Random } from '../../src/testing/index.js';
import { Disk } from '../sim/store/disk.js';
import { VirtualEnv } from '../support/virtual-env.js';

const body = (seq: number): Uint8Array => Uint8Array.of(seq, 1, 2, 3);

async function opened(disk: Disk): Promise<Journal> {
  const journal = new Journal(disk.connect().connect(), new VirtualEnv());
  await journal.ready;
  return journal;
}

/** Messages 1 to 10 in streams of two, of which 3 and 4 were handled; one delta; one state. */
async function filled(): Promise<{ disk: Disk; removed: Row; rows: readonly Row[] }> {
  const disk = new Disk(new Random(1), { latencyMsMax: 0 });
  const journal = await opened(disk);
  for (let seq = 1; seq <= 10; seq++) journal.append('message', seq % 2 === 0 ? 'even' : 'odd', body(seq));
  journal.append('delta', 'd', body(11));
  journal.put('state', 'agent', Uint8Array.of(9));
  await journal.flush();
  const rows = disk.image.rows('message', null, 0, 100, true);
  const removed = rows[2] as Row;
  journal.remove('message', 3);
  journal.remove('message', 4);
  await journal.close();
  return { disk, removed, rows };
}

async function findings(disk: Disk): Promise<readonly StoreFinding[]> {
  const journal = await opened(disk);
  const slices = journal.recover();
  try {
    for (;;) {
      const slice = await slices.next();
      if (slice.done === true) return slice.value;
    }
  } finally {
    await journal.close();
  }
}

describe('P27: damage is found', () => {
  it('P27: nothing is found where nothing is wrong', async () => {
    const { disk } = await filled();
    expect(await findings(disk)).toEqual([]);
    const journal = await opened(disk);
    expect(await journal.check()).toEqual([]);
    await journal.close();
  });

  it('P27: any flipped bit of a body is found when it is read, with its place', async () => {
    const { disk, rows } = await filled();
    const [first] = rows as [Row];
    const journal = await opened(disk);
    for (let bit = 0; bit < first.body.length * 8; bit++) {
      const rotten = Uint8Array.from(first.body);
      (rotten[bit >> 3] as number) ^= 1 << (bit & 7);
      disk.edit((to) => { to.append('message', 1, 'odd', rotten); });
      await expect(journal.rows('message', null, 0, 1, true), `bit ${bit}`).rejects.toMatchObject({
        code: 'STORE_CORRUPT', findings: [{ kind: 'checksum', place: 'message/1 (odd)' }],
      });
    }
    disk.edit((to) => { to.append('message', 1, 'odd', first.body); });
    expect((await journal.rows('message', null, 0, 1, true))[0]?.body).toEqual(body(1));
    await journal.close();
  });

  it('P27: a body in the place of another, and a body that was cut, are found', async () => {
    const { disk, rows } = await filled();
    const first = rows[0] as Row;
    const sixth = rows[5] as Row;
    const state = disk.image.get('state', 'agent') as Uint8Array;
    disk.edit((to) => {
      to.append('message', 1, 'even', first.body);
      to.append('message', 2, 'even', sixth.body);
      to.append('message', 5, 'odd', sixth.body.subarray(0, 3));
      to.append('delta', 11, 'd', sixth.body);
      to.put('state', 'agent', state.subarray(0, 5));
      to.put('ledger', 'agent', state);
    });
    const journal = await opened(disk);
    await expect(journal.get('state', 'agent')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(journal.records('ledger', '', 10)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect((await journal.check()).map((found) => `${found.kind} ${found.place}`)).toEqual([
      'checksum message/1 (even)', 'checksum message/2 (even)', 'checksum message/5 (odd)', 'checksum delta/11 (d)',
      'checksum state/agent', 'checksum ledger/agent',
    ]);
    await journal.close();
  });

  it('P27: a missing row is found at the start, and named', async () => {
    const { disk } = await filled();
    disk.edit((to) => { to.remove('message', 7); });
    expect(await findings(disk)).toEqual([{
      kind: 'missing', place: 'message/7', message: '1 of 8 rows of the table message are missing',
    }]);
    // It is told once: the journal goes on from what is there, once something is written.
    const journal = await opened(disk);
    for await (const slice of journal.recover()) expect(slice.rows.length).toBeGreaterThan(0);
    journal.append('message', 'odd', body(1));
    await journal.close();
    expect(await findings(disk)).toEqual([]);
  });

  it('P27: missing rows, and removed ones that came back, are found', async () => {
    const { disk, removed } = await filled();
    disk.edit((to) => { to.append('message', removed.seq, removed.stream, removed.body); });
    expect(await findings(disk)).toEqual([{
      kind: 'missing', place: 'message/3', message: '1 removed rows of the table message have come back',
    }]);
    disk.edit((to) => { to.remove('message', 10); });
    expect(await findings(disk)).toMatchObject([{ place: 'message' }]);
    disk.edit((to) => {
      to.remove('message', 9);
      to.remove('message', 8);
      to.remove('delta', 11);
    });
    expect(await findings(disk)).toEqual([
      { kind: 'missing', place: 'message', message: '2 of 8 rows of the table message are missing' },
      { kind: 'missing', place: 'delta/11', message: '1 of 1 rows of the table delta are missing' },
    ]);
  });

  it('P27: a damaged or missing head is found; no sequence is given twice', async () => {
    const { disk } = await filled();
    const head = disk.image.get('meta', 'head') as Uint8Array;
    const rotten = head.map((byte, at) => (at === 20 ? byte ^ 1 : byte));
    for (const kind of ['checksum', 'missing'] as const) {
      disk.edit((to) => {
        if (kind === 'missing') to.drop('meta', 'head');
        else to.put('meta', 'head', rotten);
      });
      const journal = new Journal(disk.connect().connect(), new VirtualEnv());
      expect((await journal.ready).findings).toMatchObject([{ kind, place: 'meta/head' }]);
      const seq = journal.append('dead', 'x', body(1));
      expect(seq).toBeGreaterThan(11 + 1_000);
      await journal.close();
    }
  });

  it('P27: whatever rows are lost or come back, the table is named', async () => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
      async (handled, turned) => {
        const disk = new Disk(new Random(1), { latencyMsMax: 0 });
        const journal = await opened(disk);
        for (let seq = 1; seq <= 40; seq++) journal.append('message', 's', body(seq));
        await journal.flush();
        const rows = disk.image.rows('message', null, 0, 40, true);
        for (const seq of handled) journal.remove('message', seq);
        await journal.close();
        disk.edit((to) => {
          for (const seq of turned) {
            if (handled.includes(seq)) to.append('message', seq, 's', (rows[seq - 1] as Row).body);
            else to.remove('message', seq);
          }
        });
        const found = await findings(disk);
        expect(found).toHaveLength(1);
        expect(found[0]?.place).toBe(turned.length === 1 ? `message/${turned[0]}` : 'message');
      },
    ), { numRuns: 60 });
  });

  it('the head of a store of four tables is read; one of another length is none', () => {
    const head = new Head();
    head.nextSeq = 12;
    head.batch = 3;
    head.tallies.dead.add(11);
    const bytes = head.encode();
    const older = bytes.slice(0, bytes.length - 20);
    expect(Head.decode(older)).toBeNull();
    new DataView(older.buffer).setUint32(4, 4);
    const read = Head.decode(older);
    expect([read?.nextSeq, read?.batch, read?.tallies.dead.count, read?.tallies.item.count]).toEqual([12, 3, 1, 0]);
    new DataView(older.buffer).setUint32(4, 3);
    expect([Head.decode(older), Head.decode(bytes.subarray(0, 8))]).toEqual([null, null]);
    expect(Head.decode(bytes)?.nextSeq).toBe(12);
  });

  it('a recovery that is not alone says nothing of what has changed', async () => {
    const { disk } = await filled();
    disk.edit((to) => { to.remove('message', 7); });
    const journal = await opened(disk);
    const slices = journal.recover();
    await slices.next();
    journal.append('message', 'odd', body(1));
    for (let slice = await slices.next(); ; slice = await slices.next()) {
      if (slice.done !== true) continue;
      expect(slice.value).toEqual([]);
      break;
    }
    await journal.close();
  });
});
