import { decodeState } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, Listing, readAs, withStore } from '../command/index.js';

interface Item {
  readonly agent: string;
  readonly version?: number;
  /** of its state */
  readonly bytes?: number;
  readonly unreadable?: string;
}

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Item>(input, {
      AGENT: ({ agent }) => agent,
      VERSION: ({ version, unreadable }) => (version === undefined ? `? ${unreadable}` : String(version)),
      BYTES: ({ bytes }) => String(bytes ?? '-'),
    });
    for (const record of store.records('state')) {
      const read = readAs(record, decodeState);
      list.add('value' in read
        ? { agent: record.name, version: read.value.version, bytes: record.payload?.length ?? 0 }
        : { agent: record.name, ...read });
    }
    list.end();
    return Exit.Ok;
  });
}

/** The durable agents that have a state. */
export const agentLs: CliCommand = {
  words: ['agent', 'ls'], usage: 'PATH', about: 'durable agents: version and size of their state', options: {},
  positionals: 1, run,
};
