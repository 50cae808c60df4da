/** What survives the program: the journal, over the port of stores. */
export { type CodecLimits, decode, encode } from './codec/index.js';
export {
  type Commit, Journal, type JournalFacts, type JournalLimits, type JournalState, type Recovery, type Slice,
} from './journal.js';
export {
  type Entry, type Kind, type Row, StoreError, type StoreFacts, type StoreSource, type Table, TABLES,
} from './port/index.js';
