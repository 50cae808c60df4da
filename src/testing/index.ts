/** The test kit: deterministic simulation, probes, faults. The door of `castcall/testing`. */
export { simulateMany, type BatchOptions, type BatchRun } from './batch.js';
export type { CrashOptions, FaultMatch, FaultPlan } from './faults.js';
export { POLICIES, type Policy } from './policy.js';
export {
  probe, type ExpectOptions, type Match, type Probe, type ProbeOptions, type Received,
} from './probe.js';
export { Random } from './random.js';
export { simulate, SimulationError, type Scenario, type SimRun, type SimulateOptions } from './simulate.js';
export type { Simulation } from './simulation.js';
export type { TraceEvent, TraceKind } from './trace.js';
