import { decodeWait } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, Listing, readAs, when, withStore } from '../command/index.js';

interface Item {
  readonly id: string;
  readonly agent?: string;
  readonly op?: string;
  /** `pending`, or how it was decided while its message is not over yet */
  readonly state?: string;
  /** ms since 1970; `dueAt` 0 for never */
  readonly since?: number;
  readonly dueAt?: number;
  readonly unreadable?: string;
}

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Item>(input, {
      ID: ({ id }) => id,
      AGENT: ({ agent, unreadable }) => agent ?? `? ${unreadable}`,
      OPERATION: ({ op }) => op ?? '-',
      STATE: ({ state }) => state ?? '-',
      SINCE: ({ since }) => when(since),
      EXPIRES: ({ dueAt }) => when(dueAt),
    });
    for (const record of store.records('wait')) {
      const read = readAs(record, decodeWait);
      if ('value' in read) {
        const { agent, op, state, since, dueAt } = read.value;
        list.add({ id: record.name, agent, op, state, since, dueAt });
      } else list.add({ id: record.name, ...read });
    }
    list.end();
    return Exit.Ok;
  });
}

/** What durable agents wait for, without what was decided. */
export const waitLs: CliCommand = {
  words: ['wait', 'ls'], usage: 'PATH', about: 'what durable agents wait for', options: {}, positionals: 1, run,
};
