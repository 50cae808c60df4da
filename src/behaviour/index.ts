export { NO_REPLY } from './gen/control.js';
export { defineAgent, on, type AgentSpec } from './agent/definition.js';
export { ServerDefinition } from './gen/server/definition.js';
export { defineEventHandler, HandlerExit } from './event/handler.js';
export type { HandlerReport } from './event/manager.js';
export type { HandlerState } from './event/sys.js';
export { EventManager } from './event/ref.js';
export {
  DELIVER_KEYS, keyOf, readDeliver, STANDARD, termsOf, type Asked, type Terms,
} from './gen/outward/delivery-options.js';
export {
  addressOf, hostOf, rejected, refusedSend, rejectedWith, type Addressed, type Extension, type Host, type SpawnOptions,
} from './gen/host.js';
export {
  CALL_TIMEOUT_MS, checkKeys, checkSignal, levelOf, nameSchema, levelSchema, readCall, readStart, splitArgs,
  startFields,
} from './gen/options.js';
export { abcast, multiCall, type MultiCallResult } from './gen/request/multi.js';
export { spawnPlain } from './plain/plain.js';
export { ProcessRefImpl } from './gen/body/ref.js';
export { checkFlags, checkSpawn } from './gen/process-options.js';
export { AgentRefImpl } from './gen/ref.js';
export { RefBase, statsOf } from './gen/request/ref-base.js';
export { Place } from './gen/request/handle.js';
export { Verb, type Gives, type Listener } from './gen/request/verb.js';
export { ViaRefImpl } from './gen/request/via-ref.js';
export {
  defineRegistry, RegistryEvent, RegistryRef,
  type Registered, type RegistryDefinition, type RegistryEntry, type RegistryQuery, type RegistryRow, type RegistrySpec, type Updated,
} from './names/registry.js';
export { RuntimeDefinition, runtimeOf } from './gen/runtime.js';
export { PayloadError } from './gen/schema.js';
export {
  defineScope, ScopeRef, type GroupWatch, type Member, type ScopeDefinition, type ScopeWatch,
} from './names/scope.js';
export { AgentSelf } from './gen/server/self.js';
export {
  checkArgs, planAs, planOf, startAgent, startFrom, startWatched, type StartPlan, type StartedProcess,
} from './gen/start.js';
export { SysImpl } from './gen/sys/sys.js';
export { ITEM_TIMEOUT_MS } from './gen/request/stream.js';
export { recordOf, spawnTask, TaskResult, type TaskRecord, type TaskReport } from './task/task.js';
export { RequestAnswer } from './gen/request/request-id.js';
export { TaskDefinition } from './task/definition.js';
export { TaskError, type TaskErrorCode } from './task/error.js';
export type { Items } from './gen/request/source.js';
export { readPlan as readStreamPlan, TaskStreamImpl, type StreamStart } from './task/stream.js';
export { TaskVerbsImpl } from './task/verbs.js';
export { TimersImpl } from './gen/outward/timers.js';
export type { Deliveries } from './gen/outward/port.js';
export { actions } from './statem/transition.js';
export { defineStatem, defineStatemHandler, operation } from './statem/definition.js';
export { StatemSelf as StatemInstance } from './statem/self.js';
