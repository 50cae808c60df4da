/** What goes through a port: deliveries, stored agents, timers. */
export { type Coalescing, readDeliver, STANDARD, type Terms, termsOf } from './delivery-options.js';
export { durableTerms } from './durable-terms.js';
export type {
  DurableAgent, DurableKind, Durables, DurableTerms, LogTerms, Shape,
} from './durables.js';
export type { Headers } from './headers.js';
export type { Deliveries } from './port.js';
export { TimersImpl } from './timers.js';
