import { parseArgs } from 'node:util';
import { OptionError } from '../../src/index.js';

export const POLICIES = ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const;
export type Policy = (typeof POLICIES)[number];

export interface Options {
  /** per policy */
  readonly minutes: number;
  readonly policies: readonly Policy[];
  readonly json: boolean;
}

const KNOWN = {
  minutes: { type: 'string' }, policy: { type: 'string' }, json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
const CHOICES: readonly string[] = [...POLICIES, 'all'];
const MINUTES_MIN = 0.01;
const MINUTES_MAX = 10_000;

export const USAGE = `npm run soak -- [--minutes M] [--policy ${CHOICES.join('|')}] [--json]

  --minutes M   minutes for each policy, default 1; fractions may be given
  --policy P    what a full mailbox does, default all
  --json        one JSON object a line for each policy

Exit code: 0 all checks hold, 1 one of them failed, 2 bad arguments.`;

/** Reads the command line, or throws an OptionError that names the offence. */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  const { values, tokens } = parseArgs({ args: [...argv], options: KNOWN, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option' && token.name in KNOWN) continue;
    const [name, value] = token.kind === 'option'
      ? [token.rawName, token.value]
      : ['soak', token.kind === 'positional' ? token.value : '--'];
    throw new OptionError(
      name, value, 'no such option', `known options: ${Object.keys(KNOWN).map((key) => `--${key}`).join(', ')}`,
      'UNKNOWN_OPTION',
    );
  }
  if (values['help'] === true) return 'help';
  const { policy = 'all' } = values;
  if (!CHOICES.includes(String(policy))) throw new OptionError(
    '--policy', policy, `one of ${CHOICES.join(', ')}`,
  );
  return {
    minutes: minutesOf(values['minutes'] ?? '1'), policies: policy === 'all' ? POLICIES : [policy as Policy],
    json: values['json'] === true,
  };
}

function minutesOf(given: string | boolean): number {
  const minutes = given === '' ? NaN : Number(given);
  if (typeof given === 'string' && minutes >= MINUTES_MIN && minutes <= MINUTES_MAX) return minutes;
  throw new OptionError(
    '--minutes', given, `a number from ${MINUTES_MIN} to ${MINUTES_MAX}`, 'for example --minutes 0.5',
  );
}
