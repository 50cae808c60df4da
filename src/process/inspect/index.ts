/** What is shown of a process. */
export { reportCrash } from './crash.js';
export { ancestors, inspectProcess, levelNameOf, LEVELS, statusOf } from './inspect.js';
export { PROCESS_ITEMS, readItems } from './items.js';
export { handleOf, Watchdog } from './watchdog.js';
