/**
 * What is seen of a running system, and what is done to it from outside: logs, reports, trees,
 * `inspect`, watchdogs, `system.sys`. The door of `castcall/observe`.
 */
export type {
  HealthInfo, ProcessInfo, ProcessItems, ProcessLevel, Status, WatchdogEvent, WatchdogOptions,
} from '../api/inspect.js';
export type { FormatOptions, Logger, LogLevel } from '../api/reports.js';
export type {
  DebugEvent, DebugFunction, DebugOption, Sys, SysCallbacks, SysLink, SysOptions, SysStatistics,
  SysStatus,
} from '../api/sys.js';
export type { TreeNode } from '../api/system.js';
export { formatTree } from '../system/index.js';
export { formatReport } from './format.js';
export { createLogger } from './log.js';
