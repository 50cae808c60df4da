import { CastcallError } from '../../base/index.js';
import { decode, type Journal, type Row, StoreError } from '../../journal/index.js';
import type { EarlierRows } from './earlier-rows.js';

/*
 * The row of an item of a topic: which offset it has, when it was published, and the message.
 *
 *   format u8 ─ offset f64 ─ wall clock f64 ─ the message, encoded
 *
 * Offsets of a topic are dense: its items in the order of their commits, from 0.
 */

const FORMAT = 1;
/** of a row, beside its message */
export const ITEM_BYTES = 17;
/** Rows that are read at once. */
const SLICE = 64;

/** One item, as its row has it. */
export interface TopicItem {
  readonly offset: number;
  /** wall clock, ms since 1970 */
  readonly at: number;
  readonly message: unknown;
  /** of its row */
  readonly bytes: number;
}

export function encodeItem(offset: number, at: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ITEM_BYTES + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setFloat64(1, offset);
  view.setFloat64(9, at);
  bytes.set(message, ITEM_BYTES);
  return bytes;
}

/** Throws a coded error for what no castcall has written. */
export function decodeItem(row: Uint8Array): TopicItem {
  const { offset, at } = decodePlace(row);
  return { offset, at, message: decode(row.subarray(ITEM_BYTES)), bytes: row.length };
}

/** The same without its message. */
export function decodePlace(row: Uint8Array): Omit<TopicItem, 'message'> {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  if (row.length < ITEM_BYTES || view.getUint8(0) !== FORMAT) {
    throw new CastcallError('DAMAGED', 'the row of an item of a topic has another format: a newer castcall wrote it');
  }
  return { offset: view.getFloat64(1), at: view.getFloat64(9), bytes: row.length };
}

/** What earlier lives have left of a topic: sequences by offset, 0 for an item that is missing. */
export interface FoundTopic {
  readonly first: number;
  readonly seqs: readonly number[];
}

/** Items of topics of earlier lives: where each is, until the topic is used. */
export class TopicRows {
  private readonly found = new Map<string, FoundTopic>();
  constructor(private readonly journal: Journal, private readonly rows: EarlierRows) {}

  /** Two rows of each topic are read; all of them where some are missing. */
  async load(): Promise<void> {
    for (const name of this.rows.streams('topic')) {
      const seqs = this.rows.take('topic', name);
      const last = await this.offsetAt(name, seqs.at(-1) as number);
      const first = await this.offsetAt(name, seqs[0] as number);
      const dense = first !== null && last !== null && last - first + 1 === seqs.length;
      this.found.set(name, dense ? { first, seqs } : await this.scan(name, seqs));
    }
  }

  /** Once; undefined when there is nothing. Ask when the store is ready. */
  take(name: string): FoundTopic | undefined {
    const found = this.found.get(name);
    this.found.delete(name);
    return found;
  }

  /** Topics that nobody has used in this life. */
  names(): readonly string[] {
    return [...this.found.keys()];
  }

  private async offsetAt(name: string, seq: number): Promise<number | null> {
    const row = await readRow(this.journal, name, seq);
    return row === null ? null : decodePlace(row.body).offset;
  }

  /** With rows that are missing, or cannot be read: those have the offset that is between their neighbours'. */
  private async scan(name: string, seqs: readonly number[]): Promise<FoundTopic> {
    const placed: [offset: number, seq: number][] = [];
    for (const seq of seqs) {
      const offset = await this.offsetAt(name, seq);
      if (offset !== null) placed.push([offset, seq]);
    }
    const [head] = placed;
    const tail = placed.at(-1);
    // Nothing can be read: as many offsets as there are rows are gone, and the next ones come after.
    if (head === undefined || tail === undefined) return { first: 0, seqs: [...seqs] };
    const dense = new Array<number>(tail[0] - head[0] + 1).fill(0);
    for (const [offset, seq] of placed) dense[offset - head[0]] = seq;
    return { first: head[0], seqs: dense };
  }
}

/** Rows of a topic after a sequence; one that is damaged is left out. */
export async function readItems(
  journal: Journal, name: string, after: number, limit: number,
): Promise<readonly Row[]> {
  try {
    return await journal.rows('topic', name, after, Math.min(limit, SLICE), true);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const bare = await journal.rows('topic', name, after, Math.min(limit, SLICE), false);
    const rows = await Promise.all(bare.map(({ seq }) => readRow(journal, name, seq)));
    return rows.filter((row) => row !== null);
  }
}

async function readRow(journal: Journal, name: string, seq: number): Promise<Row | null> {
  try {
    const [row] = await journal.rows('topic', name, seq - 1, 1, true);
    return row?.seq === seq ? row : null;
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return null;
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_CORRUPT';
}
