import { DLQ_PRUNE } from '../../delivery/durable/index.js';
import { askOwner, type CliCommand, Exit, type Input } from '../command/index.js';
import { ASKED, ASKED_USAGE, lettersAsked, slicesOf, tellDryRun } from './asked.js';

async function run(input: Input): Promise<number> {
  const asked = lettersAsked(input);
  if (input.values['dry-run'] === true) {
    tellDryRun(input, asked);
    return Exit.Ok;
  }
  let removed = 0;
  for (const seqs of slicesOf(asked)) removed += await askOwner(input, DLQ_PRUNE, { seqs }) as number;
  input.terminal.out(input.json ? JSON.stringify({ removed }) : `removed ${removed} of ${asked.length}`);
  return removed === asked.length ? Exit.Ok : Exit.Failed;
}

/** Removes dead letters for good; those that are not there are left out, and the exit code tells. */
export const dlqPrune: CliCommand = {
  words: ['dlq', 'prune'], usage: ASKED_USAGE, about: 'removes dead letters for good', options: ASKED, positionals: 1,
  more: Infinity, run,
};
