export {
  Application, ApplicationError, defineApplication, type ApplicationContext, type ApplicationEnv, type ApplicationSpec,
  type ApplicationType, type WithState,
} from './application/application.js';
export {
  Applications, type ApplicationInfo, type ApplicationPorts, type ApplicationReport, type EnsureOptions,
  type StartApplicationOptions,
} from './application/applications.js';
export { roleOf } from './core/child.js';
export { shouldRestart } from './core/decision.js';
export { dynamicDefinition } from './dynamic/dynamic.js';
export { DynamicState } from './dynamic/state.js';
export {
  dynamicSupervisor, DynamicSupervisorRef, simpleSupervisor, SimpleSupervisorRef, type ChildPid,
} from './dynamic/handle.js';
export {
  readDynamic, readSimple, Template, template, type DynamicInit, type DynamicSpec, type SimpleSpec,
} from './dynamic/spec.js';
export { supervisorDefinition } from './static/engine.js';
export type { SupervisorInit } from './static/recipe.js';
export { SupervisorRef, type AnySupervisorRef } from './static/handle.js';
export { isSupervised, isSupervisor, isTop } from './kind.js';
export { Intensity, type RestartCause } from './core/intensity.js';
export { causeText, gaveUp, GiveUpError, type GiveUp, type GiveUpReason } from './core/give-up.js';
export { belongsTo } from './application/master.js';
export { supervisor } from './static/nested.js';
export {
  partitionOf, partitionsOf, PartitionSupervisorRef, partitionSupervisor, type PartitionKey,
  type PartitionSpec,
} from './partition/partition.js';
export type { Offender, ProgressReport, SupervisorReport } from './core/report.js';
export { SupervisorState } from './static/state.js';
export {
  checkChildSpecs, checkTree, child, ChildSpec, type AnyChildSpec, type ChildFields, type SupervisorSpec, type Tree,
} from './core/spec.js';
export {
  offerTrees, startSupervisor, startTree, type AnyTreeSpec, type OnGiveUp, type SuperviseOptions, type TopOptions,
} from './static/supervise.js';
export { taskChild, type StaticTaskOptions } from './dynamic/task-child.js';
export {
  readTasks, taskSupervisor, TaskSupervisorRef, type SupervisedTaskOptions, type TaskChildOptions,
  type TaskSupervisorSpec,
} from './dynamic/task-supervisor.js';
