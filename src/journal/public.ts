/** Stores: where what is durable is kept. The door of `castcall/store`. */
export type { DurableOptions } from '../api/durable/agent.js';
export type { DurableVerbs, OnceOptions, PendingWait, WaitOptions, Waits } from '../api/durable/steps.js';
export type {
  StoreErrorCode, StoreFinding, StoreLevel, StoreSource, StoreStats, SystemStore,
} from '../api/durable/store.js';
export { memoryStore } from './memory/index.js';
export { StoreError } from './port/index.js';
