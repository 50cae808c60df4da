/** castcall: an Erlang/OTP-style actor runtime for AI agents. The public door. */
export {
  type Backoff, CallError, type CallErrorCode, type CallErrorFields, CastcallError, type Env,
  type ExitReason, formatReason, isOrderly, OptionError, StartError,
} from './base/index.js';
export { printable } from './base/text/index.js';
export { type AgentSpec, defineAgent, on } from './behaviour/agent/index.js';
export {
  defineEventHandler, EventManager, HandlerExit, type HandlerState,
} from './behaviour/event/index.js';
export { PayloadError } from './behaviour/gen/index.js';
export {
  abcast, multiCall, type MultiCallResult, RequestAnswer,
} from './behaviour/gen/request/index.js';
export {
  defineRegistry, defineScope, type GroupWatch, type Member, type Registered,
  type RegistryDefinition, type RegistryEntry, RegistryEvent, type RegistryQuery, RegistryRef,
  type RegistryRow, type RegistrySpec, type ScopeDefinition, ScopeRef, type ScopeWatch,
  type Updated,
} from './behaviour/names/index.js';
export { actions, defineStatem, defineStatemHandler, operation } from './behaviour/statem/index.js';
export { TaskError, type TaskErrorCode, TaskResult } from './behaviour/task/index.js';
export {
  type BalanceMemberStats, type BalanceOptions, type Balancer, type BalanceStats,
  type BalanceStrategy, type CheckoutOptions, pool, type PooledRef, PoolExhaustedError, poolOf,
  type PoolOptions, type PoolRef, type PoolStats, type WeightedMember,
} from './delivery/group/index.js';
export {
  BreakerOpenError, isCalleeFailure, LimitTimeoutError, retry,
} from './delivery/guard/index.js';
export type { Logger } from './observe/index.js';
export type {
  DeadLetter, DeadLetterGap, DeadLetters, LetterFailure, LetterQuery, LetterVerb, RetryRefusal,
  RetryReport,
} from './router/dead-letter/index.js';
export {
  anything, GroupChange, type GroupMonitorRef, type Pattern, via,
} from './router/names/index.js';
export {
  Application, type ApplicationContext, type ApplicationEnv, ApplicationError,
  type ApplicationInfo, type ApplicationReport, Applications, type ApplicationSpec,
  type ApplicationType, defineApplication, type EnsureOptions, type StartApplicationOptions,
  type WithState,
} from './supervisor/application/index.js';
export {
  type GiveUp, GiveUpError, type GiveUpReason, type ProgressReport, type RestartCause,
  type SupervisorReport,
} from './supervisor/core/index.js';
export {
  type ChildPid, type DynamicInit, type DynamicSpec, dynamicSupervisor, DynamicSupervisorRef,
  type StaticTaskOptions, type SupervisedTaskOptions, taskChild, type TaskChildOptions,
  taskSupervisor, TaskSupervisorRef, type TaskSupervisorSpec,
} from './supervisor/dynamic/index.js';
export {
  type PartitionKey, partitionsOf, type PartitionSpec, partitionSupervisor,
  PartitionSupervisorRef,
} from './supervisor/partition/index.js';
export {
  checkChildSpecs, child, type ChildSpec, type SupervisorSpec,
} from './supervisor/spec/index.js';
export {
  type AnySupervisorRef, type OnGiveUp, type SuperviseOptions, supervisor, type SupervisorInit,
  SupervisorRef, type TopOptions,
} from './supervisor/static/index.js';
export {
  createSystem, formatTree, type RefTarget, type StopReport, System, type SystemOptions,
  type SystemOutward, type SystemStats, type SystemStopOptions, type SystemTrees, type TreeNode,
  type Watch,
} from './system/index.js';
export {
  Via, type Alias, type MonitorRef, type Pid, type Target, type TimerRef, type ViaProvider,
} from './api/address.js';
export type {
  AgentRef, Bindable, AgentStats, AgentStatus, CallOptions, CastOptions, From, InitSelf,
  MonitoredAgent, ProcessRef, ProcessSelf, ProcessVerbs, PutOptions, ReceiveOptions, Self, Sends,
  StartOptions, StopOptions, StreamOptions,
} from './api/agent.js';
export type { CallFailure, CallOptionCode, CallResult } from './api/call.js';
export type {
  DeliverOptions, DeliveryContext, DeliveryDefaults, DeliveryOutcome, DeliveryStats,
  ErrorVerdict, FailedAttempt, Guarantee, OutcomeKind, Receipt, ReceiptState, RecentQuery, SettledDelivery,
} from './api/delivery.js';
export type {
  AnyEventHandler, EventHandler, EventHandlerSpec, EventManagerDefinition, EventManagerRef, HandlerEnd,
  HandlerId, HandlerInfo, HandlerInit, HandlerKey, HandlerSelf,
} from './api/events.js';
export type { HandlePlace, HasHandle } from './api/handle.js';
export type {
  ProcessInfo, ProcessItems, ProcessLevel, Status, WatchdogEvent, WatchdogOptions,
} from './api/inspect.js';
export type { Account, MailboxOptions, MailboxStats, Percentiles, MailboxLane } from './api/mailbox.js';
export { Down, Exit, Timeout, TimerAnswer, TimerFired } from './api/messages.js';
export type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Limit, LimitOptions,
  LimitRunOptions, LimitStats, OutwardVerbs, RetryFailure, RetryOptions,
} from './api/outward.js';
export type {
  AliasOptions, DemonitorOptions, KernelVerbs, Monitored, MonitorOptions, ProcessFlags, ProcessSpawnOptions,
  SendOptions, SignalOptions, TimerOptions, TimerQuery, Timers,
} from './api/process.js';
export type {
  CollectionWait, LabelledResponse, RequestCollection, RequestId, RequestVerbs, Response, ResponseWait,
} from './api/requests.js';
export { Refusal } from './api/returns.js';
export type { StandardSchema } from './api/schema.js';
export type {
  AnyOperations, AnyStatem, Converted, HandleSpec, Initial, InsertedEvent, Operation, Outcome,
  StatemDefinition, StatemEvent, StatemInit, StatemSelf, StatemStatus, StateSpec, StatesSpec, Transition,
  When,
} from './api/statem.js';
export type {
  DebugEvent, DebugFunction, DebugOption, SysCallbacks, Sys, SysLink, SysOptions, SysStatistics, SysStatus,
} from './api/sys.js';
export type {
  StreamOutcome, Task, TaskFunction, TaskOutcome, TaskSelf, TaskStartOptions, TaskStream, TaskStreamOptions,
  TaskVerbs, TaskWaitOptions, YieldManyOptions,
} from './api/tasks.js';
export type { AnyDefinition, Definition } from './api/protocol.js';
export type {
  AutoShutdown, ChildCount, ChildInfo, ChildOptions, Restart, RestartLimits, Shutdown, Strategy,
  SupervisorChildOptions,
} from './api/supervisor.js';
