import type { AsideAgents } from './aside.js';

/**
 * How safe what was committed is: `memory` ends with the program, `process` survives the death of the
 * program (kill -9), `disk` survives the loss of power too.
 */
export type StoreLevel = 'memory' | 'process' | 'disk';

/**
 * What is wrong with a store.
 * - `STORE_CLOSED`: it was closed, or never opened.
 * - `STORE_FAILED`: an earlier write failed; nothing is written until the store is opened anew.
 * - `STORE_FULL`: the limit of its size is reached, or its disk is full; what is there can be read and removed.
 * - `STORE_LOCKED`: another program has it open.
 * - `STORE_CORRUPT`: its data is damaged; the details name the place.
 * - `STORE_NEWER`: its file was written by a newer version of castcall.
 * - `STORE_PATH`: its path cannot be used; the message says why.
 * - `PEER_MISSING`: a package that it needs is not installed; the message names the command.
 */
export type StoreErrorCode =
  | 'STORE_CLOSED' | 'STORE_FAILED' | 'STORE_FULL' | 'STORE_LOCKED' | 'STORE_CORRUPT' | 'STORE_NEWER'
  | 'STORE_PATH' | 'PEER_MISSING';

/** How to get at a store: what `memoryStore()` and `sqlite(path)` return, and `createSystem({ store })` opens. */
export interface StoreSource {
  readonly kind: string;
}

/** A damage that was found in a store. */
export interface StoreFinding {
  readonly kind: 'checksum' | 'missing' | 'structure' | 'lost-tail' | 'unreadable';
  /** where: table, sequence or key, and position in the file as far as it is known */
  readonly place: string;
  readonly message: string;
}

/** What a store tells of itself. */
export interface StoreStats {
  readonly level: StoreLevel;
  readonly state: 'opening' | 'open' | 'failed' | 'closed';
  /** owners so far */
  readonly epoch: number;
  /** transactions so far, over all lives */
  readonly batches: number;
  /** bytes that are not safe yet */
  readonly pendingBytes: number;
  /** bytes that may be stored; undefined for no limit */
  readonly bytesMax: number | undefined;
  readonly bytes: number;
  /** durable agents that are set aside: see `SystemStore.aside` */
  readonly aside: number;
  readonly path: string | undefined;
  /** rows by table: messages that wait, deltas, items of topics, dead letters, items of queues */
  readonly rows: Readonly<Record<'message' | 'delta' | 'topic' | 'dead' | 'item', number>>;
  /** records by kind */
  readonly records: Readonly<Record<
    'state' | 'ledger' | 'attempt' | 'step' | 'wait' | 'timer' | 'meta' | 'cursor' | 'tag' | 'address', number
  >>;
}

/** The store of a system: `system.store`. */
export interface SystemStore {
  /**
   * resolves once it is open and recovered; rejects with a StoreError. Agents and deliveries wait for
   * it by themselves
   */
  readonly ready: Promise<void>;
  /** durable agents that have crashed too often in a row */
  readonly aside: AsideAgents;
  /** resolves once everything so far is as safe as its level says */
  flush(): Promise<void>;
  stats(): Promise<StoreStats>;
  /** reads everything, in slices; empty for a store without damage */
  check(): Promise<readonly StoreFinding[]>;
  /** a copy as of now in another place, made while it is in use; never over an existing file */
  backup(path: string): Promise<void>;
}
