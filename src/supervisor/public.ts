/** Supervision: child specifications, trees, and the pure restart decision. */
export {
  Application, ApplicationError, Applications, checkChildSpecs, child, ChildSpec, defineApplication, dynamicSupervisor,
  DynamicSupervisorRef, GiveUpError, partitionOf, partitionsOf, partitionSupervisor, PartitionSupervisorRef, shouldRestart,
  supervisor, SupervisorRef,
  type AnyChildSpec, type ApplicationContext, type ApplicationEnv, type ApplicationInfo, type ApplicationReport, type ApplicationSpec, type ApplicationType, type EnsureOptions,
  type PartitionKey, type PartitionSpec, type StartApplicationOptions, type WithState,  type AnySupervisorRef, type AutoShutdown, type ChildCount, type ChildFields, type ChildInfo, type ChildOptions, type ChildPid, type DynamicInit, type DynamicSpec, type GiveUp, type GiveUpReason, type Offender, type OnGiveUp, type ProgressReport,
  type Restart, type RestartCause, type RestartLimits, type Shutdown, type Strategy, type
  SupervisorChildOptions, type SupervisorInit, type SupervisorReport, type SupervisorSpec, type TopOptions,
} from './index.js';
export {
  taskChild, taskSupervisor, TaskSupervisorRef, type StaticTaskOptions, type SupervisedTaskOptions,
  type TaskChildOptions, type TaskSupervisorSpec,
} from './index.js';
