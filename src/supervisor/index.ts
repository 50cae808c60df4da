export { shouldRestart, type Restart, type Shutdown, type Strategy } from './decision.js';
export { SupervisorState, supervisorDefinition, type ChildCount, type ChildInfo } from './engine.js';
export { SupervisorRef, type StartedChild } from './handle.js';
export { Intensity } from './intensity.js';
export { checkTree, child, ChildSpec, supervisor, type AnyChildSpec, type ChildOptions, type SupervisorChildOptions, type SupervisorSpec, type Tree } from './spec.js';
