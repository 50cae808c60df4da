/** What goes through a port: deliveries, stored agents, timers. */
export { readDeliver, STANDARD, type Terms, termsOf } from './delivery-options.js';
export type { DurableAgent, Durables, DurableTerms } from './durables.js';
export type { Deliveries } from './port.js';
export { TimersImpl } from './timers.js';
