/** Messages with a guarantee, balancers and pools, breakers, limits and retry. */
export { offerOutward, outwardOf } from './outward.js';
