import { asideKey, decodeCrashes, decodeState } from '../../delivery/durable/index.js';
import { type CliCommand, Exit, type Input, show, valueOf, withStore } from '../command/index.js';

function run(input: Input): number {
  const agent = input.positionals[1] as string;
  const shown = withStore(input, (store) => {
    const { version, state } = valueOf(`agent '${agent}'`, store.entry('state', agent), decodeState);
    const counted = store.record('meta', asideKey(agent));
    return { agent, version, state, ...(counted === undefined ? {} : { crashes: decodeCrashes(counted) }) };
  });
  show(input, shown);
  return Exit.Ok;
}

/** The state of one agent, as of its last commit. */
export const agentShow: CliCommand = {
  words: ['agent', 'show'], usage: 'PATH NAME', about: 'the state of an agent, as of its last commit', options: {},
  positionals: 2, run,
};
