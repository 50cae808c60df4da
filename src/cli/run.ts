import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CastcallError, type Env } from '../base/index.js';
import { type CliCommand, CliError, Exit, type Terminal } from './command/index.js';
import { commands } from './commands.js';

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const lineOf = ({ words, usage }: CliCommand): string => `castcall ${words.join(' ')} ${usage}`;

export function help(): string {
  const width = Math.max(...commands.map((command) => lineOf(command).length));
  return [
    'castcall COMMAND', '',
    ...commands.map((command) => `  ${lineOf(command).padEnd(width)}  ${command.about}`), '',
    '  --json     one JSON value a line, errors too',
    '  --help     this, or that of a command',
    '  --version  the version of castcall', '',
    'A store may be open in another program meanwhile: it is read in slices. What changes it is asked of that program.',
    'Exit code: 0 well, 1 damage was found or the command has failed, 2 the command line is wrong.',
  ].join('\n');
}

function helpOf(command: CliCommand): string {
  const options = Object.entries({ ...command.options, json: { type: 'boolean' }, help: { type: 'boolean' } });
  return [
    lineOf(command), '', command.about, '',
    ...options.map(([name, { type }]) => `  --${name}${type === 'string' ? ' VALUE' : ''}`),
  ].join('\n');
}

/** The command that the first words name, and what follows them. */
function commandOf(argv: readonly string[]): { command: CliCommand; rest: string[] } | undefined {
  const command = commands.find(({ words }) => words.every((word, at) => argv[at] === word));
  return command === undefined ? undefined : { command, rest: argv.slice(command.words.length) };
}

function unknown(argv: readonly string[]): CliError {
  const given = argv.filter((word) => !word.startsWith('-')).slice(0, 2).join(' ');
  const near = commands.filter(({ words }) => words[0] === argv[0]);
  const there = (near.length > 0 ? near : commands).map(({ words }) => words.join(' ')).join(', ');
  return new CliError('CLI_USAGE', `no command '${given}', there are: ${there}; see castcall --help`);
}

function parsed({ options, positionals, more = 0, words, usage }: CliCommand, rest: readonly string[]) {
  let found;
  try {
    found = parseArgs({
      args: [...rest], allowPositionals: true,
      options: { ...options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new CliError(
      'CLI_USAGE', `${words.join(' ')}: ${(error as Error).message}; usage: ${usage}`, { cause: error },
    );
  }
  const { length } = found.positionals;
  if (found.values['help'] !== true && (length < positionals || length > positionals + more)) {
    throw new CliError(
      'CLI_USAGE', `${words.join(' ')}: ${length} arguments, ${positionals} expected: `
        + `castcall ${words.join(' ')} ${usage}`,
    );
  }
  return found;
}

async function carryOut(argv: readonly string[], terminal: Terminal, env: Env): Promise<number> {
  const found = commandOf(argv);
  if (found === undefined) {
    if (argv.includes('--version')) terminal.out(version());
    else if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) terminal.out(help());
    else throw unknown(argv);
    return Exit.Ok;
  }
  const { command, rest } = found;
  const { values, positionals } = parsed(command, rest);
  if (values['help'] === true) {
    terminal.out(helpOf(command));
    return Exit.Ok;
  }
  return command.run({ positionals, values, json: values['json'] === true, terminal, env });
}

/** Runs one command line; resolves with the exit code. Never rejects for an error of castcall's own. */
export async function run(argv: readonly string[], terminal: Terminal, env: Env): Promise<number> {
  try {
    return await carryOut(argv, terminal, env);
  } catch (error) {
    if (!(error instanceof CastcallError)) throw error;
    terminal.err(argv.includes('--json')
      ? JSON.stringify({ error: { code: error.code, message: error.message } })
      : `castcall: ${error.code}: ${error.message}`);
    return error.code === 'CLI_USAGE' ? Exit.Usage : Exit.Failed;
  }
}
