import { decodeDeadLetter } from '../../delivery/durable/index.js';
import { CliError, type CliCommand, type Input, readAs, seqOf, textOption, withStore } from '../command/index.js';

/** Sequences in one command for the owner: it answers each within its time. */
const SLICE = 256;

/** Options of commands that do something to letters. */
export const ASKED: CliCommand['options'] = {
  all: { type: 'boolean' }, op: { type: 'string' }, agent: { type: 'string' }, 'dry-run': { type: 'boolean' },
};
export const ASKED_USAGE = 'PATH SEQ…|--all [--op OP] [--agent NAME] [--dry-run]';

/** The letters that are meant: those that are named, or all that fit as of now, oldest first. */
export function lettersAsked(input: Input): readonly number[] {
  const [, ...named] = input.positionals;
  const op = textOption(input, 'op');
  const agent = textOption(input, 'agent');
  if (input.values['all'] !== true) {
    if (op !== undefined || agent !== undefined) {
      throw new CliError('CLI_USAGE', '--op and --agent choose among all letters: give --all with them');
    }
    if (named.length === 0) throw new CliError('CLI_USAGE', 'no letter is named: give SEQ of dlq ls, or --all');
    return [...new Set(named.map(seqOf))];
  }
  if (named.length > 0) throw new CliError('CLI_USAGE', `--all, and ${named.join(' ')} by name: give one of them`);
  return withStore(input, (store) => {
    const found: number[] = [];
    for (const row of store.rows('dead')) {
      if (agent !== undefined && row.name !== agent) continue;
      if (op !== undefined) {
        const read = readAs(row, decodeDeadLetter);
        if (!('value' in read) || read.value.op !== op) continue;
      }
      found.push(row.seq);
    }
    return found;
  });
}

/** What a dry run says: which letters are meant, and are there. */
export function tellDryRun(input: Input, seqs: readonly number[]): void {
  const there = withStore(input, (store) => seqs.filter((seq) => store.row('dead', seq) !== undefined));
  input.terminal.out(input.json
    ? JSON.stringify({ dryRun: true, seqs: there })
    : `nothing is done; of ${seqs.length} there are ${there.length}: ${there.join(' ')}`.trimEnd());
}

export function* slicesOf(seqs: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < seqs.length; at += SLICE) yield seqs.slice(at, at + SLICE);
}
