/** `castcall wait …`: decisions that durable agents wait for. */
export { waitLs } from './ls.js';
