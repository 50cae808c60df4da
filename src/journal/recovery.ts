// Walks over the whole of a store, in slices.
import type { StoreFinding } from '../api/durable/store.js';
import { faultOf, findingOf, FRAME_BYTES, placeOf } from './frame.js';
import { Head, HEAD_KEY, Tally, tallyFinding } from './head.js';
import { type Entry, type Kind, KINDS, type Opened, type Row, type Store, type Table, TABLES } from './port/index.js';

/** Rows that are read at once, without their bodies. */
export const SLICE_ROWS = 4_096;
/** Rows and records that are read at once with their bodies. */
const SLICE_BODIES = 256;
/** Sequences that are left out when the record of the next one is damaged. */
const SEQ_GAP = 0x10_0000;

/** All rows of a table, in order. */
export async function* allRows(store: Store, table: Table, bodies: boolean): AsyncGenerator<readonly Row[], void> {
  const limit = bodies ? SLICE_BODIES : SLICE_ROWS;
  for (let after = 0; ;) {
    const rows = await store.rows(table, null, after, limit, bodies);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.seq;
  }
}

/** All records of a kind, in the order of their keys, in slices. */
export async function* allRecords(
  from: Pick<Store, 'records'>, kind: Kind,
): AsyncGenerator<readonly Entry[], void> {
  for (let after = ''; ;) {
    const entries = await from.records(kind, after, SLICE_BODIES);
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries;
    after = last.key;
  }
}

/** The head that the last batch has written; made anew from the rows when it is missing or damaged. */
export async function readHead(store: Store, opened: Opened, findings: StoreFinding[]): Promise<Head> {
  const body = await store.get('meta', HEAD_KEY);
  if (body !== undefined) {
    const fault = faultOf('meta', HEAD_KEY, 0, body);
    const head = fault === null ? Head.decode(body.subarray(FRAME_BYTES)) : null;
    if (head !== null) return head;
    findings.push(findingOf('meta', HEAD_KEY, 0, fault ?? 'it is not the head of a journal'));
  }
  const head = new Head();
  for (const table of TABLES) {
    for await (const rows of allRows(store, table, false)) {
      for (const { seq } of rows) {
        head.tallies[table].add(seq);
        head.nextSeq = Math.max(head.nextSeq, seq + 1 + SEQ_GAP);
      }
    }
  }
  if (body === undefined && (head.nextSeq > 1 || opened.batch > 0)) {
    findings.push({
      kind: 'missing', place: placeOf('meta', HEAD_KEY, 0), message: 'the head of the journal is missing',
    });
  }
  return head;
}

/**
 * Checks the frames of all rows and records, and that no row is missing or has come back.
 *
 * @param steady whether nothing was added since the walk began: else only frames can be judged
 */
export async function checkAll(store: Store, head: Head, steady: () => boolean): Promise<StoreFinding[]> {
  const findings: StoreFinding[] = [];
  for (const table of TABLES) {
    const found = new Tally();
    for await (const rows of allRows(store, table, true)) {
      for (const { seq, stream, body } of rows) {
        found.add(seq);
        judge(findings, table, stream, seq, body);
      }
    }
    const finding = steady() ? tallyFinding(table, head.tallies[table], found) : null;
    if (finding !== null) findings.push(finding);
  }
  for (const kind of KINDS) {
    for await (const entries of allRecords(store, kind)) {
      for (const { key, body } of entries) judge(findings, kind, key, 0, body);
    }
  }
  return findings;
}

function judge(findings: StoreFinding[], place: string, name: string, seq: number, body: Uint8Array): void {
  const fault = faultOf(place, name, seq, body);
  if (fault !== null) findings.push(findingOf(place, name, seq, fault));
}
