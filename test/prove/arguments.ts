import { parseArgs } from 'node:util';
import { proofs } from './proofs.js';
import { SIZES, type Proof, type Size } from './proof.js';

export interface Arguments {
  readonly proofs: readonly Proof[];
  readonly size: Size;
  /** undefined: drawn, and printed */
  readonly seed: number | undefined;
  readonly json: string | undefined;
}

export class UsageError extends Error {}

const SEED_MAX = 0xffff_ffff;

export const USAGE: string = `npm run prove -- [NAME…] [--size ci|deep] [--seed N] [--json FILE]

  NAME         only this proof; default: all
  --size       ci (default): some minutes in all; deep: as long as it takes
  --seed N     draws the moments and the points; default: drawn and printed
  --json FILE  writes all goals and figures there

Proofs:
${proofs.map(({ name, about }) => `  ${name.padEnd(10)}${about}`).join('\n')}

A proof whose needs are missing (root, strace, a loop device) is left out and says so; with CI=true that is a failure.
Exit code: 0 every goal is met, 1 not, 2 bad arguments.`;

/** Reads the command line, or throws a UsageError that names the offence. */
export function parseArguments(given: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parsed(given);
  if (values.help) return 'help';
  return {
    proofs: positionals.length === 0 ? proofs : [...new Set(positionals)].map(known),
    size: sizeOf(values.size),
    seed: values.seed === undefined ? undefined : seedOf(values.seed),
    json: values.json,
  };
}

function parsed(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given], allowPositionals: true, options: {
        help: { type: 'boolean', short: 'h', default: false },
        size: { type: 'string', default: 'ci' },
        seed: { type: 'string' },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function known(name: string): Proof {
  const proof = proofs.find((one) => one.name === name);
  if (proof !== undefined) return proof;
  throw new UsageError(`got the proof '${name}', expected one of ${proofs.map((one) => one.name).join(', ')}`);
}

function sizeOf(text: string): Size {
  const size = SIZES.find((one) => one === text);
  if (size === undefined) throw new UsageError(`--size: got '${text}', expected one of ${SIZES.join(', ')}`);
  return size;
}

function seedOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= SEED_MAX) return value;
  throw new UsageError(`--seed: got '${text}', expected a whole number from 0 to ${SEED_MAX}`);
}
