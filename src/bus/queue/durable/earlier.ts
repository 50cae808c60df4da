import { Line } from '../../../base/text/index.js';
import { StoreError, type Row } from '../../../journal/index.js';
import type { Rank } from '../../../mailbox/index.js';
import type { Item } from '../item.js';
import { Ready } from '../ready.js';
import { decodeItem, type ItemRow, streamOf } from './row.js';
import type { QueueRows } from './rows.js';

/** as of mailboxes */
export const LANES = [0, 1, 2, 3] as const;
/** Rows that are read at once. */
const SLICE = 128;

/** One row of an earlier life: what it says, or why it says nothing. */
export type Found = { readonly seq: number } & (
  { readonly row: ItemRow } | { readonly row: null; readonly why: 'missing' | 'damaged'; readonly error: unknown }
);

/** The rows that earlier lives have left of one queue: their sequences, until somebody reads them. */
export class EarlierItems {
  private readonly lanes: { seqs: readonly number[]; at: number }[] = LANES.map(() => ({ seqs: [], at: 0 }));
  constructor(private readonly rows: QueueRows) {}

  /** How many there are in each lane. */
  claim(): readonly number[] {
    const { rows: { durability, name }, lanes } = this;
    return lanes.map((lane, rank) => {
      lane.seqs = durability.claim('item', streamOf(name, rank as Rank));
      return lane.seqs.length;
    });
  }

  /** The next ones of a lane; empty when there is none. */
  async read(rank: Rank): Promise<readonly Found[]> {
    const lane = this.lanes[rank] as { seqs: readonly number[]; at: number };
    const asked = lane.seqs.slice(lane.at, lane.at + SLICE);
    const [first] = asked;
    if (first === undefined) return [];
    const came = new Map((await this.slice(rank, first, asked.length)).map((row) => [row.seq, row]));
    lane.at += asked.length;
    if (lane.at === lane.seqs.length) lane.seqs = [];
    return asked.map((seq) => foundOf(seq, came.get(seq)));
  }

  private async slice(rank: Rank, first: number, limit: number): Promise<readonly (Row & { error?: unknown })[]> {
    const { rows: { journal, name } } = this;
    const stream = streamOf(name, rank);
    try {
      return await journal.rows('item', stream, first - 1, limit, true);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const bare = await journal.rows('item', stream, first - 1, limit, false);
      return await Promise.all(bare.map((row) => this.one(stream, row)));
    }
  }

  /** One that is damaged is left, and the others have their turn (P38). */
  private async one(stream: string, bare: Row): Promise<Row & { error?: unknown }> {
    try {
      const [row] = await this.rows.journal.rows('item', stream, bare.seq - 1, 1, true);
      return row?.seq === bare.seq ? row : bare;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return { ...bare, error };
    }
  }
}

function foundOf(seq: number, row: (Row & { error?: unknown }) | undefined): Found {
  if (row === undefined) return { seq, row: null, why: 'missing', error: undefined };
  if (row.error !== undefined) return { seq, row: null, why: 'damaged', error: row.error };
  try {
    return { seq, row: decodeItem(row.body) };
  } catch (error) {
    return { seq, row: null, why: 'damaged', error };
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_CORRUPT';
}

/**
 * The items that can be taken, and before those of this life in each lane the ones of earlier lives:
 * while some of these are not read, none behind them is next.
 */
export class EarlierReady extends Ready {
  private readonly lines: readonly Line<Item>[] = LANES.map(() => new Line<Item>());
  private readonly unreadOf: number[] = LANES.map(() => 0);
  unread = 0;
  /** in `lines` */
  private standing = 0;
  /** since when those that are not read can be taken */
  private since = Infinity;

  /** So many are in the store. */
  expect(counts: readonly number[], since: number): void {
    this.since = since;
    counts.forEach((many, lane) => {
      this.unreadOf[lane] = many;
      this.unread += many;
    });
  }

  /** The lane to read from; null when all are read. */
  get wanted(): Rank | null {
    for (let lane = LANES.length - 1; lane >= 0; lane--) if ((this.unreadOf[lane] as number) > 0) return lane as Rank;
    return null;
  }

  /** One of them is read, or gone. */
  wasRead(lane: Rank): void {
    this.unreadOf[lane] = (this.unreadOf[lane] as number) - 1;
    this.unread--;
  }

  /** It stands among those of earlier lives. */
  putEarlier(item: Item): void {
    const line = this.lines[item.lane] as Line<Item>;
    line.push(item);
    item.line = line;
    this.standing++;
    this.others++;
  }

  override first(): Item | null {
    if (this.standing + this.unread === 0) return super.first();
    for (let lane = LANES.length - 1; lane >= 0; lane--) {
      const found = (this.back[lane] as Line<Item>).first ?? (this.lines[lane] as Line<Item>).first;
      if (found !== null || (this.unreadOf[lane] as number) > 0) return found;
      const fresh = (this.fresh[lane] as Line<Item>).first;
      if (fresh !== null) return fresh;
    }
    return null;
  }

  override remove(item: Item): void {
    if (item.line === this.lines[item.lane]) this.standing--;
    super.remove(item);
  }

  override victim(): Item | null {
    for (const line of this.lines) if (line.first !== null) return line.first;
    return super.victim();
  }

  override oldest(): number {
    let since = this.unread > 0 ? this.since : Infinity;
    for (const { first } of this.lines) if (first !== null) since = Math.min(since, first.since);
    return Math.min(since, super.oldest());
  }

  override count(): number {
    return super.count() + this.standing + this.unread;
  }
}
