import type { Kind, Table } from '../port/index.js';

/** Told by the header of each file that is ours: 'cast'. */
export const APPLICATION_ID = 0x63617374;

/** What files of version 1 have. */
const FIRST_TABLES: readonly Table[] = ['message', 'delta', 'topic', 'dead'];
const FIRST_KINDS: readonly Kind[] = ['state', 'ledger', 'attempt', 'step', 'wait', 'timer', 'meta'];

/** Tables of which one stream is read by itself; the others are read whole. */
const BY_STREAM: readonly Table[] = ['delta', 'topic'];

// Rows stand in the order in which they were appended, whatever stream they belong to: commits touch few pages.
function tableSql(table: Table): string {
  const index = BY_STREAM.includes(table) ? `CREATE INDEX ${table}_stream ON ${table} (stream);` : '';
  return `CREATE TABLE ${table} (seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, body BLOB NOT NULL) STRICT;${index}`;
}

function kindSql(kind: Kind): string {
  return `CREATE TABLE ${kind} (key TEXT PRIMARY KEY NOT NULL, body BLOB NOT NULL) STRICT;`;
}

/** The one row about the store itself: its owner's epoch, its last commit, and whether it was closed. */
const STORE = `
  CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL,
    epoch INTEGER NOT NULL, batch INTEGER NOT NULL, clean INTEGER NOT NULL
  ) STRICT;
  INSERT INTO store VALUES (1, randomblob(16), 0, 0, 1);`;

/**
 * What brings a file from one version to the next, in order; the version of a file is how many it has seen. Released
 * ones are never changed.
 */
export const MIGRATIONS: readonly string[] = [
  [STORE, ...FIRST_TABLES.map(tableSql), ...FIRST_KINDS.map(kindSql)].join('\n'),
  ['item' as const].map(tableSql).concat((['cursor', 'tag', 'address'] as const).map(kindSql)).join('\n'),
];
