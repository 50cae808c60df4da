export { Application, ApplicationError, defineApplication, type ApplicationContext, type ApplicationEnv, type ApplicationSpec, type ApplicationType, type WithState } from './application.js';
export { Applications, type ApplicationInfo, type ApplicationPorts, type ApplicationReport, type EnsureOptions, type StartApplicationOptions } from './applications.js';
export { roleOf } from './child.js';
export { shouldRestart, type AutoShutdown, type Restart, type Shutdown, type Strategy } from './decision.js';
export { dynamicDefinition, DynamicState } from './dynamic.js';
export { dynamicSupervisor, DynamicSupervisorRef, simpleSupervisor, SimpleSupervisorRef, type ChildPid } from './dynamic-handle.js';
export { readDynamic, readSimple, Template, template, type DynamicInit, type DynamicSpec, type SimpleSpec } from './dynamic-spec.js';
export { supervisorDefinition } from './engine.js';
export type { SupervisorInit } from './recipe.js';
export { SupervisorRef, type AnySupervisorRef } from './handle.js';
export type { ChildCount, ChildInfo } from './info.js';
export { isSupervised, isSupervisor, isTop } from './kind.js';
export { Intensity, type RestartCause } from './intensity.js';
export { causeText, gaveUp, GiveUpError, type GiveUp, type GiveUpReason } from './give-up.js';
export { belongsTo } from './master.js';
export { supervisor } from './nested.js';
export type { Backoff, ChildOptions, RestartLimits, SupervisorChildOptions } from './options.js';
export { checkPartitionsName, partitionOf, PartitionSupervisorRef, partitionSupervisor, partitionTree, type PartitionKey, type PartitionSpec } from './partition.js';
export type { Offender, ProgressReport, SupervisorReport } from './report.js';
export { SupervisorState } from './state.js';
export { checkChildSpecs, checkTree, child, ChildSpec, type AnyChildSpec, type ChildFields, type SupervisorSpec, type Tree } from './spec.js';
export {
  offerTrees, startSupervisor, startTree, type AnyTreeSpec, type OnGiveUp, type SuperviseOptions, type TopOptions,
} from './supervise.js';
export { taskChild, type StaticTaskOptions } from './task-child.js';
export { taskSupervisorDefinition } from './task-supervisor.js';
export { readTasks, taskSupervisor, TaskSupervisorRef, type SupervisedTaskOptions, type TaskChildOptions, type TaskSupervisorSpec } from './task-supervisor-handle.js';
