/** What agents share by name. */
export { busOf, offerBus } from './bus.js';
