/** Supervision. */
export { isSupervised, isSupervisor, isTop } from './kind.js';
