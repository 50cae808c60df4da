// One open batch, one write at a time. What is added without a break is one transaction: the batch is
// sealed in a microtask when the store is idle, else when the write before it is done, so that
// everything that piled up meanwhile goes at once (group commit). One that begins with an end, for which
// nobody waits as for an acceptance, is sealed at the end of the turn of the event loop, with what comes
// of that end, or once it is large.
import { type Env, handled } from '../base/index.js';
import { printable } from '../base/text/index.js';
import type { StoreFinding, StoreLevel } from '../api/durable/store.js';
import type { Commit, JournalFacts, JournalLimits, JournalState, Recovery, Slice } from './contract.js';
import { frame, unframe } from './frame.js';
import { Head, HEAD_KEY, Tally, tallyFinding } from './head.js';
import {
  Batch, type Entry, type Kind, type Row, type Store, StoreError, type Table, TABLES,
} from './port/index.js';
import { allRows, checkAll, readHead } from './recovery.js';
import { Weight } from './weight.js';

/** Steps of a batch with which the store is given work before the turn ends. */
const EAGER_STEPS = 512;

/** A batch, and who is told of its end. */
class Filling {
  readonly batch: Batch;
  readonly waiters: Commit[] = [];
  constructor(number: number) {
    this.batch = new Batch(number);
  }
}

class Flush implements Commit {
  constructor(
    private readonly resolve: () => void,
    private readonly reject: (error: StoreError) => void,
  ) {}
  committed(): void {
    this.resolve();
  }
  uncommitted(error: StoreError): void {
    this.reject(error);
  }
}

/**
 * The one user of a store: transactions in the order in which they were added, group commit, framed
 * bodies, and what is told when they are safe.
 */
export class Journal {
  readonly level: StoreLevel;
  /** Opens at once; rejects with a StoreError. */
  readonly ready: Promise<Recovery>;
  private now: JournalState = 'opening';
  private opening: Promise<Recovery>;
  private error: StoreError | null = null;
  private head = new Head();
  /** of the opening: the fencing token */
  epoch = 0;
  private filling: Filling | null = null;
  private flying: Filling | null = null;
  private safe = 0;
  private number = 0;
  private sealing = false;
  /** it is sealed at the end of the turn */
  private later = false;
  /** who asked while nothing was open, told in a microtask */
  private readonly idle: Commit[] = [];
  /** reads that wait until what was added before is with the store */
  private given: (() => void)[] = [];
  private ending: Promise<void> | null = null;
  /** steps added over all lives */
  private changes = 0;
  private readonly weight: Weight;

  constructor(
    private readonly store: Store,
    private readonly env: Env,
    limits: JournalLimits = {},
  ) {
    this.level = store.level;
    this.weight = new Weight(store, limits.bytesMax ?? Infinity);
    this.ready = this.opening = handled(this.begin());
  }

  /** Of the file of its store; undefined for one without. */
  get path(): string | undefined {
    return this.store.path;
  }
  get state(): JournalState {
    return this.now;
  }
  get failure(): StoreError | null {
    return this.error;
  }
  /** Number of the batch that is added to now. */
  get open(): number {
    return this.number + 1;
  }
  /** Number of the last batch that something was added to. */
  get added(): number {
    return this.filling === null ? this.number : this.number + 1;
  }
  /** Number of the last batch that is safe. */
  get committedUpTo(): number {
    return this.safe;
  }

  /** Throws what adding rows of so many bytes in all would throw now. */
  admit(bytes: number): void {
    this.writable();
    this.weight.admitRow(this.pending, bytes);
  }
  /**
   * Adds a row.
   *
   * @returns its sequence: global, increasing, never used again
   */
  append(table: Table, stream: string, payload: Uint8Array): number {
    this.writable();
    this.weight.admitRow(this.pending, payload.length);
    const { batch } = this.adding(true);
    const seq = this.head.nextSeq++;
    batch.append(table, seq, stream, frame(table, stream, seq, payload));
    this.head.tallies[table].add(seq);
    return seq;
  }
  /** Removes a row that is there; once. */
  remove(table: Table, seq: number): void {
    this.writable();
    const { batch } = this.adding(false);
    batch.remove(table, seq);
    this.head.tallies[table].take(seq);
    this.weight.freed = true;
  }
  put(kind: Kind, key: string, payload: Uint8Array): void {
    this.writable();
    this.weight.admitRecord(this.pending, payload.length);
    const { batch } = this.adding(false);
    batch.put(kind, key, frame(kind, key, 0, payload));
  }
  drop(kind: Kind, key: string): void {
    this.writable();
    const { batch } = this.adding(false);
    batch.drop(kind, key);
    this.weight.freed = true;
  }

