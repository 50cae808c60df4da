/**
 * Supervision in full: partitions, OTP's simple_one_for_one, the types of all specifications, what
 * reports tell. The usual verbs are `castcall`'s. The door of `castcall/supervisor`.
 */
export type { LaunchJob, LaunchOptions, LaunchVerbs, SubAgent, SubAgentWaitOptions } from '../api/tasks.js';
export type {
  GiveUp, GiveUpReason, HealthReport, Offender, ProgressReport, RestartCause, SupervisorReport,
} from '../api/reports.js';
export type {
  AutoShutdown, ChildCount, ChildInfo, ChildOptions, ChildPid, DynamicInit, DynamicSpec, HealthOptions,
  PartitionKey, RestartLimits, SimpleSpec, StaticTaskOptions, SupervisedTaskOptions,
  SupervisorChildOptions, TaskChildOptions, TaskSupervisorSpec,
} from '../api/supervisor.js';
export {
  simpleSupervisor, SimpleSupervisorRef, taskChild, Template, template,
} from './dynamic/index.js';
export {
  partitionOf, partitionsOf, type PartitionSpec, partitionSupervisor, PartitionSupervisorRef,
} from './partition/index.js';
export { type AnyChildSpec, checkChildSpecs, type ChildFields, shouldRestart } from './spec/index.js';
export type {
  AnySupervisorRef, OnGiveUp, SuperviseOptions, SupervisorInit, TopOptions,
} from './static/index.js';
