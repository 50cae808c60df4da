import { agentLs, agentReset, agentResume, agentShow } from './agent/index.js';
import type { CliCommand } from './command/index.js';
import { dlqLs, dlqPrune, dlqRetry, dlqShow } from './dlq/index.js';
import { queueLs } from './queue/index.js';
import { storeBackup, storeCheck, storeExport, storeStats } from './store/index.js';
import { waitLs, waitReject, waitResolve } from './wait/index.js';

/** All commands, in the order of the help. */
export const commands: readonly CliCommand[] = [
  storeCheck, storeStats, storeExport, storeBackup, agentLs, agentShow, agentResume, agentReset, queueLs,
  dlqLs, dlqShow, dlqRetry, dlqPrune, waitLs, waitResolve, waitReject,
];
