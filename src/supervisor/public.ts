/**
 * Supervision in full: partitions, OTP's simple_one_for_one, the types of all specifications, what
 * reports tell. The usual verbs are `castcall`'s. The door of `castcall/supervisor`.
 */
export type {
  GiveUp, GiveUpReason, Offender, ProgressReport, RestartCause, SupervisorReport,
} from '../api/reports.js';
export type {
  AutoShutdown, ChildCount, ChildInfo, ChildOptions, RestartLimits, SupervisorChildOptions,
} from '../api/supervisor.js';
export {
  type ChildPid, type DynamicInit, type DynamicSpec, type SimpleSpec, simpleSupervisor,
  SimpleSupervisorRef, type StaticTaskOptions, type SupervisedTaskOptions, taskChild,
  type TaskChildOptions, type TaskSupervisorSpec, Template, template,
} from './dynamic/index.js';
export {
  type PartitionKey, partitionOf, partitionsOf, type PartitionSpec, partitionSupervisor,
  PartitionSupervisorRef,
} from './partition/index.js';
export { type AnyChildSpec, checkChildSpecs, type ChildFields, shouldRestart } from './spec/index.js';
export type {
  AnySupervisorRef, OnGiveUp, SuperviseOptions, SupervisorInit, TopOptions,
} from './static/index.js';
