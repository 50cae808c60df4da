/** Links, monitors, timers, aliases, suspension, the news of an end. */
export { Alias, exitToAlias, sendToAlias, unalias } from './alias.js';
export { exitOfGone, exitSignal, fanOut } from './fanout.js';
export { isLinked, link, linksOf, markLink, unlink } from './link.js';
export {
  demonitor, dropHeld, monitor, Monitor, MonitorExtra, monitorGone, takeDown, watch, watchAgain,
  Withdrawable, withdrawn,
} from './monitor.js';
export {
  dropSuspensions, isSuspended, resumeFully, resumeProcess, suspendProcess,
} from './suspend.js';
export {
  cancelTimer, dropTimers, type IntervalTimer, OwnedTimer, ProcessTimer, readTimer, startAction,
  startInterval, startTimer, timerMessage,
} from './timer.js';
