/** What a store is: transactions over rows and records. */
export { Batch, type BatchReader, STEP } from './batch.js';
export { StoreError } from './error.js';
export { nameBytes, unpacked } from './pack.js';
export {
  type Entry, type Kind, KINDS, type Opened, type Row, type Store, type StoreFacts, type StoreSource, type Table,
  TABLES,
} from './store.js';
