import type { StoreFinding, StoreLevel } from '../api/durable/store.js';
import type { Row, StoreError, StoreFacts, Table } from './port/index.js';

/** Is told what became of what was added before it. It must not throw. */
export interface Commit {
  committed(): void;
  /** It may be there after all, or not: `unknown`. */
  uncommitted(error: StoreError): void;
}

/** What opening has found. */
export interface Recovery {
  /** grows with each opening */
  readonly epoch: number;
  /** the last owner has closed it */
  readonly clean: boolean;
  /** attempts that had begun, by sequence of the message */
  readonly marks: ReadonlyMap<number, number>;
  readonly findings: readonly StoreFinding[];
}

/** Rows of one table without bodies, in order. */
export interface Slice {
  readonly table: Table;
  readonly rows: readonly Row[];
}

/**
 * - `opening`: nothing can be added yet; reads wait.
 * - `failed`: it could not be opened, or a write failed; nothing is written until `reopen`.
 */
export type JournalState = 'opening' | 'open' | 'failed' | 'closed';

export interface JournalLimits {
  /** bytes of all bodies: rows are refused from 95 % of it, records from 100 %; removals never */
  readonly bytesMax?: number;
}

/** What a journal says of itself and of its store. */
export interface JournalFacts extends StoreFacts {
  readonly level: StoreLevel;
  readonly state: JournalState;
  readonly epoch: number;
  /** number of the last batch that is safe */
  readonly batches: number;
  /** of bodies that are not safe yet */
  readonly pendingBytes: number;
  /** most bytes that are accepted; undefined for no limit */
  readonly bytesMax: number | undefined;
}
