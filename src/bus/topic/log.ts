// A durable topic: its items in the store, in the order in which they were published.
import { CastcallError, deepFreeze } from '../../base/index.js';
import {
  decodeItem, decodePlace, type Durability, encodeItem, readItems, type TopicItem,
} from '../../delivery/durable/index.js';
import { decode } from '../../journal/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { StoredTopicStats, TopicStart } from '../../api/bus/topic.js';
import { Column } from './column.js';
import type { ReadRetention } from './options.js';
import type { Publishing } from './publishing.js';
import type { TopicState } from './state.js';
import type { Storing } from './storing.js';

/** Items that are read at once. */
const SLICE = 64;

/** Who gives an item that is committed to those who are there. */
export interface Outlet {
  readonly subscribers: number;
  /** how many it has reached, or the publish that waits for slow readers of a pattern */
  give(message: unknown, from: Process | null): number | Publishing;
}

/**
 * The offsets of one topic:
 *
 *   first ──────────── end ──────────── next
 *    kept, committed     being stored
 *
 * All of it is known when the store is ready: what is published before waits until then.
 */
export class TopicLog {
  first = 0;
  /** all before it are committed */
  end = 0;
  next = 0;
  /** it is ready */
  open = false;
  /** the offset that is given to those who are there just now */
  giving = -1;
  private state: TopicState | null = null;
  private outlet: Outlet | null = null;
  private retention: ReadRetention | null = null;
  /** of each from `first` on: its sequence in the store, 0 when it is missing there */
  private readonly seqs = new Column();
  /** wall clock, where ages are kept; NaN while it is not read */
  private ats: Column | null = null;
  /** of its row, where bytes are counted; NaN while it is not read */
  private sizes: Column | null = null;
  private bytes = 0;
  private lastAt = 0;
  private recovered = 0;
  private trimmed = 0;
  private unknown = 0;
  /** published before it was ready */
  private early: Storing[] = [];
  private readonly opened: Promise<void>;
  /** names of durable subscriptions that somebody has */
  readonly taken: Set<string> = new Set();
  constructor(readonly name: string, private readonly kernel: Kernel, readonly durability: Durability) {
    this.opened = durability.whenReady().then(() => this.begin());
    this.opened.catch((error: unknown) => {
      for (const storing of this.early.splice(0)) storing.fail(error);
    });
  }

  /** It is used with these options from now on. */
  settle(state: TopicState, outlet: Outlet, retention: ReadRetention): void {
    this.state = state;
    this.outlet = outlet;
    this.retention = retention;
    if (!this.open) return;
    this.recovered = this.end - this.first;
    this.trimmed = 0;
    void this.measure();
  }

  whenOpen(): Promise<void> {
    return this.opened;
  }

  private begin(): void {
    if (this.open) return;
    const found = this.durability.topics.take(this.name);
    if (found !== undefined) {
      this.first = found.first;
      for (const seq of found.seqs) this.seqs.push(seq);
      this.next = this.end = this.first + this.seqs.size;
      this.recovered = this.seqs.size;
    }
    this.open = true;
    for (const storing of this.early.splice(0)) this.store(storing);
    void this.measure();
  }

  /* ---- what is published ---- */

  publish(storing: Storing, from: Process | null): void {
    const turn = from === null || from.ext === null ? null : from.ext.turn;
    if (turn !== null && turn.open) {
      storing.inTurn();
      turn.keep(storing);
    } else if (this.open) this.append(storing);
    else this.early.push(storing);
  }

  private store(storing: Storing): void {
    try {
      this.append(storing);
    } catch (error) {
      storing.fail(error);
    }
  }

  /** Adds its row, and is told of its commit, in this order for all. */
  append(storing: Storing): void {
    if (!this.open) this.begin(); // a turn is open: the store is ready
    const { durability: { journal }, name } = this;
    const at = Math.max(this.lastAt, this.durability.wall());
    const row = encodeItem(this.next, at, storing.body);
    this.seqs.push(journal.append('topic', name, row));
    storing.offset = this.next++;
    this.lastAt = at;
    this.ats?.push(at);
    this.sizes?.push(row.length);
    if (this.sizes !== null) this.bytes += row.length;
    this.trim();
    journal.whenCommitted(storing.row);
  }

  get subscribers(): number {
    return this.outlet === null ? 0 : this.outlet.subscribers;
  }

  /** It is committed, and so are all before it: those who are there have it, and the others may read it. */
  committed(storing: Storing, from: Process | null): number | Publishing {
    const { state, outlet } = this;
    this.end = storing.offset + 1;
    if (state === null || outlet === null) return 0;
    state.published++;
    if (outlet.subscribers === 0 && state.kept === null) return 0;
    const message = decode(storing.body);
    if (this.kernel.frozen) deepFreeze(message);
    state.keep(message);
    this.giving = storing.offset;
    try {
      return outlet.give(message, from);
    } finally {
      this.giving = -1;
    }
  }

  /** The write has failed: nothing is committed any more in this life. */
  uncommitted(): void {
    this.unknown++;
  }

