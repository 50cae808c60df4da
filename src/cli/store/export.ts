import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { decode, KINDS, TABLES } from '../../journal/index.js';
import {
  type CliCommand, CliError, Exit, type Input, type Inspected, jsonOf, type StoreInspector, textOption, withStore,
} from '../command/index.js';

/** Written at once, about. */
const CHUNK = 65_536;

/** One line: where it stands, and its value; as base64 where it is none that this castcall can decode. */
function lineOf({ of, seq, name, payload, fault }: Inspected): string {
  const place = seq === 0 ? { record: of, key: name } : { table: of, seq, stream: name };
  if (payload === undefined) return JSON.stringify({ ...place, damaged: fault });
  try {
    return JSON.stringify({ ...place, value: jsonOf(decode(payload)) });
  } catch {
    return JSON.stringify({ ...place, bytes: Buffer.from(payload).toString('base64') });
  }
}

function* all(store: StoreInspector, only: string | undefined): Generator<Inspected> {
  for (const table of TABLES) if (only === undefined || only === table) yield* store.rows(table);
  for (const kind of KINDS) if (only === undefined || only === kind) yield* store.records(kind);
}

function run(input: Input): number {
  const only = textOption(input, 'only');
  const names: readonly string[] = [...TABLES, ...KINDS];
  if (only !== undefined && !names.includes(only)) {
    throw new CliError('CLI_USAGE', `--only: got '${only}', expected one of ${names.join(', ')}`);
  }
  const out = textOption(input, 'out');
  return withStore(input, (store) => {
    const lines = all(store, only);
    if (out === undefined) for (const item of lines) input.terminal.out(lineOf(item));
    else toFile(out, lines);
    return Exit.Ok;
  });
}

/** A new file that only its owner may read; what is in a store is nobody else's. */
function toFile(path: string, items: Iterable<Inspected>): void {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  try {
    const file = openSync(path, O_CREAT | O_EXCL | O_WRONLY, 0o600);
    try {
      let chunk = '';
      for (const item of items) {
        chunk += `${lineOf(item)}\n`;
        if (chunk.length < CHUNK) continue;
        writeSync(file, chunk);
        chunk = '';
      }
      writeSync(file, chunk);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    const fix = code === 'EEXIST' ? 'a file is never replaced; choose another path' : 'choose another path';
    throw new CliError('CLI_OUTPUT', `--out ${path}: ${message}: ${fix}`, { cause: error });
  }
}

/** All rows and records, a line of JSON each. */
export const storeExport: CliCommand = {
  words: ['store', 'export'], usage: 'PATH [--out FILE] [--only NAME]',
  about: 'all rows and records, a line of JSON each',
  options: { out: { type: 'string' }, only: { type: 'string' } }, positionals: 1, run,
};
