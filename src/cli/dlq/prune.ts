import { DLQ_PRUNE } from '../../delivery/durable/index.js';
import { askOwner, type CliCommand, Exit, type Input, seqOf } from '../command/index.js';

async function run(input: Input): Promise<number> {
  const seqs = input.positionals.slice(1).map(seqOf);
  const removed = await askOwner(input, DLQ_PRUNE, { seqs });
  input.terminal.out(input.json ? JSON.stringify({ removed }) : `removed ${String(removed)} of ${seqs.length}`);
  return removed === seqs.length ? Exit.Ok : Exit.Failed;
}

/** Removes dead letters for good; those that are not there are left out, and the exit code tells. */
export const dlqPrune: CliCommand = {
  words: ['dlq', 'prune'], usage: 'PATH SEQ…', about: 'removes dead letters for good', options: {}, positionals: 2,
  more: Infinity, run,
};
