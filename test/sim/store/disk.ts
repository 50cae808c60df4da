import type { StoreFinding, StoreLevel } from '../../../src/api/durable/store.js';
import { Image } from '../../../src/journal/memory/index.js';
import {
  type Batch, type BatchReader, type Entry, type Kind, type Opened, type Row, type Store, StoreError,
  type StoreFacts, type StoreSource, type Table,
} from '../../../src/journal/port/index.js';
import type { Random } from '../../../src/testing/index.js';

export interface DiskOptions {
  /** default `disk` */
  readonly level?: StoreLevel;
  /** what a request takes at most, ms; default 5, 0 for a microtask */
  readonly latencyMsMax?: number;
  /** default the timers of the globals, which are virtual in a simulation */
  readonly timer?: (ms: number, fn: () => void) => void;
  /** refuses what a journal never does: to remove a row that is not there, to write two batches at once */
  readonly strict?: boolean;
}

/** How often what was written without a sync gets to the disk by itself. */
const SYNC_CHANCE = 0.3;

/**
 * A disk that survives what is done to the program: it keeps what was synced, and of what was written
 * since, what a crash or a loss of power leaves.
 */
export class Disk {
  readonly level: StoreLevel;
  /** what the owner sees */
  image = new Image();
  readonly marks = new Map<number, number>();
  epoch = 0;
  clean = true;
  owner: SimStore | null = null;
  flying: Batch | null = null;
  /** the owner may not write any more */
  failed: StoreError | null = null;
  /** batches written so far */
  writes = 0;
  /** batches that were lost so far, by a loss of power or in flight */
  lost = 0;
  readonly strict: boolean;
  private synced = new Image();
  /** written, not synced */
  private tail: Batch[] = [];
  private nextError: StoreError | null = null;
  /** since the last crash */
  private readonly connected: SimStore[] = [];
  private readonly latencyMsMax: number;
  private readonly timer: (ms: number, fn: () => void) => void;

  constructor(private readonly random: Random, options: DiskOptions = {}) {
    this.level = options.level ?? 'disk';
    this.strict = options.strict ?? true;
    this.latencyMsMax = options.latencyMsMax ?? 5;
    this.timer = options.timer ?? ((ms, fn) => void globalThis.setTimeout(fn, ms));
  }

  connect(): StoreSource {
    return {
      kind: 'sim',
      connect: () => {
        const store = new SimStore(this);
        this.connected.push(store);
        return store;
      },
    };
  }

  /** The program dies, wherever it is; its connection is never heard of again. */
  crash(): void {
    this.cutOff(this.random.chance(0.5));
    this.rebuild();
  }

  /** The machine dies: what was not synced is lost from some batch on, and so are marks. */
  powerCut(): void {
    this.cutOff(this.random.chance(0.5));
    if (this.level === 'memory') {
      this.lost += this.synced.batch + this.tail.length;
      this.synced = new Image();
      this.tail = [];
    }
    const kept = this.random.int(this.tail.length + 1);
    this.lost += this.tail.length - kept;
    this.tail.length = kept;
    this.sync();
    const marks = [...this.marks];
    this.marks.clear();
    for (const [seq, attempts] of marks.slice(0, this.random.int(marks.length + 1))) this.marks.set(seq, attempts);
    this.rebuild();
  }

  /** The next write fails; it may be there all the same. */
  failNext(error: StoreError = new StoreError('STORE_FAILED', 'EIO: the disk is broken')): void {
    this.nextError = error;
  }

  /** Changes what is stored behind everybody's back, as rot does. */
  edit(change: (to: BatchReader) => void): void {
    this.sync();
    change(this.synced);
    this.rebuild();
  }

  /** Once a request has taken its time, unless its program has died. */
  async after<T>(by: SimStore, result: T): Promise<T> {
    const ms = this.random.int(this.latencyMsMax + 1);
    if (ms > 0) {
      await new Promise<void>((resolve) => {
        this.timer(ms, resolve);
      });
    }
    if (by.dead) await new Promise<never>(() => undefined);
    return result;
  }

  /** The batch in flight has arrived; throws when it has failed. */
  arrived(batch: Batch): void {
    this.flying = null;
    const error = this.nextError;
    this.nextError = null;
    if (error === null || this.random.chance(0.5)) this.keep(batch);
    if (error === null) return;
    this.failed = error;
    this.rebuild();
    throw error;
  }

