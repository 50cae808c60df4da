/** Names, providers, groups, locks. */
export {
  broadcast, type Candidate, GroupChange, GroupMonitor, type GroupMonitorRef, GroupTable,
} from './groups.js';
export { hold, letGo, releaseHoldings } from './holdings.js';
export type { Locks, NoLock } from './locks.js';
export { type Activator, type Awaiting, Cell, checkName, checkStartName, Names } from './names.js';
export { matches } from './pattern.js';
export { type Entry, RegistryTable } from './registry.js';
export { via, ViaAddress, ViaClaim } from './via.js';
