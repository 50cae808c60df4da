/** What survives the program: the journal, over the port of stores. */
export { type CodecLimits, decode, encode } from '../codec/index.js';
export { type Command, CommandError, CommandPoller, sendCommand } from './commands.js';
export { faultOf, FRAME_BYTES, placeOf } from './frame.js';
export { Head, HEAD_KEY, Tally, tallyFinding } from './head.js';
export type { Commit, JournalLimits, Recovery, Slice } from './contract.js';
export { Journal } from './journal.js';
export { allRecords } from './recovery.js';
export {
  type Entry, type Kind, KINDS, type Row, StoreError, type StoreFacts, type StoreSource, type Table, TABLES,
} from './port/index.js';
