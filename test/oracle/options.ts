import { parseArgs } from 'node:util';

export class UsageError extends Error {}

export interface Options {
  readonly scenarios: number;
  readonly seed: number;
  readonly from: number;
  readonly family: string | undefined;
  readonly file: string | undefined;
  readonly print: boolean;
  readonly help: boolean;
}

const SEED_MAX = 0x7fff_ffff;
const SCENARIOS_MAX = 10_000_000;

export function usage(families: readonly { readonly name: string; readonly about: string }[]): string {
  return [
    'npm run oracle -- [--scenarios N] [--seed S] [--family NAME] [--from I] [--print]',
    'npm run oracle -- --file FILE',
    '',
    'Runs random scenarios on Erlang/OTP and on castcall and compares what both saw.',
    '  --scenarios N   how many, default 1000',
    `  --seed S        0 to ${SEED_MAX}, default 1; the same seed makes the same scenarios`,
    '  --from I        the number of the first one, default 0: replays one scenario with --scenarios 1',
    '  --family NAME   only one kind:',
    ...families.map(({ name, about }) => `                    ${name.padEnd(12)} ${about}`),
    '  --file FILE     runs the scenarios of a file, one Erlang term a line',
    '  --print         prints the scenarios and runs nothing',
    '',
    'Ends with 0 when no difference is unexplained, with 1 when one is, with 2 when it cannot run.',
  ].join('\n');
}

export function readOptions(args: readonly string[], families: readonly string[]): Options {
  const { values } = parsed(args);
  const family = values.family;
  if (family !== undefined && !families.includes(family)) {
    throw new UsageError(`--family: got '${family}', expected one of ${families.join(', ')}`);
  }
  if (values.file !== undefined) {
    const other = (['scenarios', 'seed', 'from', 'family'] as const).find((name) => values[name] !== undefined);
    if (other !== undefined) {
      throw new UsageError(`--file and --${other} exclude each other: a file says which scenarios run`);
    }
  }
  return {
    scenarios: whole('scenarios', values.scenarios, 1, SCENARIOS_MAX, 1_000),
    seed: whole('seed', values.seed, 0, SEED_MAX, 1),
    from: whole('from', values.from, 0, SCENARIOS_MAX, 0),
    family,
    file: values.file,
    print: values.print ?? false,
    help: values.help ?? false,
  };
}

function parsed(args: readonly string[]): { readonly values: {
  scenarios?: string;
  seed?: string;
  from?: string;
  family?: string;
  file?: string;
  print?: boolean;
  help?: boolean
} } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenarios: {
          type: 'string',
        }, seed: {
          type: 'string',
        }, from: { type: 'string' }, family: { type: 'string' }, file: { type: 'string' },
        print: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, given: string | undefined, min: number, max: number, fallback: number): number {
  if (given === undefined) return fallback;
  const value = /^\d+$/.test(given) ? Number(given) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name}: got '${given}', expected a whole number from ${min} to ${max}`);
}
