/** Work queues: each item to one consumer. */
export { decodeItem, type ItemRow, queueOf } from './durable/index.js';
export { QueueImpl } from './queue.js';
export { Queues } from './queues.js';