  /**
   * Tells once everything that was added so far is as safe as the level says, or that it failed, in
   * the order of these calls; in a microtask when nothing is on its way.
   */
  whenCommitted(waiter: Commit): void {
    const last = this.filling ?? this.flying;
    if (last !== null) {
      last.waiters.push(waiter);
      return;
    }
    this.idle.push(waiter);
    if (this.idle.length === 1) this.env.microtask(this.tellIdle);
  }
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.whenCommitted(new Flush(resolve, reject));
    });
  }

  /** The payload of a record, with what was added before; undefined when there is none. */
  async get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    await this.readable();
    const body = await this.store.get(kind, key);
    return body === undefined ? undefined : unframe(kind, key, 0, body);
  }
  /** Rows after that sequence, in order, at most so many, with payloads when asked for. */
  async rows(
    table: Table, stream: string | null, after: number, limit: number, bodies: boolean,
  ): Promise<readonly Row[]> {
    await this.readable();
    const rows = await this.store.rows(table, stream, after, limit, bodies);
    if (!bodies) return rows;
    return rows.map((row) => ({ ...row, body: unframe(table, row.stream, row.seq, row.body) }));
  }
  /** Records after that key, in the order of the bytes of their keys, at most so many. */
  async records(kind: Kind, after: string, limit: number): Promise<readonly Entry[]> {
    await this.readable();
    const entries = await this.store.records(kind, after, limit);
    return entries.map((entry) => ({ key: entry.key, body: unframe(kind, entry.key, 0, entry.body) }));
  }

  /** An attempt of that message is about to begin: see `Store.mark`. */
  mark(seq: number, attempts: number): void {
    this.writable();
    this.store.mark(seq, attempts);
  }

  /**
   * Reads all rows without their bodies, table by table in slices. What it returns in the end is
   * what is missing, or has come back. To be read to its end before anything is added; else nothing
   * can be said of the tables that have changed.
   */
  async *recover(): AsyncGenerator<Slice, readonly StoreFinding[]> {
    await this.readable();
    const before = this.changes;
    const findings: StoreFinding[] = [];
    for (const table of TABLES) {
      const found = new Tally();
      for await (const rows of allRows(this.store, table, false)) {
        for (const row of rows) found.add(row.seq);
        yield { table, rows };
      }
      if (this.changes !== before) continue;
      const finding = tallyFinding(table, this.head.tallies[table], found);
      if (finding === null) continue;
      findings.push(finding);
      // It is told once: from here on the journal goes by what is there.
      this.head.tallies[table].become(found);
    }
    return findings;
  }

  async facts(): Promise<JournalFacts> {
    await this.readable();
    const facts = await this.store.facts();
    return {
      ...facts,
      level: this.level, state: this.now, epoch: this.epoch, batches: this.safe,
      pendingBytes: this.pending + (this.flying?.batch.bytes ?? 0),
      bytesMax: Number.isFinite(this.weight.max) ? this.weight.max : undefined,
    };
  }

  /** Reads everything, in slices; what is added meanwhile may be in it or not. */
  async check(): Promise<readonly StoreFinding[]> {
    await this.readable();
    const before = this.changes;
    const findings = await this.store.check();
    return [...findings, ...await checkAll(this.store, this.head, () => this.changes === before)];
  }

  /** A copy of what was added before, in another place. */
  async backup(path: string): Promise<void> {
    await this.flush();
    await this.store.backup(path);
  }

  /** Writes what is open and ends; nothing can be added from now on. */
  close(): Promise<void> {
    return this.ending ??= this.end();
  }

  /** After a failure: opens anew, through recovery. */
  async reopen(): Promise<Recovery> {
    if (this.now !== 'failed') {
      throw new StoreError(
        'STORE_FAILED', `reopen: the journal is ${this.now}; only one that has failed is opened anew`,
      );
    }
    this.now = 'opening';
    this.opening = handled(this.store.close().catch(() => undefined).then(() => this.begin()));
    return await this.opening;
  }

  private async begin(): Promise<Recovery> {
    try {
      const opened = await this.store.open();
      const findings = [...opened.findings];
      const { nextSeq } = this.head;
      this.head = await readHead(this.store, opened, findings);
      // What a failed batch had is not given to another.
      this.head.nextSeq = Math.max(this.head.nextSeq, nextSeq);
      await this.weight.ask();
      this.epoch = opened.epoch;
      this.number = this.safe = Math.max(opened.batch, this.head.batch, this.number);
      this.error = null;
      if (this.now === 'opening') this.now = 'open';
      return { epoch: opened.epoch, clean: opened.clean, marks: opened.marks, findings };
    } catch (error) {
      this.error = storeError(error, 'the store could not be opened');
      if (this.now === 'opening') this.now = 'failed';
      throw this.error;
    }
  }

  /** Bytes of the batch that is added to now. */
  private get pending(): number {
    return this.filling === null ? 0 : this.filling.batch.bytes;
  }

  /** The batch that is added to now, which will be sealed. */
  private adding(row: boolean): Filling {
    this.changes++;
    const filling = this.filling ??= new Filling(this.number + 1);
    if (this.sealing || this.flying !== null) return filling;
    if (this.later ? filling.batch.size >= EAGER_STEPS : row) {
      this.sealing = true;
      this.env.microtask(this.seal);
    } else if (!this.later) {
      this.later = true;
      this.env.macrotask(this.sealLater);
    }
    return filling;
  }

  private writable(): void {
    if (this.now === 'open') return;
    if (this.error !== null && this.now === 'failed') throw failed(this.error);
    const why = this.now === 'opening' ? 'still being opened; wait until it is ready' : 'closed';
    throw new StoreError('STORE_CLOSED', `the store is ${why}`);
  }

  /** Until everything that was added before is with the store. */
  private async readable(): Promise<void> {
    if (this.now === 'opening') await this.opening;
    if (this.filling !== null) {
      await new Promise<void>((resolve) => {
        this.given.push(resolve);
      });
    }
  }

  private readonly seal = (): void => {
    this.sealing = false;
    const { filling } = this;
    if (filling === null || this.flying !== null) return;
    this.filling = null;
    this.flying = filling;
    const { batch } = filling;
    this.head.batch = this.number = batch.number;
    batch.put('meta', HEAD_KEY, frame('meta', HEAD_KEY, 0, this.head.encode()));
    this.weight.added += batch.bytes;
    this.store.write(batch).then(this.written, this.unwritten);
    const { given } = this;
    if (given.length === 0) return;
    this.given = [];
    for (const resolve of given) resolve();
  };

  private readonly sealLater = (): void => {
    this.later = false;
    this.seal();
  };

  private readonly written = (): void => {
    const done = this.flying as Filling;
    this.flying = null;
    this.safe = done.batch.number;
    // The store has work again before anybody is told.
    this.seal();
    this.weight.refresh();
    for (const waiter of done.waiters) waiter.committed();
  };

  private readonly unwritten = (cause: unknown): void => {
    const error = storeError(cause, 'a write of the store failed');
    const waiters = [...(this.flying?.waiters ?? []), ...(this.filling?.waiters ?? [])];
    this.flying = this.filling = null;
    this.error = error;
    if (this.now === 'open') this.now = 'failed';
    for (const resolve of this.given.splice(0)) resolve();
    for (const waiter of waiters) waiter.uncommitted(error);
  };

  private readonly tellIdle = (): void => {
    for (const waiter of this.idle.splice(0)) {
      // Also of one that was closed, or is being opened anew, since: what was lost is not there.
      if (this.error !== null) waiter.uncommitted(this.error);
      else waiter.committed();
    }
  };

  private async end(): Promise<void> {
    const before = this.now;
    const flushed = before === 'open' ? this.flush() : null;
    this.now = 'closed';
    if (before === 'opening') await this.opening.catch(() => undefined);
    const failure = await flushed?.then(() => null, (error: StoreError) => error) ?? null;
    await this.store.close();
    if (failure !== null) throw failure;
  }
}

function failed(error: StoreError): StoreError {
  return new StoreError(
    'STORE_FAILED', `nothing is written after a failed write, until the store is opened anew: ${error.message}`,
    error.findings, { cause: error },
  );
}

function storeError(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError('STORE_FAILED', `${what}: ${printable(error)}`, [], { cause: error });
}
