export type { SystemOptions } from './options.js';
export type { SystemStats } from './stats.js';
export type { StopReport, SystemStopOptions } from './stop.js';
export { createSystem, kernelOf, System, type Watch } from './system.js';
export type { TreeNode } from './tree.js';
export type { SuperviseOptions } from './supervision.js';
