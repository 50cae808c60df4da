/** Supervision: child specifications, trees, and the pure restart decision. */
export {
  child, ChildSpec, shouldRestart, supervisor, SupervisorRef,
  type AnyChildSpec, type ChildCount, type ChildInfo, type ChildOptions, type Restart, type Shutdown, type Strategy, type SupervisorChildOptions, type SupervisorSpec,
} from './index.js';
