/** `castcall queue …`: what waits in a store. */
export { queueLs } from './ls.js';
