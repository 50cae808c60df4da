/** Queues whose items outlive the program. */
export { DurableQueue } from './durable-queue.js';
export { decodeItem, type ItemRow, queueOf } from './row.js';
