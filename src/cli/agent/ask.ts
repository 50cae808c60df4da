import { AGENT_RESET, AGENT_RESUME } from '../../delivery/durable/index.js';
import { askOwner, type CliCommand, Exit, type Input } from '../command/index.js';

type Verb = typeof AGENT_RESUME | typeof AGENT_RESET;

const asking = (verb: Verb, said: string) => async (input: Input): Promise<number> => {
  const name = input.positionals[1] as string;
  await askOwner(input, verb, { name });
  input.terminal.out(input.json ? JSON.stringify({ agent: name, [said]: true }) : said);
  return Exit.Ok;
};

/** The next start of an agent that is set aside goes on. */
export const agentResume: CliCommand = {
  words: ['agent', 'resume'], usage: 'PATH NAME', about: 'lets an agent that is set aside go on', options: {},
  positionals: 2, run: asking(AGENT_RESUME, 'resumed'),
};

/** The next start of an agent runs its init. */
export const agentReset: CliCommand = {
  words: ['agent', 'reset'], usage: 'PATH NAME', about: 'drops the state of an agent for good; its mail stays',
  options: {},
  positionals: 2, run: asking(AGENT_RESET, 'reset'),
};
