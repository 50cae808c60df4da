import { decode } from '../../journal/index.js';
import { decodeItem, queueOf } from '../../bus/queue/index.js';
import { decodeDeadLetter, decodeMessage } from '../../delivery/durable/index.js';
import {
  type CliCommand, Exit, type Input, type Inspected, Listing, readAs, type StoreInspector, when, withStore,
} from '../command/index.js';

/** What waits for one agent, or in one queue. */
interface Waiting {
  readonly kind: 'agent' | 'queue';
  readonly name: string;
  /** messages, or items */
  messages: number;
  /** sequence of the oldest, its operation, and when it was sent, ms since 1970 */
  readonly seq: number;
  readonly op?: string;
  readonly sentAt?: number;
  /** most attempts that one of them has had */
  attempts: number;
  /** dead letters */
  dead: number;
  readonly unreadable?: string;
}

/** Attempts that are written down, by sequence; marks of a program that has died are not among them. */
function attemptsOf(store: StoreInspector): Map<number, number> {
  const attempts = new Map<number, number>();
  for (const record of store.records('attempt')) {
    const read = readAs(record, (bytes) => (decode(bytes) as [number, number])[1]);
    if ('value' in read) attempts.set(Number(record.name), read.value);
  }
  return attempts;
}

function messageOf(row: Inspected): Pick<Waiting, 'op' | 'sentAt' | 'unreadable'> {
  const read = readAs(row, decodeMessage);
  return 'value' in read ? { op: read.value.op, sentAt: read.value.provenance.sentAt } : read;
}

function itemOf(row: Inspected): Pick<Waiting, 'op' | 'sentAt' | 'unreadable'> {
  const read = readAs(row, decodeItem);
  return 'value' in read ? { op: 'item', sentAt: read.value.pushedAt } : read;
}

/** The oldest of each name, and how many there are: rows come in the order of their sends. */
function waiting(store: StoreInspector): Waiting[] {
  const attempts = attemptsOf(store);
  const all: Waiting[] = [];
  for (const [table, kind] of [['message', 'agent'], ['item', 'queue']] as const) {
    const known = new Map<string, Waiting>();
    for (const row of store.rows(table)) {
      const name = kind === 'queue' ? queueOf(row.name).name : row.name;
      let one = known.get(name);
      if (one === undefined) {
        const told = kind === 'queue' ? itemOf(row) : messageOf(row);
        known.set(name, (one = { kind, name, messages: 0, seq: row.seq, attempts: 0, dead: 0, ...told }));
      }
      one.messages++;
      one.attempts = Math.max(one.attempts, attempts.get(row.seq) ?? 0);
    }
    all.push(...known.values());
  }
  for (const row of store.rows('dead')) {
    const read = readAs(row, decodeDeadLetter);
    if (!('value' in read)) continue;
    const kind = read.value.lane === null ? 'agent' : 'queue';
    for (const one of all) if (one.name === row.name && one.kind === kind) one.dead++;
  }
  return all;
}

function run(input: Input): number {
  return withStore(input, (store) => {
    const list = new Listing<Waiting>(input, {
      NAME: ({ name }) => name,
      KIND: ({ kind }) => kind,
      WAITING: ({ messages }) => String(messages),
      OLDEST: ({ seq }) => String(seq),
      OPERATION: ({ op, unreadable }) => op ?? `? ${unreadable}`,
      SENT: ({ sentAt }) => when(sentAt),
      ATTEMPTS: ({ attempts }) => String(attempts),
      DEAD: ({ dead }) => String(dead),
    });
    for (const one of waiting(store)) list.add(one);
    list.end();
    return Exit.Ok;
  });
}

/** What waits, by the agent or the durable queue that it is for. */
export const queueLs: CliCommand = {
  words: ['queue', 'ls'], usage: 'PATH', options: {}, positionals: 1, run,
  about: 'what waits, by agent and durable queue: how many, the oldest, attempts, dead letters',
};
