/** `castcall dlq …`: dead letters of stored messages. */
export { dlqLs } from './ls.js';
export { dlqPrune } from './prune.js';
export { dlqRetry } from './retry.js';
export { dlqShow } from './show.js';
