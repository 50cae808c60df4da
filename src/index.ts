/** castcall: an Erlang/OTP-style actor runtime for AI agents. The public door. */
export {
  CallError, CastcallError, formatReason, isOrderly, OptionError, printable, StartError, type CallErrorCode,
  type CallErrorFields, type Env, type ExitReason,
} from './base/index.js';
export {
  abcast, defineAgent, defineRegistry, defineScope, multiCall, on, PayloadError, Refusal, RegistryEvent, RegistryRef, ScopeRef,
  type GroupWatch, type Member, type MultiCallResult, type Registered, type RegistryDefinition, type RegistryEntry, type RegistryQuery, type RegistryRow, type RegistrySpec,
  type ScopeDefinition, type ScopeWatch, type Updated,
  type AgentRef, type AgentSpec, type AgentStats, type AnyDefinition, type CallOptions, type CallFailure, type CallOptionCode, type CallResult, type CastOptions, type Definition, type From, type InitSelf, type MailboxOptions, type MonitoredAgent,
  type ProcessRef, type ProcessSelf, type ProcessVerbs, type PutOptions, type ReceiveOptions, type Self, type Sends, type StandardSchema, type StartOptions, type StopOptions, type StreamOptions, type Target,
} from './behaviour/index.js';
export {
  TaskError, TaskResult,
  type StreamOutcome, type Task, type TaskErrorCode, type TaskFunction, type TaskOutcome, type TaskSelf, type TaskStartOptions, type TaskStream, type TaskStreamOptions, type TaskVerbs, type TaskWaitOptions, type YieldManyOptions,
} from './behaviour/index.js';
export {
  defineEventHandler, EventManager, eventManager, HandlerExit,
  type AnyEventHandler, type EventHandler, type EventHandlerSpec, type EventManagerDefinition, type EventManagerRef, type HandlerEnd, type HandlerId, type HandlerInfo, type HandlerInit, type HandlerKey, type HandlerSelf, type HandlerState,
} from './behaviour/index.js';
export type {
  AgentStatus, DebugEvent, DebugFunction, DebugOption, Sys, SysCallbacks, SysLink, SysOptions, SysStatistics, SysStatus,
} from './behaviour/index.js';
export {
  Timers, type AliasOptions, type DemonitorOptions, type KernelVerbs, type Monitored, type MonitorOptions,
  type ProcessFlags, type ProcessSpawnOptions, type SendOptions, type SignalOptions, type TimerOptions, type TimerQuery,
} from './behaviour/index.js';
export {
  actions, defineStatem, defineStatemHandler, operation,
  type AnyOperations, type AnyStatem, type Converted, type HandleSpec, type Initial, type InsertedEvent, type Operation, type Outcome, type StatemDefinition, type StatemEvent, type StatemInit, type StatemSelf, type StatemStatus,
  type StateSpec, type StatesSpec, type Transition, type When,
} from './behaviour/index.js';
export {
  RequestAnswer, type CollectionWait, type LabelledResponse, type RequestCollection, type RequestId, type RequestVerbs,
  type Response, type ResponseWait,
} from './behaviour/index.js';
export type {
  DeliverOptions, DeliveryBackoff, DeliveryContext, DeliveryDefaults, DeliveryOutcome, DeliveryStats, ErrorVerdict, FailedAttempt, Guarantee, OutcomeKind, Receipt, ReceiptState, RecentQuery, SettledDelivery,
} from './behaviour/index.js';
export type { Account, MailboxStats, Percentiles, Priority } from './mailbox/index.js';
export type { Logger } from './observe/index.js';
export {
  Down, Exit, TimerAnswer, TimerFired, Timeout,
  type Alias, type MonitorRef, type Pid, type ProcessInfo, type ProcessItems, type ProcessPriority, type Status, type TimerRef, type WatchdogEvent, type WatchdogOptions,
} from './process/index.js';
export {
  anything, GroupChange, Via, via, type DeadLetter, type DeadLetters, type DeadLetterGap, type LetterFailure,
  type LetterQuery, type LetterVerb, type RetryRefusal, type RetryReport, type GroupMonitorRef, type Pattern,
  type ViaProvider,
} from './router/index.js';
export {
  Application, ApplicationError, Applications, checkChildSpecs, child, defineApplication, dynamicSupervisor,
  DynamicSupervisorRef, GiveUpError, partitionSupervisor, PartitionSupervisorRef, simpleSupervisor, SimpleSupervisorRef,
  supervisor, SupervisorRef, template,
  type AnySupervisorRef, type ApplicationContext, type ApplicationEnv, type ApplicationInfo, type ApplicationReport, type ApplicationSpec, type ApplicationType, type EnsureOptions, type PartitionKey, type PartitionSpec, type StartApplicationOptions, type WithState,
  type AutoShutdown, type Backoff, type ChildCount, type ChildInfo, type ChildOptions, type ChildPid, type ChildSpec,
  type DynamicInit, type DynamicSpec, type GiveUp, type GiveUpReason, type OnGiveUp, type ProgressReport, type Restart,
  type RestartCause, type RestartLimits, type Shutdown,
  type SimpleSpec, type Strategy, type SupervisorChildOptions, type SupervisorInit, type SupervisorReport, type
  SupervisorSpec, type Template, type TopOptions,
} from './supervisor/index.js';
export {
  BreakerOpenError, isCalleeFailure, LimitTimeoutError, pool, PoolExhaustedError, retry,
} from './delivery/index.js';
export type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Limit, LimitOptions,
  LimitRunOptions, LimitStats, OutwardVerbs, RetryFailure, RetryOptions,
} from './behaviour/index.js';
export type {
  Balancer, BalanceMemberStats, BalanceOptions, BalanceStats, BalanceStrategy, CheckoutOptions, PooledRef, PoolOptions,
  PoolRef, PoolStats, WeightedMember,
} from './delivery/index.js';
export {
  createSystem, formatTree, System, type StopReport, type SuperviseOptions, type SystemOptions, type SystemOutward, type
  SystemStats, type SystemStopOptions, type SystemTrees, type TreeNode, type Watch,
} from './system/index.js';
export {
  taskChild, taskSupervisor, TaskSupervisorRef, type StaticTaskOptions, type SupervisedTaskOptions,
  type TaskChildOptions, type TaskSupervisorSpec,
} from './supervisor/index.js';
