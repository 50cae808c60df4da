import { type CliCommand, Exit, type Input, withStore } from '../command/index.js';

function run(input: Input): number {
  const to = input.positionals[1] as string;
  withStore(input, (store) => store.backup(to));
  input.terminal.out(input.json ? JSON.stringify({ backup: to }) : `copied to ${to}`);
  return Exit.Ok;
}

/** A copy as of now. */
export const storeBackup: CliCommand = {
  words: ['store', 'backup'], usage: 'PATH TO', about: 'a copy as of now, where no file is yet', options: {},
  positionals: 2, run,
};
