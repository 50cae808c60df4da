/** Supervisors with a list of children. */
export { attempt } from './api.js';
export { supervisorDefinition, unexpected } from './engine.js';
export { AnySupervisorRef, checkSpec, SupervisorRef } from './handle.js';
export { nestedSpec, supervisor } from './nested.js';
export { type SupervisorSource, type SupervisorInit, TreeByCores, wrapped } from './source.js';
export { SupervisorState } from './state.js';
export {
  type AnyTreeSpec, offerTrees, type OnGiveUp, startSupervisor, startTree, type SuperviseOptions,
  type TopOptions,
} from './supervise.js';
