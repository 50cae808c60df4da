/** castcall: an Erlang/OTP-style actor runtime for AI agents. The public door. */
export { CallError, CastcallError, formatReason, isOrderly, OptionError, printable, StartError, type CallErrorCode, type CallErrorFields, type Env, type ExitReason } from './base/index.js';
export {
  defineAgent, on, PayloadError, Refusal,
  type AgentRef, type AgentSpec, type AgentStats, type AnyDefinition, type CallOptions, type CallResult, type CastOptions, type Definition, type From, type InitSelf, type MailboxOptions,
  type ProcessRef, type ProcessSelf, type ProcessVerbs, type Self, type StandardSchema, type StartOptions, type StopOptions, type StreamOptions, type Target,
} from './behaviour/index.js';
export { Timers, type AliasOptions, type DemonitorOptions, type KernelVerbs, type Monitored, type MonitorOptions, type ProcessFlags, type ProcessSpawnOptions, type SendOptions, type SignalOptions, type TimerOptions, type TimerQuery } from './behaviour/index.js';
export type { Account, MailboxStats, Percentiles, Priority } from './mailbox/index.js';
export type { Logger } from './observe/index.js';
export {
  Down, Exit, TimerAnswer, TimerFired, Timeout,
  type Alias, type MonitorRef, type Pid, type ProcessInfo, type ProcessItems, type ProcessPriority, type Status, type TimerRef, type WatchdogEvent, type WatchdogOptions,
} from './process/index.js';
export { Via, via, type DeadLetter, type DeadLetters, type ViaProvider } from './router/index.js';
export { child, supervisor, SupervisorRef, type ChildCount, type ChildInfo, type ChildOptions, type ChildSpec, type Restart, type Shutdown, type Strategy, type SupervisorChildOptions, type SupervisorSpec } from './supervisor/index.js';
export { createSystem, System, type StopReport, type SystemOptions, type SystemStats, type SystemStopOptions, type TreeNode, type Watch } from './system/index.js';
