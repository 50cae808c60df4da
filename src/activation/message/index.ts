/** Messages to agents by ref, address, name or tag, and what became of them. */
export { Messages } from './messages.js';
