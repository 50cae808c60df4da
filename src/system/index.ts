export type { SystemOptions } from './options.js';
export type { SystemStats } from './stats.js';
export type { StopReport, SystemStopOptions } from './stop.js';
export { createSystem, kernelOf } from './create.js';
export type { SystemOutward } from './outward.js';
export { System } from './system.js';
export type { Watch } from './watch.js';
export type { TreeNode } from './tree.js';
export type { SuperviseOptions } from '../supervisor/index.js';
