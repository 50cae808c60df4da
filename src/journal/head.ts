// What the journal keeps of itself in every batch: the next sequence, and of each table how many rows
// there are and two sums over their sequences. From these recovery tells that rows are missing or have
// come back, and which one when it is a single one.
import { mix } from '../base/text/index.js';
import type { StoreFinding } from '../api/durable/store.js';
import { type Table, TABLES } from './port/index.js';

/** Key of the record, of the kind `meta`. */
export const HEAD_KEY = 'head';

const VERSION = 1;
const TABLE_BYTES = 20;
const FIXED_BYTES = 24;
const BYTES = FIXED_BYTES + TABLES.length * TABLE_BYTES;
/** tables of the first stores */
const FIRST_TABLES = 4;
/** Sums of sequences are taken modulo this, so that two of them add up exactly. */
const SUM_MOD = 2 ** 52;

/** How many rows, and sums over their sequences that no order changes. */
export class Tally {
  count = 0;
  sum = 0;
  mixed = 0;
  add(seq: number): void {
    this.count++;
    this.sum = (this.sum + seq) % SUM_MOD;
    this.mixed = (this.mixed + mixOf(seq)) >>> 0;
  }
  take(seq: number): void {
    this.count--;
    this.sum = (this.sum - seq + SUM_MOD) % SUM_MOD;
    this.mixed = (this.mixed - mixOf(seq)) >>> 0;
  }
  same(other: Tally): boolean {
    return this.count === other.count && this.sum === other.sum && this.mixed === other.mixed;
  }
  become(other: Tally): void {
    this.count = other.count;
    this.sum = other.sum;
    this.mixed = other.mixed;
  }
}

function mixOf(seq: number): number {
  return mix((seq ^ Math.floor(seq / 0x1_0000_0000)) | 0);
}

export class Head {
  readonly tallies: Readonly<Record<Table, Tally>> = {
    message: new Tally(), delta: new Tally(), topic: new Tally(), dead: new Tally(), item: new Tally(),
  };
  nextSeq = 1;
  /** of the batch that it is in */
  batch = 0;

  encode(): Uint8Array {
    const bytes = new Uint8Array(BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, VERSION);
    view.setUint32(4, TABLES.length);
    view.setFloat64(8, this.batch);
    view.setFloat64(16, this.nextSeq);
    TABLES.forEach((table, at) => {
      const { count, sum, mixed } = this.tallies[table];
      const from = FIXED_BYTES + at * TABLE_BYTES;
      view.setFloat64(from, count);
      view.setFloat64(from + 8, sum);
      view.setUint32(from + 16, mixed);
    });
    return bytes;
  }

  /** @returns null when it is none, or of another version; an older store has fewer tables */
  static decode(bytes: Uint8Array): Head | null {
    if (bytes.length < FIXED_BYTES) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tables = TABLES.slice(0, view.getUint32(4));
    if (view.getUint32(0) !== VERSION || tables.length < FIRST_TABLES) return null;
    if (bytes.length !== FIXED_BYTES + view.getUint32(4) * TABLE_BYTES) return null;
    const head = new Head();
    head.batch = view.getFloat64(8);
    head.nextSeq = view.getFloat64(16);
    tables.forEach((table, at) => {
      const from = FIXED_BYTES + at * TABLE_BYTES;
      const tally = head.tallies[table];
      tally.count = view.getFloat64(from);
      tally.sum = view.getFloat64(from + 8);
      tally.mixed = view.getUint32(from + 16);
    });
    return head;
  }
}

/** What is wrong with a table of which `found` was read where `due` should be; null for nothing. */
export function tallyFinding(table: Table, due: Tally, found: Tally): StoreFinding | null {
  if (due.same(found)) return null;
  const gone = due.count - found.count;
  // With a single one, the sums tell which.
  const seq = (Math.sign(gone) * (due.sum - found.sum) + SUM_MOD) % SUM_MOD;
  const one = Math.abs(gone) === 1 && (due.mixed - found.mixed) >>> 0 === (Math.sign(gone) * mixOf(seq)) >>> 0;
  const place = one ? `${table}/${seq}` : table;
  if (gone > 0) {
    return { kind: 'missing', place, message: `${gone} of ${due.count} rows of the table ${table} are missing` };
  }
  const message = gone === 0 ? `rows of the table ${table} are missing, and as many removed ones have come back`
    : `${-gone} removed rows of the table ${table} have come back`;
  return { kind: 'missing', place, message };
}
