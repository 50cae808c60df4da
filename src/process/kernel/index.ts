/** The run queue, the loop, spawn and exit. */
export type { CeilingLimits } from './ceiling.js';
export { exitProcess } from './exit.js';
export { hibernate, hibernateAfter, innerHandle } from './hibernate.js';
export { KernelImpl, PROCESS_LIMIT, systemStopped } from './kernel.js';
export { abandon, resumers } from './loop.js';
export { spawnProcess } from './spawn.js';
