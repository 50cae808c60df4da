import { decodeDeadLetter } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, seqOf, show, valueOf, withStore } from '../command/index.js';

function run(input: Input): number {
  const seq = seqOf(input.positionals[1] as string);
  const found = withStore(input, (store) => {
    const row = store.row('dead', seq);
    return { name: row?.name, letter: valueOf(`dead letter ${seq}`, row, decodeDeadLetter) };
  });
  const { seq: message, ...rest } = found.letter;
  show(input, { seq, name: found.name, message, ...rest });
  return Exit.Ok;
}

/** One dead letter: its payload, and the reason of each attempt. */
export const dlqShow: CliCommand = {
  words: ['dlq', 'show'], usage: 'PATH SEQ', about: 'a dead letter: its payload, and each attempt', options: {},
  positionals: 2, run,
};
