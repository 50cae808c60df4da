import { decodeDeadLetter } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, Listing, readAs, reasonWord, when, withStore } from '../command/index.js';

interface Item {
  readonly seq: number;
  readonly name: string;
  readonly op?: string;
  /** it is of an item of a durable queue of that name */
  readonly queue?: true;
  readonly attempts?: number;
  /** a word or a code */
  readonly reason?: string;
  /** ms since 1970 */
  readonly at?: number;
  readonly unreadable?: string;
}

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Item>(input, {
      SEQ: ({ seq }) => String(seq),
      NAME: ({ name }) => name,
      OPERATION: ({ op, queue, unreadable }) => (queue ? 'item of a queue' : op ?? `? ${unreadable}`),
      ATTEMPTS: ({ attempts }) => String(attempts ?? '-'),
      REASON: ({ reason }) => reason ?? '-',
      AT: ({ at }) => when(at),
    });
    for (const row of store.rows('dead')) {
      const { seq, name } = row;
      const read = readAs(row, decodeDeadLetter);
      if ('value' in read) {
        const { op, attempts, reason, at, lane } = read.value;
        const of = lane === null ? {} : { queue: true } as const;
        list.add({ seq, name, op, ...of, attempts, reason: reasonWord(reason), at });
      } else list.add({ seq, name, ...read });
    }
    list.end();
    return Exit.Ok;
  });
}

/** The dead letters, oldest first, without what they say. */
export const dlqLs: CliCommand = {
  words: ['dlq', 'ls'], usage: 'PATH', about: 'dead letters: for whom, why, when', options: {}, positionals: 1, run,
};
