/** Supervisors whose children come and go. */
export { dynamicDefinition } from './dynamic.js';
export {
  dynamicSupervisor, DynamicSupervisorRef, simpleSupervisor, SimpleSupervisorRef,
} from './handle.js';
export { type ReadDynamic, readDynamic, Template, template } from './spec.js';
export { type DynamicState, keep } from './state.js';
export { taskChild } from './task-child.js';
export { taskSupervisor, TaskSupervisorRef } from './task-supervisor.js';
