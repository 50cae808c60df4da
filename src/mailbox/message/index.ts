/** What is sent: an operation, and what the runtime makes of it. */
export {
  CONTINUE, DOWN, EXIT, Extra, EXTRA, IDLE, INFO, isUrgent, Kind, Op, type OpRun, STOP, TIMER,
  UNBOUNDED, URGENT_DOWN, URGENT_EXIT, URGENT_INFO, type Versions,
} from './op.js';
export { UpcastError } from './upcast.js';
