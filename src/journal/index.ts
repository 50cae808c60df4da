/** What survives the program: the journal, over the port of stores. */
export { type CodecLimits, decode, encode } from './codec/index.js';
export type { Commit, JournalFacts, JournalLimits, JournalState, Recovery, Slice } from './contract.js';
export { Journal } from './journal.js';
export {
  type Entry, type Kind, type Row, StoreError, type StoreFacts, type StoreSource, type Table, TABLES,
} from './port/index.js';
