import { DLQ_RETRY, type RowsRetried } from '../../delivery/durable/index.js';
import { askOwner, type CliCommand, CliError, Exit, type Input, plain, textOption } from '../command/index.js';
import type { RetryRefusal } from '../../api/letters.js';
import { ASKED, ASKED_USAGE, lettersAsked, slicesOf, tellDryRun } from './asked.js';

type Refused = RowsRetried['refused'][number];

/** Why a letter stays, and what helps. */
const WHY: Partial<Record<RetryRefusal, string>> = {
  NOT_FOUND: 'there is no such dead letter, or no longer: see dlq ls',
  UNREADABLE: "its row is damaged: 'castcall store check' tells where",
  NOPROC: 'nobody owns its name: start its agent first',
  PROTOCOL_MISMATCH: 'who owns its name is no agent that takes deliveries, or no durable queue that takes its item',
  UNKNOWN_OPERATION: 'its agent has no such operation any more',
  INVALID_PAYLOAD: 'its payload is not what the operation takes: give another one with --payload',
  MAILBOX_FULL: 'the mailbox of its agent is full: try it later',
  KEY_CONFLICT: 'its key belongs to another message by now',
  QUEUE_FULL: 'its queue is full: try it later',
  QUEUE_CLOSED: 'the program has no open queue of its name: open that first',
  STORE_FULL: 'the store is full: let what is in it be handled, or prune',
};

async function run(input: Input): Promise<number> {
  const edit = editOf(input);
  const asked = lettersAsked(input);
  if (edit !== null && asked.length !== 1) {
    throw new CliError('CLI_USAGE', `--payload is for one letter, and ${asked.length} are meant: name one SEQ`);
  }
  if (input.values['dry-run'] === true) {
    tellDryRun(input, asked);
    return Exit.Ok;
  }
  const retried: number[] = [];
  const refused: Refused[] = [];
  for (const seqs of slicesOf(asked)) {
    const done = await askOwner(input, DLQ_RETRY, { seqs, ...edit }) as RowsRetried;
    retried.push(...done.retried);
    refused.push(...done.refused);
  }
  tell(input, retried, refused, asked.length);
  return refused.length === 0 ? Exit.Ok : Exit.Failed;
}

/** Another payload, where one is given. */
function editOf(input: Input): { readonly payload: unknown } | null {
  const text = textOption(input, 'payload');
  if (text === undefined) return null;
  try {
    return { payload: JSON.parse(text) as unknown };
  } catch (error) {
    throw new CliError(
      'CLI_USAGE', `the payload is no JSON, and the letter stays as it is; a text is '"yes"', quoted twice`,
      { cause: error },
    );
  }
}

function tell(input: Input, retried: readonly number[], refused: readonly Refused[], asked: number): void {
  if (input.json) return input.terminal.out(JSON.stringify({ retried, refused }));
  input.terminal.out(`retried ${retried.length} of ${asked}`);
  for (const { seq, code, message } of refused) {
    input.terminal.err(plain(`${seq} stays: ${code}: ${message ?? WHY[code] ?? 'it was not accepted'}`));
  }
}

/** Sends dead letters again; each leaves in the transaction in which its message comes, and else stays. */
export const dlqRetry: CliCommand = {
  words: ['dlq', 'retry'], usage: `${ASKED_USAGE} [--payload JSON]`, about: 'sends dead letters again',
  options: { ...ASKED, payload: { type: 'string' } }, positionals: 1, more: Infinity, run,
};
