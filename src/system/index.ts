/** The composition root. */
export { createSystem, kernelOf } from './create.js';
export { formatTree } from './format-tree.js';
export type { RefTarget } from './handle.js';
export type { SystemOptions } from './options.js';
export type { SystemOutward } from './outward.js';
export type { SystemStats } from './stats.js';
export type { StopReport, SystemStopOptions } from './stop.js';
export { System } from './system.js';
export type { TreeNode } from './tree.js';
export type { SystemTrees } from './trees.js';
export type { Watch } from './watch.js';
