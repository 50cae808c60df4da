/** What goes through a port: deliveries, timers. */
export { readDeliver, STANDARD, type Terms, termsOf } from './delivery-options.js';
export type { Deliveries } from './port.js';
export { TimersImpl } from './timers.js';
