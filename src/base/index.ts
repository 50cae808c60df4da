export { lendRequire } from './lend-require.js';
export {
  CallError, CastcallError, OptionError, StartError, callError, looksLikePid, unstacked, type CallErrorCode,
  type CallErrorFields,
} from './errors.js';
export { BACKOFF, backoffMs, readBackoff, type Backoff, type Schedule } from './backoff.js';
export { Deadline, Deadlines, type DeadlineEntry } from './deadlines.js';
export { cloned } from './clone.js';
export {
  nodeEnv, simulated, type AsyncContext, type Chooser, type Env, type EnvHistogram, type EnvThread, type TimerHandle,
} from './env.js';
export { isOfThisCopy, otherCopy, VERSION } from './copy.js';
export { fieldOf, isA, onAbort } from './foreign.js';
export { deepFreeze, frozenHint, Own, UNUSED } from './freeze.js';
export { hashText, mix } from './hash.js';
export { jsonOf, told, toldAs } from './json.js';
export { newNonce } from './id.js';
export { Line, type Standing } from './line.js';
export { DELAY_MAX_MS, delayMs, parseOptions, timeoutMs, unknownKey, z } from './options.js';
export { HIDDEN, isError, printable, printableLogged, shapeOf } from './print.js';
export { ExitSignal, formatReason, isOrderly, reasonOf, type ExitReason } from './reason.js';
export { redacted } from './redact.js';
export { Ring } from './ring.js';
export { isShown, shown, shownAs } from './shown.js';
export { weightOf } from './weight.js';
export { adopt, atOnce, awaitable, disown, handled, isThenable, markHandled, settle } from './thenable.js';
