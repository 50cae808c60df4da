import { WAIT_REJECT, WAIT_RESOLVE } from '../../delivery/durable/index.js';
import { askOwner, type CliCommand, CliError, Exit, type Input } from '../command/index.js';

function jsonValue(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('CLI_USAGE', `the value is no JSON; a text is '"yes"', quoted twice`, { cause: error });
  }
}

const deciding = (verb: typeof WAIT_RESOLVE | typeof WAIT_REJECT) => async (input: Input): Promise<number> => {
  const [, id, text] = input.positionals;
  await askOwner(input, verb, { id, value: jsonValue(text) });
  input.terminal.out(input.json ? JSON.stringify({ id, decided: true }) : 'decided');
  return Exit.Ok;
};

/** The handler runs again, and gets the value. */
export const waitResolve: CliCommand = {
  words: ['wait', 'resolve'], usage: 'PATH ID [VALUE]', about: 'decides: the agent gets the value, given as JSON',
  options: {}, positionals: 2, more: 1, run: deciding(WAIT_RESOLVE),
};

/** The handler runs again, and its wait rejects. */
export const waitReject: CliCommand = {
  words: ['wait', 'reject'], usage: 'PATH ID [REASON]', about: 'decides: the wait of the agent rejects',
  options: {}, positionals: 2, more: 1, run: deciding(WAIT_REJECT),
};
