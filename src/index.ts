/**
 * castcall: an Erlang/OTP-style actor runtime for AI agents. What almost every program needs; the
 * rest is behind the sub-paths of the package, and no name behind two of them.
 */
export type { Alias, MonitorRef, Pid, Target, TimerRef } from './api/address.js';
export type {
  AgentRef, AgentStats, Bindable, CallOptions, CastOptions, From, InitSelf,
  MonitoredAgent, ProcessRef, ProcessSelf, ProcessVerbs, PutOptions, ReceiveOptions, Self, Sends,
  StartOptions, StopOptions,
} from './api/agent.js';
export type { StreamOptions } from './api/bus/stream.js';
export type { AgentSpec, AgentStatus } from './api/definition.js';
export type {
  DeliverCoalesce, DeliverMode, DeliverOptions, DeliveryContext, DeliveryDefaults, DeliveryOutcome, DeliveryStats,
  ErrorVerdict, FailedAttempt, Guarantee, MessageProvenance, OutcomeKind, Receipt, ReceiptState, RecentQuery,
  SettledDelivery,
} from './api/delivery.js';
export type {
  DeadLetter, DeadLetterGap, LetterFailure, LetterQuery, LetterVerb, RetryRefusal, RetryReport,
} from './api/letters.js';
export type {
  Account, MailboxLane, MailboxOptions, MailboxStats, Percentiles,
} from './api/mailbox.js';
export { Down, Exit, Timeout, TimerAnswer, TimerFired } from './api/messages.js';
export type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, GuardVerbs, Limit,
  LimitOptions, LimitPermit, LimitRunOptions, LimitStats, RetryFailure, RetryOptions,
} from './api/guards.js';
export type {
  AnyDefinition, Definition, HandlePlace, HasHandle, StandardSchema,
} from './api/protocol.js';
export type { CallFailure, CallOptionCode, CallResult } from './api/requests.js';
export { Refusal } from './api/returns.js';
export type { Restart, Shutdown, Strategy } from './api/supervisor.js';
export type {
  RefTarget, StopReport, SystemOptions, SystemStats, SystemStopOptions, Watch,
} from './api/system.js';
export type {
  StreamOutcome, Task, TaskErrorCode, TaskFunction, TaskOutcome, TaskSelf, TaskStartOptions,
  TaskStream, TaskStreamOptions, TaskVerbs, TaskWaitOptions, YieldManyOptions,
} from './api/tasks.js';
export {
  type Backoff, CallError, type CallErrorCode, type CallErrorFields, CastcallError, type Env,
  type ExitReason, formatReason, isOrderly, OptionError, StartError,
} from './base/index.js';
export { printable } from './base/text/index.js';
export { defineAgent, on } from './behaviour/agent/index.js';
export { PayloadError } from './behaviour/gen/index.js';
export { TaskError, TaskResult } from './behaviour/task/index.js';
export { BreakerOpenError, isCalleeFailure, LimitTimeoutError, retry } from './delivery/guard/index.js';
export { settledAll } from './delivery/guarantee/index.js';
export type { DeadLetters } from './router/dead-letter/index.js';
export { GiveUpError } from './supervisor/core/index.js';
export {
  dynamicSupervisor, DynamicSupervisorRef, taskSupervisor, TaskSupervisorRef,
} from './supervisor/dynamic/index.js';
export { child, type ChildSpec, type SupervisorSpec } from './supervisor/spec/index.js';
export { supervisor, SupervisorRef } from './supervisor/static/index.js';
export { createSystem, System, type SystemBus, type SystemGuards, type SystemTrees } from './system/index.js';
