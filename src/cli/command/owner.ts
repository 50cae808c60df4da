import { resolve } from 'node:path';
import { CommandError, sendCommand } from '../../journal/index.js';
import type { Input } from './command.js';
import { withStore } from './opened.js';

/** The owner looks twice a second. */
const TIMEOUT_MS = 5_000;

/** Asks the program that has the store open, which alone writes it. */
export async function askOwner(input: Input, verb: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { path, clean } = withStore(input, (store) => store.facts());
  if (clean) {
    throw new CommandError(
      'COMMAND_UNANSWERED', `${verb}: no program has ${path} open: only its owner writes it; start that program first`,
    );
  }
  return sendCommand(input.env, resolve(input.positionals[0] as string), verb, args, { timeoutMs: TIMEOUT_MS });
}
