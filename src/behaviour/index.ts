export { Control, Ignore, NO_REPLY, NoReply, Refusal, Stop } from './control.js';
export { AgentDefinition, defineAgent, on, type AgentSpec } from './definition.js';
export { defineEventHandler, HandlerExit } from './event-handler.js';
export type { HandlerReport } from './event-manager.js';
export type { HandlerState } from './event-sys.js';
export { EventManager, eventManager } from './event-ref.js';
export { DELIVER_KEYS, keyOf, readDeliver, STANDARD, termsOf, type Asked, type Schedule, type Terms } from './delivery-options.js';
export type * from './delivery-types.js';
export type * from './event-types.js';
export { addressOf, hostOf, rejected, refusedSend, rejectedWith, type Addressed, type Extension, type Host, type SpawnOptions } from './host.js';
export {
  CALL_TIMEOUT_MS, checkKeys, checkSignal, levelOf, nameSchema, prioritySchema, readCall, readStart, splitArgs,
  startFields,
} from './options.js';
export type { MailboxOptions } from './mailbox-options.js';
export { abcast, multiCall, type MultiCallResult } from './multi.js';
export { ProcessRefImpl, spawnPlain } from './plain.js';
export { checkFlags, checkSpawn } from './process-options.js';
export type * from './outward-types.js';
export type * from './process-types.js';
export { AgentRefImpl, statsOf, ViaRefImpl } from './ref.js';
export {
  defineRegistry, RegistryEvent, RegistryRef, registryRef,
  type Registered, type RegistryDefinition, type RegistryEntry, type RegistryQuery, type RegistryRow, type RegistrySpec, type Updated,
} from './registry.js';
export { RuntimeDefinition, runtimeOf } from './runtime.js';
export { PayloadError, type SchemaInput, type SchemaOutput, type StandardIssue, type StandardResult, type StandardSchema } from './schema.js';
export { defineScope, ScopeRef, scopeRef, type GroupWatch, type Member, type ScopeDefinition, type ScopeWatch } from './scope.js';
export { AgentSelf } from './self.js';
export { checkArgs, planAs, planOf, startAgent, startFrom, startWatched, type StartPlan, type StartedProcess } from './start.js';
export { Sys, type DebugOption, type SysOptions, type SysStatus } from './sys.js';
export type { DebugEvent, DebugFunction, SysStatistics } from './debug.js';
export type { SysCallbacks, SysLink } from './special.js';
export { ITEM_TIMEOUT_MS } from './stream.js';
export { recordOf, spawnTask, TaskResult, type TaskRecord, type TaskReport } from './task.js';
export { RequestAnswer } from './request-id.js';
export type * from './request-types.js';
export { TaskDefinition } from './task-definition.js';
export { TaskError, type TaskErrorCode } from './task-error.js';
export type { Items } from './source.js';
export { readPlan as readStreamPlan, TaskStreamImpl, type StreamStart } from './task-stream.js';
export type * from './task-types.js';
export { TaskVerbsImpl } from './task-verbs.js';
export { Timers } from './timers.js';
export type * from './types.js';
export type { CallFailure, CallOptionCode, CallResult } from './call-result.js';
export { actions, type Transition, type When } from './statem-transition.js';
export { defineStatem, defineStatemHandler, operation } from './statem-definition.js';
export { StatemSelf as StatemInstance } from './statem-self.js';
export type { AnyOperations, AnyStatem, Converted, HandleSpec, Initial, InsertedEvent, Operation, Outcome, StatemDefinition, StatemEvent, StatemInit, StatemSelf, StatemStatus, StateSpec, StatesSpec } from './statem-types.js';
