/** What a process is, and what it asks of the kernel. */
export type { Backlog, Kept } from './backlog.js';
export { Failures, type RefusedSend } from './failures.js';
export { fenced } from './fence.js';
export { DeadAddress } from './dead-address.js';
export { rankHeld, resume, suspend } from './hold.js';
export type { Judge } from './judge.js';
export type {
  Accounts, Ceiling, Counts, Kernel, Owed, Scheduler, TurnJob, Watchdog,
} from './kernel.js';
export type {
  CrashReport, DeliveryPort, Faults, Gate, Ports, Tap, Turn, TurnPart,
  WaterReport,
} from './ports.js';
export {
  type Address, type Behaviour, COUNTED, type Hibernation, type Health, type Holding, KEPT, Level, type Mail,
  type NameCell, type Owned, Phase, Process, type ProcessExt, type Rarity, Run, type SysHooks,
  type SystemCommand, type Turnover, type Watch,
} from './process.js';
export {
  CallSlot, type DeliveryReport, type LostCode, ReplySlot, trackCall, type Tracked, untrackCall,
} from './slot.js';
export { ProcessTable } from './table.js';
export { tell } from './tell.js';
export { type Trace, Traces } from './traces.js';
export { isOurs, judged } from './verdict.js';
