/** Supervisors whose children come and go. */
export { dynamicDefinition } from './dynamic.js';
export {
  type ChildPid, dynamicSupervisor, DynamicSupervisorRef, simpleSupervisor, SimpleSupervisorRef,
} from './handle.js';
export { type DynamicInit, type DynamicSpec, type SimpleSpec, Template, template } from './spec.js';
export { type StaticTaskOptions, taskChild } from './task-child.js';
export {
  type SupervisedTaskOptions, type TaskChildOptions, taskSupervisor, TaskSupervisorRef,
  type TaskSupervisorSpec,
} from './task-supervisor.js';
