/** Sub-agents: children that a process starts for one piece of work. */
export { launchFrom, offerLaunches } from './launch.js';
