/** `castcall agent …`: durable agents, as they stand in a store. */
export { agentReset, agentResume } from './ask.js';
export { agentLs } from './ls.js';
export { agentShow } from './show.js';