  private keep(batch: Batch): void {
    this.writes++;
    this.tail.push(batch);
    if (this.level === 'disk' || this.random.chance(SYNC_CHANCE)) this.sync();
  }

  private cutOff(arrived: boolean): void {
    if (this.flying !== null) {
      if (arrived) this.keep(this.flying);
      else this.lost++;
    }
    this.flying = this.failed = this.nextError = null;
    for (const store of this.connected.splice(0)) store.dead = true;
    this.owner = null;
  }

  private sync(): void {
    for (const batch of this.tail) this.synced.apply(batch);
    this.tail = [];
  }

  private rebuild(): void {
    this.image = this.synced.copy();
    for (const batch of this.tail) this.image.apply(batch);
    if (this.flying !== null) this.image.apply(this.flying);
  }
}

/** A connection to a disk. */
export class SimStore implements Store {
  readonly level: StoreLevel;
  /** its program has died */
  dead = false;

  constructor(private readonly disk: Disk) {
    this.level = disk.level;
  }

  async open(): Promise<Opened> {
    const { disk } = this;
    await disk.after(this, undefined);
    if (disk.owner !== null) throw new StoreError('STORE_LOCKED', 'the disk has another owner');
    disk.owner = this;
    disk.failed = null;
    const { clean, image, marks } = disk;
    disk.clean = false;
    for (const seq of marks.keys()) if (!image.has('message', seq) && !image.has('item', seq)) marks.delete(seq);
    return { epoch: ++disk.epoch, clean, marks: new Map(marks), batch: image.batch, findings: [] };
  }

  async write(batch: Batch): Promise<void> {
    const { disk } = this;
    this.opened();
    if (this.dead) return disk.after(this, undefined);
    if (disk.failed !== null) throw new StoreError('STORE_FAILED', disk.failed.message);
    if (disk.strict) this.judge(batch);
    disk.flying = batch;
    disk.image.apply(batch);
    await disk.after(this, undefined);
    disk.arrived(batch);
  }

  async get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    this.opened();
    return this.disk.after(this, this.disk.image.get(kind, key));
  }
  async rows(
    table: Table, stream: string | null, after: number, limit: number, bodies: boolean,
  ): Promise<readonly Row[]> {
    this.opened();
    return this.disk.after(this, this.disk.image.rows(table, stream, after, limit, bodies));
  }
  async records(kind: Kind, after: string, limit: number): Promise<readonly Entry[]> {
    this.opened();
    return this.disk.after(this, this.disk.image.records(kind, after, limit));
  }
  mark(seq: number, attempts: number): void {
    if (this.dead) return;
    this.opened();
    this.disk.marks.set(seq, attempts);
  }
  async facts(): Promise<StoreFacts> {
    this.opened();
    const { image } = this.disk;
    return this.disk.after(this, { ...image.counts(), bytes: image.bytes, path: undefined });
  }
  async check(): Promise<readonly StoreFinding[]> {
    this.opened();
    return this.disk.after(this, []);
  }
  async backup(path: string): Promise<void> {
    throw new StoreError('STORE_PATH', `no backup to '${path}': a simulated disk has no files`);
  }
  async close(): Promise<void> {
    const { disk } = this;
    if (this.dead || disk.owner !== this) return;
    if (disk.failed === null) {
      disk.clean = true;
      disk.marks.clear();
    }
    disk.owner = null;
    await disk.after(this, undefined);
  }

  private opened(): void {
    if (!this.dead && this.disk.owner !== this) throw new StoreError('STORE_CLOSED', 'the disk is not open');
  }

  /** What no journal does: it would hide a mistake. */
  private judge(batch: Batch): void {
    const { flying, image } = this.disk;
    if (flying !== null) throw new Error(`batch ${batch.number} is written while ${flying.number} is`);
    if (batch.number <= image.batch) throw new Error(`batch ${batch.number} comes after ${image.batch}`);
    const added = new Set<string>();
    batch.replay({
      append: (table, seq) => void added.add(`${table}/${seq}`),
      remove: (table, seq) => {
        if (image.has(table, seq) || added.delete(`${table}/${seq}`)) return;
        throw new Error(`${table}/${seq} is removed, and is not there`);
      },
      put: () => undefined,
      drop: () => undefined,
    });
  }
}
