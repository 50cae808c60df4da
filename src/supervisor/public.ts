/** Supervision: child specifications, trees, and the pure restart decision. */
export {
  checkChildSpecs, child, ChildSpec, dynamicSupervisor, DynamicSupervisorRef, shouldRestart, simpleSupervisor, SimpleSupervisorRef, supervisor, SupervisorRef,
  Template, template,
  type AnyChildSpec, type AnySupervisorRef, type AutoShutdown, type Backoff, type ChildCount, type ChildFields, type ChildInfo, type ChildOptions, type ChildPid, type DynamicSpec, type Offender, type ProgressReport,
  type Restart, type RestartLimits, type Shutdown, type SimpleSpec, type Strategy, type SupervisorChildOptions, type SupervisorInit, type SupervisorReport, type SupervisorSpec,
} from './index.js';
export { taskSupervisor, TaskSupervisorRef, type TaskChildOptions, type TaskSupervisorSpec } from './index.js';
