import { asideKey, decodeCrashes, decodeState } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, Listing, readAs, withStore } from '../command/index.js';

interface Item {
  readonly agent: string;
  readonly version?: number;
  /** of its state */
  readonly bytes?: number;
  /** in a row, since the last turn that succeeded */
  readonly crashes: number;
  /** it is not started until it is resumed or reset */
  readonly aside: boolean;
  readonly unreadable?: string;
}

const NONE = { crashes: 0, aside: false };

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Item>(input, {
      AGENT: ({ agent }) => agent,
      VERSION: ({ version, unreadable }) => (version === undefined ? `? ${unreadable}` : String(version)),
      BYTES: ({ bytes }) => String(bytes ?? '-'),
      CRASHES: ({ crashes, aside }) => (crashes === 0 ? '-' : `${crashes}${aside ? ', set aside' : ''}`),
    });
    for (const record of store.records('state')) {
      const read = readAs(record, decodeState);
      const counted = store.record('meta', asideKey(record.name));
      const { crashes, aside } = counted === undefined ? NONE : decodeCrashes(counted);
      list.add('value' in read
        ? { agent: record.name, version: read.value.version, bytes: record.payload?.length ?? 0, crashes, aside }
        : { agent: record.name, ...read, crashes, aside });
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
