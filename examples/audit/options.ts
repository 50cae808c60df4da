import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export type ChaosLevel = 'off' | 'low' | 'high';

export interface AuditOptions {
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly out: string;
  readonly chaos: ChaosLevel;
  readonly workers: number;
  readonly seed: number;
  readonly json: boolean;
  /** The ledgers are in a store on disk, else in one in memory. */
  readonly durable: boolean;
  /** The work is done by a program of its own, which is killed again and again. */
  readonly kill: boolean;
}

export type Request =
  | { readonly kind: 'audit'; readonly options: AuditOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string };

export const WORKERS_MAX = 256;

export const HELP = `Usage: npm start -- [directory] [options]

Audits a directory of installed packages with a supervised swarm of agents, while chaos kills some of them.
Without a directory: ./node_modules.

  --chaos off|low|high   how often agents are killed            (default low)
  --workers N            agents that read files, 1 to ${WORKERS_MAX}       (default by processor)
  --seed N               makes the choices of chaos repeatable  (default random)
  --out DIR              where report.md and sbom.json go       (default ./audit-out)
  --no-durable           the ledgers are kept in memory         (default in a store in a temporary directory)
  --kill                 the agents live in a program of their own, which gets SIGKILL five times and resumes
  --json                 the last line of stdout is one JSON object
  --help                 this page

Exit code: 0 when nothing was lost, duplicated or different from the recount, 1 otherwise, 2 for a wrong
argument, 130 after Ctrl-C (which drains and reports what was done).
`;

/** Understands the command line; never throws, because a mistake in it is an expected outcome. */
export function parseRequest(argv: readonly string[], cwd: string): Request {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      allowNegative: true,
      options: {
        chaos: { type: 'string', default: 'low' },
        workers: { type: 'string', default: String(defaultWorkers()) },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
        out: { type: 'string', default: 'audit-out' },
        json: { type: 'boolean', default: false },
        durable: { type: 'boolean', default: true },
        kill: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.kill && !values.durable) throw new Mistake('--kill needs the store that --no-durable goes without');
    if (positionals.length > 1) {
      throw new Mistake(`one directory at a time, got ${positionals.length}: ${positionals.join(' ')}`);
    }
    return {
      kind: 'audit',
      options: {
        chaos: chaosLevel(values.chaos),
        workers: wholeNumber('--workers', values.workers, 1, WORKERS_MAX),
        seed: wholeNumber('--seed', values.seed, 0, 0xffff_ffff),
        json: values.json,
        durable: values.durable,
        kill: values.kill,
        out: possibleDirectory(resolve(cwd, values.out)),
        directory: existingDirectory(resolve(cwd, positionals[0] ?? 'node_modules')),
      },
    };
  } catch (error) {
    return { kind: 'mistake', message: `${whatIsWrong(error)} (try --help)` };
  }
}

class Mistake extends Error {}

/**
 * One line. The parser's own messages go on with advice of several sentences; the first one says
 * what is wrong.
 */
function whatIsWrong(error: unknown): string {
  if (error instanceof Mistake) return error.message.replace(/\s+/g, ' ');
  if (error instanceof TypeError && 'code' in error) return error.message.split(/\. |\.?\n/)[0] ?? '';
  throw error;
}

/** Reading waits for the disk most of the time, so more readers than processors pay off. */
function defaultWorkers(): number {
  return Math.min(WORKERS_MAX, Math.max(4, availableParallelism() * 4));
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new Mistake(`${flag} must be a whole number from ${min} to ${max}, got '${text}'`);
}

function chaosLevel(text: string): ChaosLevel {
  if (text === 'off' || text === 'low' || text === 'high') return text;
  throw new Mistake(`--chaos must be off, low or high, got '${text}'`);
}

function existingDirectory(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Mistake(`no such directory: ${path}`);
  if (!stat.isDirectory()) throw new Mistake(`not a directory: ${path}`);
  return path;
}

/**
 * Known at the start rather than when all the work is done: whether the nearest directory that
 * exists can be written.
 */
function possibleDirectory(path: string): string {
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) throw new Mistake(`--out is not a directory: ${existing}`);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    throw new Mistake(`--out cannot be written: ${existing}`);
  }
  return path;
}
