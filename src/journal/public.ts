/** Stores: where what is durable is kept. The door of `castcall/store`. */
export type { CompactAfter, DurableOptions } from '../api/durable/agent.js';
export type { AsideAgent, AsideAgents } from '../api/durable/aside.js';
export type { RetentionLimits, RetentionOptions } from '../api/durable/retention.js';
export type { DurableVerbs, OnceOptions, PendingWait, WaitOptions, Waits } from '../api/durable/steps.js';
export type {
  StoreErrorCode, StoreFinding, StoreLevel, StoreSource, StoreStats, SystemStore,
} from '../api/durable/store.js';
export { memoryStore } from './memory/index.js';
export { StoreError } from './port/index.js';
