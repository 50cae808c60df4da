/** The ground: the platform behind one door, time, errors, promises of others. */
export { type Backoff, BACKOFF, backoffMs, readBackoff, type Schedule } from './backoff.js';
export { cloned } from './clone.js';
export { Deadline, type DeadlineEntry, Deadlines } from './deadlines.js';
export {
  type AsyncContext, builtinModule, type Chooser, type Env, type EnvHistogram, type EnvThread, nodeEnv,
  simulated, type TimerHandle,
} from './env.js';
export {
  CallError, callError, type CallErrorCode, type CallErrorFields, CastcallError, looksLikePid,
  nearest, OptionError, StartError, unstacked,
} from './errors.js';
export { deepFreeze, frozenHint, Own, UNUSED } from './freeze.js';
export { lendRequire } from './lend-require.js';
export {
  DELAY_MAX_MS, delayMs, msUntil, parseOptions, sameOptions, timeoutMs, unknownKey, z,
} from './options.js';
export { type ExitReason, ExitSignal, formatReason, isOrderly, reasonOf } from './reason.js';
export { Ring } from './ring.js';
export {
  adopt, atOnce, awaitable, disown, handled, isThenable, markHandled, settle,
} from './thenable.js';
export { weightOf } from './weight.js';
