/** Children, restart, intensity, shutdown, reports. */
export {
  Child, childOf, endedWith, isEnding, type MaybeLater, next, roleOf, shutsDown,
  startChildProcess,
} from './child.js';
export { Children } from './children.js';
export { causeText, gaveUp, GiveUpError } from './give-up.js';
export { countOf, rowOf } from './info.js';
export { Intensity } from './intensity.js';
export { type ProgressLevel, reasonOfStart, reportError, reportProgress } from './report.js';
export {
  causeOf, giveUp, guarded, judgeEnd, mayRestart, type Restarting, Retry, retryLater, tryAgain,
  waits,
} from './restart.js';
export { endByRule, type Ended, judge, stopChild, stopInOrder, stopTogether } from './shutdown.js';
