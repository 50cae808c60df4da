/** The composition root. */
export type { SystemBus } from './bus.js';
export { createSystem, kernelOf } from './create.js';
export { formatTree } from './format-tree.js';
export type { SystemGuards } from './guards.js';
export { System } from './system.js';
export type { SystemTrees } from './trees.js';
