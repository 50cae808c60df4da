import { KINDS, TABLES } from '../../journal/index.js';
import { type CliCommand, Exit, type Input, withStore } from '../command/index.js';

const count = (value: number): string => value.toLocaleString('en-US');

function run(input: Input): number {
  const facts = withStore(input, (store) => store.facts());
  if (input.json) {
    input.terminal.out(JSON.stringify(facts));
    return Exit.Ok;
  }
  const { path, version, epoch, batches, clean, owner, bytes, fileBytes, logBytes, rows, records } = facts;
  const lines: [string, string][] = [
    ['path', String(path)], ['version', String(version)], ['owners so far', count(epoch)], ['commits', count(batches)],
    ['closed', clean ? 'in order' : 'no: open, or its owner has died'],
    ['owner', owner === undefined ? 'none' : `process ${owner['pid']} on ${owner['host']} since ${owner['startedAt']}`],
    ['bytes in use', count(bytes)], ['bytes of the file', count(fileBytes)], ['bytes of the log', count(logBytes)],
    ...TABLES.map((table): [string, string] => [`rows of ${table}`, count(rows[table])]),
    ...KINDS.map((kind): [string, string] => [`records of ${kind}`, count(records[kind])]),
  ];
  for (const [name, value] of lines) input.terminal.out(`${name.padEnd(20)}${value}`);
  return Exit.Ok;
}

/** How much is in it, and who has it. */
export const storeStats: CliCommand = {
  words: ['store', 'stats'], usage: 'PATH', about: 'how much is in it, and who has it open', options: {},
  positionals: 1, run,
};
