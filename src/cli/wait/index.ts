/** `castcall wait …`: decisions that durable agents wait for. */
export { waitReject, waitResolve } from './decide.js';
export { waitLs } from './ls.js';
