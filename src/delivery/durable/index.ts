/** What outlives the program: stored messages, durable agents. */
export { Durability } from './durability.js';
