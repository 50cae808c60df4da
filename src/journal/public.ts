/** Stores: where what is durable is kept. The door of `castcall/store`. */
export type { StoreErrorCode, StoreFinding, StoreLevel } from '../api/durable/store.js';
export { memoryStore } from './memory/index.js';
export { StoreError, type StoreSource } from './port/index.js';
