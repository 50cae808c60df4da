import {
  type Batch, type BatchReader, type Entry, type Kind, KINDS, type Row, type Table, TABLES,
} from '../port/index.js';

const NO_BODY = new Uint8Array(0);
/** Sequences of removed rows that a list keeps before it is made anew. */
const DEAD_MAX = 64;

/** Sequences in ascending order; those that are gone are left in it until they are the most. */
class SeqList {
  private seqs: number[] = [];
  private dead = 0;
  add(seq: number): void {
    const last = this.seqs.at(-1);
    if (last === undefined || seq > last) {
      this.seqs.push(seq);
      return;
    }
    const at = this.after(seq);
    // One that was removed, and has come back.
    if (this.seqs[at - 1] === seq) this.dead--;
    else this.seqs.splice(at, 0, seq);
  }
  /** @returns whether none is left */
  gone(rows: ReadonlyMap<number, Row>): boolean {
    this.dead++;
    if (this.dead > DEAD_MAX && this.dead * 2 > this.seqs.length) {
      this.seqs = this.seqs.filter((seq) => rows.has(seq));
      this.dead = 0;
    }
    return this.dead === this.seqs.length;
  }
  /** Position of the first that is larger. */
  private after(seq: number): number {
    let low = 0;
    let high = this.seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.seqs[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  read(
    rows: ReadonlyMap<number, Row>, stream: string | null, after: number, limit: number, bodies: boolean,
  ): Row[] {
    const found: Row[] = [];
    for (let at = this.after(after); at < this.seqs.length && found.length < limit; at++) {
      const row = rows.get(this.seqs[at] as number);
      if (row === undefined || (stream !== null && row.stream !== stream)) continue;
      found.push(bodies ? row : { seq: row.seq, stream: row.stream, body: NO_BODY });
    }
    return found;
  }
}

class RowTable {
  readonly rows = new Map<number, Row>();
  private all = new SeqList();
  private readonly streams = new Map<string, SeqList>();
  append(seq: number, stream: string, body: Uint8Array): number {
    const old = this.remove(seq);
    this.rows.set(seq, { seq, stream, body });
    this.all.add(seq);
    let list = this.streams.get(stream);
    if (list === undefined) this.streams.set(stream, list = new SeqList());
    list.add(seq);
    return body.length - old;
  }
  /** @returns bytes that are free now */
  remove(seq: number): number {
    const row = this.rows.get(seq);
    if (row === undefined) return 0;
    this.rows.delete(seq);
    if (this.all.gone(this.rows)) this.all = new SeqList();
    if (this.streams.get(row.stream)?.gone(this.rows) === true) this.streams.delete(row.stream);
    return row.body.length;
  }
  read(stream: string | null, after: number, limit: number, bodies: boolean): Row[] {
    const list = stream === null ? this.all : this.streams.get(stream);
    return list?.read(this.rows, stream, after, limit, bodies) ?? [];
  }
}

class RecordTable {
  readonly records = new Map<string, Uint8Array>();
  /** all keys in order; null when one has come or gone since */
  private keys: string[] | null = [];
  put(key: string, body: Uint8Array): number {
    const old = this.records.get(key);
    if (old === undefined) this.keys = null;
    // A record may stay for long: it does not keep what lay beside it.
    this.records.set(key, body.slice());
    return body.length - (old?.length ?? 0);
  }
  drop(key: string): number {
    const old = this.records.get(key);
    if (old === undefined) return 0;
    this.records.delete(key);
    this.keys = null;
    return old.length;
  }
  read(after: string, limit: number): Entry[] {
    const keys = this.keys ??= [...this.records.keys()].sort(byBytes);
    const found: Entry[] = [];
    for (let at = this.after(keys, after); at < keys.length && found.length < limit; at++) {
      const key = keys[at] as string;
      found.push({ key, body: this.records.get(key) as Uint8Array });
    }
    return found;
  }
  private after(keys: readonly string[], after: string): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byBytes(keys[middle] as string, after) <= 0) low = middle + 1;
      else high = middle;
    }
    return after === '' ? 0 : low;
  }
}

/** The order of the UTF-8 bytes of two texts, which is that of their code points. */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const high = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return high === 0 ? x - y : high;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

function tablesOf<K extends string, T>(names: readonly K[], make: () => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, make()])) as Record<K, T>;
}

/** Rows and records as they are after so many batches: what a store in memory consists of. */
export class Image implements BatchReader {
  private readonly tables = tablesOf(TABLES, () => new RowTable());
  private readonly kinds = tablesOf(KINDS, () => new RecordTable());
  /** number of the last batch */
  batch = 0;
  /** of all bodies */
  bytes = 0;

  apply(batch: Batch): void {
    batch.replay(this);
    this.batch = batch.number;
  }
  append(table: Table, seq: number, stream: string, body: Uint8Array): void {
    this.bytes += this.tables[table].append(seq, stream, body);
  }
  remove(table: Table, seq: number): void {
    this.bytes -= this.tables[table].remove(seq);
  }
  put(kind: Kind, key: string, body: Uint8Array): void {
    this.bytes += this.kinds[kind].put(key, body);
  }
  drop(kind: Kind, key: string): void {
    this.bytes -= this.kinds[kind].drop(key);
  }

  has(table: Table, seq: number): boolean {
    return this.tables[table].rows.has(seq);
  }
  get(kind: Kind, key: string): Uint8Array | undefined {
    return this.kinds[kind].records.get(key);
  }
  rows(table: Table, stream: string | null, after: number, limit: number, bodies: boolean): Row[] {
    return this.tables[table].read(stream, after, limit, bodies);
  }
  records(kind: Kind, after: string, limit: number): Entry[] {
    return this.kinds[kind].read(after, limit);
  }
  counts(): { rows: Record<Table, number>; records: Record<Kind, number> } {
    const rows = tablesOf(TABLES, () => 0);
    const records = tablesOf(KINDS, () => 0);
    for (const table of TABLES) rows[table] = this.tables[table].rows.size;
    for (const kind of KINDS) records[kind] = this.kinds[kind].records.size;
    return { rows, records };
  }
  /** Another image of the same; bodies are shared. */
  copy(): Image {
    const copy = new Image();
    for (const table of TABLES) {
      for (const row of this.rows(table, null, 0, Infinity, true)) copy.append(table, row.seq, row.stream, row.body);
    }
    for (const kind of KINDS) {
      for (const [key, body] of this.kinds[kind].records) copy.put(kind, key, body);
    }
    copy.batch = this.batch;
    return copy;
  }
}
