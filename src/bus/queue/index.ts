/** Work queues: each item to one consumer. */
export { QueueImpl } from './queue.js';
export { Queues } from './queues.js';
