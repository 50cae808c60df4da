import type { StoreFinding, StoreLevel, StoreSource as Source } from '../../api/durable/store.js';
import type { Batch } from './batch.js';

/**
 * Tables of rows by sequence: messages that wait, deltas of agents, items of topics, dead letters, items
 * of queues. New ones come last: the head of an older store has the first of them.
 */
export const TABLES = ['message', 'delta', 'topic', 'dead', 'item'] as const;
export type Table = (typeof TABLES)[number];

/**
 * Kinds of records by key: states of agents, handled keys, attempts of messages, steps of `once`,
 * durable waits, timers of schedules, what the journal keeps of itself, how far readers of topics are,
 * what tags are bound to, and what addresses were started with.
 */
export const KINDS = [
  'state', 'ledger', 'attempt', 'step', 'wait', 'timer', 'meta', 'cursor', 'tag', 'address',
] as const;
export type Kind = (typeof KINDS)[number];

/** One row of a table. */
export interface Row {
  readonly seq: number;
  readonly stream: string;
  /** empty where the bodies were not asked for */
  readonly body: Uint8Array;
}

/** One record of a kind. */
export interface Entry {
  readonly key: string;
  readonly body: Uint8Array;
}

/** What opening has found. */
export interface Opened {
  /** grows with each owner: the fencing token, checked in every commit (P26) */
  readonly epoch: number;
  /** the last owner has closed it */
  readonly clean: boolean;
  /** attempts that were marked since (see `Store.mark`), by sequence of the message */
  readonly marks: ReadonlyMap<number, number>;
  /** number of the last batch that is there */
  readonly batch: number;
  readonly findings: readonly StoreFinding[];
}

/** What a store says of itself; bytes. */
export interface StoreFacts {
  readonly rows: Readonly<Record<Table, number>>;
  readonly records: Readonly<Record<Kind, number>>;
  readonly bytes: number;
  readonly path: string | undefined;
}

/**
 * Port of stores: transactions over rows by sequence and records by key. The journal is its only
 * user, and calls it in order: `open`, then the rest, `close` last; after that `open` again, where a
 * write had failed. One batch is written at a time. Errors are `StoreError`s.
 */
export interface Store {
  readonly level: StoreLevel;
  /** of its file, beside which commands of other programs stand; none for a store without one */
  readonly path?: string;
  /** bytes that may be in use: rows are refused near it; none for no limit */
  readonly bytesMax?: number | undefined;
  /** Takes the ownership, brings the schema up to date, and looks for damage. */
  open(): Promise<Opened>;
  /**
   * All of it or nothing, on top of what is there; resolved once it is as safe as the level says. A
   * rejection leaves open whether it is there; then nothing is written any more.
   */
  write(batch: Batch): Promise<void>;
  get(kind: Kind, key: string): Promise<Uint8Array | undefined>;
  /**
   * Rows after that sequence, in order, at most so many; of one stream, or of all for null. Sees
   * every batch that was given to `write` before.
   */
  rows(table: Table, stream: string | null, after: number, limit: number, bodies: boolean): Promise<readonly Row[]>;
  /** Records after that key (of the first for ''), in the order of their keys' bytes, at most so many. */
  records(kind: Kind, after: string, limit: number): Promise<readonly Entry[]>;
  /**
   * At once and without waiting: an attempt of that message is about to begin, or with a smaller count
   * is taken back; the last one counts. Survives the death of the program, not the loss of power (P22).
   */
  mark(seq: number, attempts: number): void;
  facts(): Promise<StoreFacts>;
  /** Reads everything and says what is damaged; in slices. */
  check(): Promise<readonly StoreFinding[]>;
  /** A copy as of now, in another place, while it is in use. */
  backup(path: string): Promise<void>;
  /** Ends in order, unless a write has failed; the marks go. Nothing when it is not open. */
  close(): Promise<void>;
}

/** A source that says how to get at its store. */
export interface StoreSource extends Source {
  /** @internal */
  connect(): Store;
}
