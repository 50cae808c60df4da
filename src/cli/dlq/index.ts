/** `castcall dlq …`: dead letters of stored messages. */
export { dlqLs } from './ls.js';
export { dlqPrune } from './prune.js';
export { dlqShow } from './show.js';
