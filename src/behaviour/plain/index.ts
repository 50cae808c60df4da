/** Plain processes. */
export { spawnPlain } from './plain.js';
