import type { CliCommand } from './command/index.js';
import { storeBackup, storeCheck, storeExport, storeStats } from './store/index.js';

/** All commands, in the order of the help. */
export const commands: readonly CliCommand[] = [storeCheck, storeStats, storeExport, storeBackup];
