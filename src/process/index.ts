export { accept, acceptWith, pushSignal } from './accept.js';
export { ancestors, exitProcess } from './exit.js';
export { Alias, exitToAlias, sendToAlias, unalias, type AliasMode } from './alias.js';
export { exitSignal } from './fanout.js';
export { resume, suspend } from './hold.js';
export { resumers } from './loop.js';
export { inspectProcess, LEVELS, priorityOf, statusOf, type ProcessInfo, type ProcessPriority, type Status } from './inspect.js';
export { PROCESS_ITEMS, readItems, type ProcessItems, type QueuedMessage } from './items.js';
export { Kernel, PROCESS_LIMIT, type Counts, type KernelOptions } from './kernel.js';
export type { CrashReport, DeliveryPort, Faults, Gate, Ports, Report } from './ports.js';
<<<<<<< HEAD
export { link, linksOf, markLink, unlink } from './link.js';
export { demonitor, Monitor, monitor, MonitorExtra, takeDown, watch, Withdrawable, withdrawn } from './monitor.js';
export { KeptList, keepUrgent, type Kept } from './kept.js';
=======
export { link, linksOf, unlink } from './link.js';
export { demonitor, Monitor, monitor, takeDown, watch, Withdrawable, withdrawn } from './monitor.js';
export { KeptList, type Backlog, type Kept } from './kept.js';
>>>>>>> 0044400 (feat(behaviour): state machines, OTP's gen_statem in both callback modes)
export { KEPT, Level, Phase, Process, ProcessExt, Run, type Address, type Behaviour, type Holding, type NameCell, type Pid, type SysHooks, type SystemCommand } from './process.js';
export { Down, Exit, Timeout, TimerAnswer, TimerFired, type MonitorRef } from './signal.js';
export { ReplySlot, trackCall, untrackCall } from './slot.js';
export { spawnProcess } from './spawn.js';
export { isSuspended, resumeFully, resumeProcess, suspendProcess } from './suspend.js';
export { cancelTimer, OwnedTimer, ProcessTimer, readTimer, startAction, startInterval, startTimer, timerMessage, type IntervalTimer, type TimerRef } from './timer.js';
export { handleOf, Watchdog, type WatchdogEvent, type WatchdogOptions } from './watchdog.js';
