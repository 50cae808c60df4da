/** All addresses below a prefix. */
export { SubtreeImpl } from './subtree.js';
