/** The port of what carries frames between nodes, and of the register that they share. */
export type { Entry, Inbox, Register, Transport, Written } from './port.js';
