/** Supervision: what only some need, OTP's simple_one_for_one and the pure decisions. The rest is `castcall`'s. */
export {
  partitionOf, shouldRestart, simpleSupervisor, SimpleSupervisorRef, Template, template, type AnyChildSpec,
  type ChildFields, type Offender, type SimpleSpec,
} from './index.js';
