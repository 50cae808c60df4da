/**
 * Supervision: what only some need, OTP's simple_one_for_one and the pure decisions. The rest is
 * `castcall`'s.
 */
export type { Offender } from './core/index.js';
export {
  type SimpleSpec, simpleSupervisor, SimpleSupervisorRef, Template, template,
} from './dynamic/index.js';
export { partitionOf } from './partition/index.js';
export { type AnyChildSpec, type ChildFields, shouldRestart } from './spec/index.js';
