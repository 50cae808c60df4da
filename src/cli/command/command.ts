import type { ParseArgsConfig } from 'node:util';
import { CastcallError, type Env } from '../../base/index.js';

/** Where a command writes: results to `out`, everything else to `err`; a line each. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
}

/** What a command was given. */
export interface Input {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
  /** for programs: one JSON value a line */
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly env: Env;
}

/**
 * One command. A new one is a file that exports one, and a line in `commands.ts`; `--json` and
 * `--help` are there for each.
 */
export interface CliCommand {
  /** `['store', 'check']` for `castcall store check` */
  readonly words: readonly string[];
  readonly about: string;
  /** what follows the words: `PATH [--out FILE]` */
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** how many positionals follow the words */
  readonly positionals: number;
  /** how many more may; default 0 */
  readonly more?: number;
  /** Resolves with the exit code; what it throws is printed with its code. */
  run(input: Input): Promise<number> | number;
}

/** Exit codes: shells and jobs rely on them. */
export const Exit = {
  Ok: 0,
  /** the command ran, and what it was asked about is not well */
  Failed: 1,
  /** the command line is wrong; nothing was done */
  Usage: 2,
} as const;

/**
 * The command line is wrong (`CLI_USAGE`), a file cannot be written (`CLI_OUTPUT`), or what was asked
 * for is not there (`CLI_NOT_FOUND`).
 */
export class CliError extends CastcallError {
  constructor(
    override readonly code: 'CLI_USAGE' | 'CLI_OUTPUT' | 'CLI_NOT_FOUND', message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** The value of an option that is a text; undefined where it was not given. */
export function textOption({ values }: Input, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}
