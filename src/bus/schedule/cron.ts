// The doorway of croner: it reads cron expressions and walks their times through a calendar without
// time zones. Local time is ours (calendar.ts): croner moves one time of a missing hour and leaves
// out a list of them. The package is the user's to install, and it is loaded at the first
// expression, within the call that gives it: what is wrong with it is told there.
import { builtinModule, OptionError } from '../../base/index.js';
import { fieldOf } from '../../base/text/index.js';
import type { Cron } from 'croner';
import { isoOf, SECOND_MS } from './calendar.js';

/** The times of a cron expression, as a clock on the wall shows them. */
export interface CronPattern {
  /** the hour is any: every hour that passes counts, not every one that the clock shows for the first time */
  readonly anyHour: boolean;
  /** the first time after that one; undefined when there is none */
  next(wall: number): number | undefined;
}

type Croner = { readonly Cron: typeof Cron };
interface NodeModule {
  createRequire(from: string): (name: string) => unknown;
}

/** Where a package is looked for. */
export type Require = (name: string) => unknown;

function ownRequire(name: string): unknown {
  return (builtinModule('node:module') as NodeModule).createRequire(import.meta.url)(name);
}

const NAMED = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
const TEXT_MAX = 255;

/**
 * Reads an expression. Errors: an OptionError for what is none, with what croner says of it;
 * `PEER_MISSING` when croner is not there.
 */
export function readCron(where: string, text: unknown, load: Require = ownRequire): CronPattern {
  const fields = typeof text === 'string' && text.length <= TEXT_MAX ? text.trim().split(/\s+/) : [];
  const named = fields.length === 1 && NAMED.test(fields[0] as string);
  if (!named && (fields.length < 5 || fields.length > 7)) throw noCron(where, text, 'five to seven fields');
  const { Cron } = loaded(where, text as string, load);
  let cron: Cron;
  try {
    cron = new Cron(fields.join(' '), { utcOffset: 0 });
  } catch (error) {
    throw noCron(where, text, String(fieldOf(error, 'message')).replace(/^CronPattern: /, ''));
  }
  return {
    anyHour: named ? /hourly/i.test(text as string) : /^[*?]/.test(fields[fields.length === 5 ? 1 : 2] as string),
    next: (wall) => cron.nextRun(isoOf(Math.floor(wall / SECOND_MS) * SECOND_MS))?.getTime(),
  };
}

function loaded(where: string, text: string, load: Require): Croner {
  try {
    return load('croner') as Croner;
  } catch (error) {
    throw Object.assign(new OptionError(
      where, text, 'the package croner beside castcall', 'npm install croner', 'PEER_MISSING',
    ), { cause: error });
  }
}

function noCron(where: string, text: unknown, why: string): OptionError {
  return new OptionError(
    where, text, `a cron expression: ${why}`, "write '30 2 * * *' for half past two every night", 'BAD_CRON',
  );
}
