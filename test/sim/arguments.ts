import { suites } from './suites.js';

export interface Arguments {
  readonly seeds: number;
  /** undefined: drawn at random, and printed */
  readonly seed: number | undefined;
  readonly suites: readonly string[];
  readonly workers: number;
  /** print the hash of every seed */
  readonly hashes: boolean;
}

export class UsageError extends Error {}

const SEED_MAX = 0xffff_ffff;

export const USAGE: string = `npm run sim -- [--seeds N] [--seed S] [--suite NAME]… [--workers W] [--hashes]

  --seeds N     seeds to run, default 500
  --seed S      the first of them: S, S+1, …; default: drawn at random and printed
  --suite NAME  only this suite; may be repeated
  --workers W   programs that share the seeds, default 2, 1 for up to 20 seeds
  --hashes      print the hash of every seed, also of more than 20

Suites:
${suites.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

Exit code: 0 all seeds passed, 1 a seed failed (its replay command is printed) or a 'sometimes' was never reached, 2 bad arguments.`;

/** Reads the command line, or throws a UsageError that names the offence. */
export function parseArguments(given: readonly string[]): Arguments | 'help' {
  const found = {
    seeds: 500, seed: undefined as number | undefined, suites: [] as string[],
    workers: undefined as number | undefined,
    hashes: false,
  };
  for (let i = 0; i < given.length; i++) {
    const name = given[i] as string;
    const value = (): string => {
      const next = given[++i];
      if (next === undefined) throw new UsageError(`${name}: a value must follow`);
      return next;
    };
    switch (name) {
      case '--help': case '-h': return 'help';
      case '--seeds': found.seeds = whole(name, value(), 1, 10_000_000); break;
      case '--seed': found.seed = whole(name, value(), 0, SEED_MAX); break;
      case '--suite': found.suites.push(known(value())); break;
      case '--workers': found.workers = whole(name, value(), 1, 64); break;
      case '--hashes': found.hashes = true; break;
      default: throw new UsageError(`${name}: no such option; see npm run sim -- --help`);
    }
  }
  if (found.seed !== undefined && found.seed + found.seeds - 1 > SEED_MAX) {
    throw new UsageError(
      `--seed ${found.seed} with --seeds ${found.seeds}: the last seed would be above ${SEED_MAX}`,
    );
  }
  return {
    ...found, suites: found.suites.length === 0 ? suites.map(({ name }) => name) : [...new Set(found.suites)],
    workers: found.workers ?? (found.seeds > 20 ? 2 : 1),
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${name}: got '${text}', expected a whole number from ${least} to ${most}`);
}

function known(name: string): string {
  if (suites.some((one) => one.name === name)) return name;
  throw new UsageError(`--suite: got '${name}', expected one of ${suites.map((one) => one.name).join(', ')}`);
}
