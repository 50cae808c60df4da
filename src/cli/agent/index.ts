/** `castcall agent …`: durable agents, as they stand in a store. */
export { agentLs } from './ls.js';
export { agentShow } from './show.js';
