/** One question to many agents at once. */
export { GatherError } from './error.js';
export { gather } from './gather.js';
