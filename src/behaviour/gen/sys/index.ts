/** The sys protocol. */
export { SysImpl } from './sys.js';
