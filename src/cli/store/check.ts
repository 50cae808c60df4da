import { type CliCommand, Exit, type Input, withStore } from '../command/index.js';

function run(input: Input): number {
  return withStore(input, (store) => {
    let findings = 0;
    for (const finding of store.check()) {
      findings += 1;
      const { kind, place, message } = finding;
      input.terminal.out(input.json ? JSON.stringify(finding) : `${kind}  ${place}: ${message}`);
    }
    if (!input.json) input.terminal.out(findings === 0 ? 'no damage was found' : `${findings} findings`);
    return findings === 0 ? Exit.Ok : Exit.Failed;
  });
}

/** Reads everything, and says what is damaged. */
export const storeCheck: CliCommand = {
  words: ['store', 'check'], usage: 'PATH', about: 'reads everything and says what is damaged', options: {},
  positionals: 1, run,
};