  /* ---- who reads ---- */

  /** Items from an offset that is kept up to another one that is committed; some may be gone. */
  async read(from: number, to: number): Promise<readonly TopicItem[]> {
    const { durability: { journal }, name } = this;
    let at = from;
    while (at < to && this.seqAt(at) === 0) at++;
    if (at === to) return [];
    const rows = await readItems(journal, name, this.seqAt(at) - 1, to - at);
    const items: TopicItem[] = [];
    for (const { body } of rows) {
      const item = this.readable(body);
      if (item === null || item.offset < from) continue;
      if (item.offset >= to) break;
      items.push(item);
    }
    return items;
  }

  /** The latest so many that are committed by now. */
  async latest(count: number): Promise<unknown[]> {
    await this.opened;
    const { end } = this;
    const messages: unknown[] = [];
    for (let at = Math.max(this.first, end - count); at < end;) {
      const items = await this.read(at, Math.min(end, at + SLICE));
      for (const { message } of items) messages.push(message);
      at = Math.min(end, at + SLICE);
    }
    return messages;
  }

  private readable(row: Uint8Array): TopicItem | null {
    try {
      const item = decodeItem(row);
      if (this.kernel.frozen) deepFreeze(item.message);
      return item;
    } catch (error) {
      if (!(error instanceof CastcallError)) throw error;
      return null;
    }
  }

  private seqAt(offset: number): number {
    return offset < this.first || offset >= this.next ? 0 : this.seqs.at(offset - this.first);
  }

  /** Where a reader begins that asks for that. */
  startOf(from: TopicStart): number | Promise<number> {
    if (from === 'latest') return this.end;
    if (from === 'earliest') return this.first;
    if (typeof from === 'number') return from;
    return this.since(this.durability.wall() - from.ageMs);
  }

  /** The first that was published at that moment or later. */
  private async since(wall: number): Promise<number> {
    let [low, high] = [this.first, this.end];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const at = await this.publishedAt(middle, high);
      if (at !== null && at.at < wall) low = at.offset + 1;
      else high = middle;
    }
    return Math.max(low, this.first);
  }

  private async publishedAt(offset: number, to: number): Promise<{ offset: number; at: number } | null> {
    let at = offset;
    while (at < to && this.seqAt(at) === 0) at++;
    if (at === to) return null;
    const [row] = await readItems(this.durability.journal, this.name, this.seqAt(at) - 1, 1);
    const place = row === undefined ? null : decodePlace(row.body);
    return place === null || place.offset >= to ? null : place;
  }

  /* ---- what is kept ---- */

  /** Removes what is beyond its retention; the latest stays. */
  trim(): void {
    const { retention, seqs, ats, sizes, durability: { journal } } = this;
    if (retention === null || journal.state !== 'open') return;
    const oldest = this.durability.wall() - retention.ageMs;
    while (seqs.size > 1 && (seqs.size > retention.max || this.bytes > retention.bytesMax
      || (ats !== null && ats.at(0) < oldest))) {
      if (seqs.at(0) !== 0) journal.remove('topic', seqs.at(0));
      seqs.shift();
      ats?.shift();
      if (sizes !== null) this.bytes -= sizes.shift() || 0;
      this.first++;
      this.trimmed++;
    }
  }

  /** Ages and sizes are kept where its retention asks for them: those of earlier rows are read once. */
  private async measure(): Promise<void> {
    const { retention } = this;
    if (retention === null) return;
    const until = this.next;
    if (retention.ageMs < Infinity) this.ats ??= Column.filled(this.seqs.size, NaN);
    if (retention.bytesMax < Infinity) this.sizes ??= Column.filled(this.seqs.size, NaN);
    this.trim();
    try {
      for (let at = this.first; at < until && this.unmeasured; at = Math.max(at, this.first)) {
        at = await this.measureSome(at, until);
      }
    } catch (error) {
      this.kernel.warn(
        'a durable topic could not be measured: its retention goes by what is known', { topic: this.name, error },
      );
    }
    this.trim();
  }

  private get unmeasured(): boolean {
    return this.ats !== null || this.sizes !== null;
  }

  private async measureSome(from: number, until: number): Promise<number> {
    let at = from;
    while (at < until && this.seqAt(at) === 0) at++;
    if (at === until) return until;
    const rows = await readItems(this.durability.journal, this.name, this.seqAt(at) - 1, until - at);
    let read = at + 1;
    for (const { body } of rows) {
      const { offset, at: published, bytes } = decodePlace(body);
      if (offset >= until) return until;
      read = offset + 1;
      if (offset < this.first) continue;
      this.ats?.set(offset - this.first, published);
      if (this.sizes?.set(offset - this.first, bytes) === true) this.bytes += bytes;
    }
    return read;
  }

  stats(): StoredTopicStats {
    const { first, next, end, recovered, unknown, trimmed, sizes, bytes } = this;
    return {
      rows: next - first, firstOffset: first, nextOffset: next, recovered, storing: next - end - unknown, unknown,
      trimmed, bytes: sizes === null ? undefined : bytes,
    };
  }
}
