/** Messages with a guarantee, balancers and pools, breakers, limits and retry. */
export { offerGuards, guardsOf } from './guards.js';
