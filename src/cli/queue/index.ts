/** `castcall queue …`: messages that wait in a store. */
export { queueLs } from './ls.js';
