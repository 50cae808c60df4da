/** castcall: an Erlang/OTP-style actor runtime for AI agents. The public door. */
export {
  CallError, CastcallError, formatReason, isOrderly, OptionError, printable, StartError, type Backoff, type CallErrorCode,
  type CallErrorFields, type Env, type ExitReason,
} from './base/index.js';
export {
  abcast, defineAgent, defineRegistry, defineScope, multiCall, on, PayloadError, RegistryEvent, RegistryRef,
  ScopeRef, type GroupWatch, type Member, type MultiCallResult, type Registered, type RegistryDefinition,
  type RegistryEntry, type RegistryQuery, type RegistryRow, type RegistrySpec, type ScopeDefinition,
  type ScopeWatch, type Updated, type AgentSpec,
} from './behaviour/index.js';
export { TaskError, TaskResult, type TaskErrorCode } from './behaviour/index.js';
export {
  defineEventHandler, EventManager, HandlerExit, type HandlerState,
} from './behaviour/index.js';
export { actions, defineStatem, defineStatemHandler, operation } from './behaviour/index.js';
export { RequestAnswer } from './behaviour/index.js';
export type { Logger } from './observe/index.js';
export {
  anything, GroupChange, via, type DeadLetter, type DeadLetters, type DeadLetterGap, type LetterFailure,
  type LetterQuery, type LetterVerb, type RetryRefusal, type RetryReport, type GroupMonitorRef, type Pattern,
} from './router/index.js';
export {
  Application, ApplicationError, Applications, checkChildSpecs, child, defineApplication, dynamicSupervisor,
  DynamicSupervisorRef, GiveUpError, partitionsOf, partitionSupervisor, PartitionSupervisorRef, supervisor,
  SupervisorRef, type AnySupervisorRef, type ApplicationContext, type ApplicationEnv, type ApplicationInfo,
  type ApplicationReport, type ApplicationSpec, type ApplicationType, type EnsureOptions, type PartitionKey,
  type PartitionSpec, type StartApplicationOptions, type WithState, type ChildPid, type ChildSpec,
  type DynamicInit, type DynamicSpec, type GiveUp, type GiveUpReason, type OnGiveUp, type ProgressReport,
  type RestartCause, type SupervisorInit, type SupervisorReport, type
  SupervisorSpec, type TopOptions,
} from './supervisor/index.js';
export {
  BreakerOpenError, isCalleeFailure, LimitTimeoutError, pool, poolOf, PoolExhaustedError, retry,
} from './delivery/index.js';
export type {
  Balancer, BalanceMemberStats, BalanceOptions, BalanceStats, BalanceStrategy, CheckoutOptions, PooledRef, PoolOptions,
  PoolRef, PoolStats, WeightedMember,
} from './delivery/index.js';
export {
  createSystem, formatTree, System, type RefTarget, type StopReport, type SuperviseOptions, type SystemOptions, type SystemOutward, type
  SystemStats, type SystemStopOptions, type SystemTrees, type TreeNode, type Watch,
} from './system/index.js';
export {
  taskChild, taskSupervisor, TaskSupervisorRef, type StaticTaskOptions, type SupervisedTaskOptions,
  type TaskChildOptions, type TaskSupervisorSpec,
} from './supervisor/index.js';
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
