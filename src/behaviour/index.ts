export { Control, Ignore, NO_REPLY, NoReply, Refusal, Stop } from './gen/control.js';
export { AgentDefinition, defineAgent, on, type AgentSpec } from './agent/definition.js';
export { defineEventHandler, HandlerExit } from './event/handler.js';
export type { HandlerReport } from './event/manager.js';
export type { HandlerState } from './event/sys.js';
export { EventManager, eventManager } from './event/ref.js';
export {
  DELIVER_KEYS, keyOf, readDeliver, STANDARD, termsOf, type Asked, type Schedule, type Terms,
} from './gen/outward/delivery-options.js';
export type * from './gen/outward/delivery-types.js';
export type * from './event/types.js';
export {
  addressOf, hostOf, rejected, refusedSend, rejectedWith, type Addressed, type Extension, type Host, type SpawnOptions,
} from './gen/host.js';
export {
  CALL_TIMEOUT_MS, checkKeys, checkSignal, levelOf, nameSchema, prioritySchema, readCall, readStart, splitArgs,
  startFields,
} from './gen/options.js';
export type { MailboxOptions } from './gen/mailbox-options.js';
export { abcast, multiCall, type MultiCallResult } from './gen/request/multi.js';
export { ProcessRefImpl, spawnPlain } from './plain/plain.js';
export { checkFlags, checkSpawn } from './gen/process-options.js';
export type * from './gen/outward/outward-types.js';
export type * from './gen/process-types.js';
export { AgentRefImpl, statsOf } from './gen/ref.js';
export { Verb, type Gives, type Listener } from './gen/request/verb.js';
export { ViaRefImpl } from './gen/request/via-ref.js';
export {
  defineRegistry, RegistryEvent, RegistryRef, registryRef,
  type Registered, type RegistryDefinition, type RegistryEntry, type RegistryQuery, type RegistryRow, type RegistrySpec, type Updated,
} from './names/registry.js';
export { RuntimeDefinition, runtimeOf } from './gen/runtime.js';
export {
  PayloadError, type SchemaInput, type SchemaOutput, type StandardIssue, type StandardResult, type StandardSchema,
} from './gen/schema.js';
export {
  defineScope, ScopeRef, scopeRef, type GroupWatch, type Member, type ScopeDefinition, type ScopeWatch,
} from './names/scope.js';
export { AgentSelf } from './gen/self.js';
export {
  checkArgs, planAs, planOf, startAgent, startFrom, startWatched, type StartPlan, type StartedProcess,
} from './gen/start.js';
export { Sys, type DebugOption, type SysOptions, type SysStatus } from './gen/sys/sys.js';
export type { DebugEvent, DebugFunction, SysStatistics } from './gen/sys/debug.js';
export type { SysCallbacks, SysLink } from './gen/sys/special.js';
export { ITEM_TIMEOUT_MS } from './gen/request/stream.js';
export { recordOf, spawnTask, TaskResult, type TaskRecord, type TaskReport } from './task/task.js';
export { RequestAnswer } from './gen/request/request-id.js';
export type * from './gen/request/request-types.js';
export { TaskDefinition } from './task/definition.js';
export { TaskError, type TaskErrorCode } from './task/error.js';
export type { Items } from './gen/request/source.js';
export { readPlan as readStreamPlan, TaskStreamImpl, type StreamStart } from './task/stream.js';
export type * from './task/types.js';
export { TaskVerbsImpl } from './task/verbs.js';
export { Timers } from './gen/outward/timers.js';
export type * from './gen/types.js';
export type { CallFailure, CallOptionCode, CallResult } from './gen/request/call-result.js';
export { actions, type Transition, type When } from './statem/transition.js';
export { defineStatem, defineStatemHandler, operation } from './statem/definition.js';
export { StatemSelf as StatemInstance } from './statem/self.js';
export type {
  AnyOperations, AnyStatem, Converted, HandleSpec, Initial, InsertedEvent, Operation, Outcome, StatemDefinition,
  StatemEvent, StatemInit, StatemSelf, StatemStatus, StateSpec, StatesSpec,
} from './statem/types.js';
