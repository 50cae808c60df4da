export { accept, acceptIn, acceptOrWait, acceptWith, pushSignal } from './send/accept.js';
export { admits, admitWaiter, boundOf, closeMailbox, Entry, refusalOf, withdraw, type Coalesce } from './send/admit.js';
export type { CeilingLimits, MemoryReport } from './kernel/ceiling.js';
export { exitProcess } from './kernel/exit.js';
export { Alias, exitToAlias, sendToAlias, unalias } from './signal/alias.js';
export { exitOfGone, exitSignal } from './signal/fanout.js';
export { fenced } from './record/fence.js';
export { hibernate, hibernateAfter, innerHandle } from './kernel/hibernate.js';
export { resume, suspend } from './record/hold.js';
export { resumers } from './kernel/loop.js';
export { Gone } from './record/gone.js';
export { ancestors, inspectProcess, LEVELS, levelNameOf, statusOf } from './inspect/inspect.js';
export { PROCESS_ITEMS, readItems } from './inspect/items.js';
export { KernelImpl, PROCESS_LIMIT, systemStopped, type KernelOptions } from './kernel/kernel.js';
export type { Counts, Kernel, Scheduler, TurnJob } from './record/kernel.js';
export type { CrashReport, DeliveryPort, Faults, Gate, Neighbour, Ports, Report, Tap, WaterReport } from './record/ports.js';
export { isLinked, link, linksOf, markLink, unlink } from './signal/link.js';
export {
  demonitor, monitorGone, Monitor, monitor, MonitorExtra, takeDown, watch, watchAgain, Withdrawable, withdrawn,
} from './signal/monitor.js';
export { KeptList, keepUrgent } from './send/kept.js';
export type { Backlog, Kept } from './record/backlog.js';
export {
  COUNTED, KEPT, Level, Phase, Process, ProcessExt, Run, type Address, type Behaviour, type Holding, type Mail,
  type NameCell, type SysHooks, type SystemCommand, type Turnover,
} from './record/process.js';
export {
  CallSlot, ReplySlot, trackCall, untrackCall, type DeliveryReport, type LostCode, type Tracked,
} from './record/slot.js';
export { spawnProcess } from './kernel/spawn.js';
export { isSuspended, resumeFully, resumeProcess, suspendProcess } from './signal/suspend.js';
export { Failures, type RefusedSend } from './record/failures.js';
export { Traces, TRACES_PER_TURN, type Trace } from './record/traces.js';
export { tell } from './record/tell.js';
export {
  cancelTimer, OwnedTimer, ProcessTimer, readTimer, startAction, startInterval, startTimer, timerMessage,
  type IntervalTimer,
} from './signal/timer.js';
export { isOurs, judged } from './record/verdict.js';
export type { Judge } from './record/judge.js';
export { Watchdog } from './inspect/watchdog.js';
