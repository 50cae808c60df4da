import { decodeMessage } from '../../delivery/durable/index.js';
import {
  type CliCommand, Exit, type Input, type Inspected, Listing, readAs, type StoreInspector, when, withStore,
} from '../command/index.js';

interface Item {
  readonly name: string;
  readonly messages: number;
  /** sequence of the oldest, its operation, and when it was sent, ms since 1970 */
  readonly seq: number;
  readonly op?: string;
  readonly sentAt?: number;
  readonly unreadable?: string;
}

/** The oldest of each name, and how many there are: rows come in the order of their sends. */
function counted(store: StoreInspector): Map<string, { readonly oldest: Inspected; count: number }> {
  const names = new Map<string, { readonly oldest: Inspected; count: number }>();
  for (const row of store.rows('message')) {
    const known = names.get(row.name);
    if (known === undefined) names.set(row.name, { oldest: row, count: 1 });
    else known.count++;
  }
  return names;
}

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Item>(input, {
      NAME: ({ name }) => name,
      MESSAGES: ({ messages }) => String(messages),
      OLDEST: ({ seq }) => String(seq),
      OPERATION: ({ op, unreadable }) => op ?? `? ${unreadable}`,
      SENT: ({ sentAt }) => when(sentAt),
    });
    for (const [name, { oldest, count }] of counted(store)) {
      const read = readAs(oldest, decodeMessage);
      const known = { name, messages: count, seq: oldest.seq };
      if ('value' in read) {
        const { op, provenance: { sentAt } } = read.value;
        list.add({ ...known, op, sentAt });
      } else list.add({ ...known, ...read });
    }
    list.end();
    return Exit.Ok;
  });
}

/** The messages that wait, by the name that they are for. */
export const queueLs: CliCommand = {
  words: ['queue', 'ls'], usage: 'PATH', about: 'messages that wait, by name: how many, and the oldest', options: {},
  positionals: 1, run,
};
