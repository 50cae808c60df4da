import { delayMs, OptionError } from '../../base/index.js';
import type { Env } from '../../base/index.js';
import { checkKeys } from '../../behaviour/gen/index.js';
import type { ScheduleMissed, ScheduleOverlap, ScheduleTimes } from '../../api/bus/schedule.js';
import { Zone } from './calendar.js';
import { readCron } from './cron.js';
import type { StoredRules, StoredTimes } from './keeper.js';
import { CronTimes, IntervalTimes, OnceTimes, type Times } from './times.js';

/** What a schedule was asked for: checked, complete. */
export interface ReadSchedule {
  readonly name: string;
  readonly times: Times;
  readonly jitterMs: number;
  readonly overlap: ScheduleOverlap;
  readonly waitingMax: number;
  readonly missed: ScheduleMissed;
  readonly missedMax: number;
  readonly timesMax: number;
  readonly durable: boolean;
  /** times and rules, as a record has them */
  readonly asked: { readonly times: StoredTimes; readonly rules: StoredRules };
}

const RULES = ['jitterMs', 'overlap', 'waitingMax', 'missed', 'missedMax', 'startAt', 'timesMax'];
const KEYS = ['everyMs', 'cron', 'timeZone', 'at', 'durable', ...RULES];
const WAITING_MAX = 100;
const MISSED_MAX = 100;
/** times that are counted at once */
export const PASSED_MAX = 1_000;
/** ms since 1970 of the year 10,000: a later moment is a mistake */
const WALL_MAX = 253_402_300_800_000;

export function readSchedule(env: Env, name: string, given: ScheduleTimes): ReadSchedule {
  const where = `schedule '${name}'`;
  checkKeys(where, given, KEYS);
  const { overlap = 'skip', missed = given.at === undefined ? 'skip' : 'once', durable = false } = given;
  if (typeof durable !== 'boolean') throw new OptionError(`${where}.durable`, durable, 'true or false');
  if (!['skip', 'queue', 'allow'].includes(overlap)) {
    throw new OptionError(`${where}.overlap`, overlap, "'skip', 'queue' or 'allow'");
  }
  if (!['skip', 'once', 'all'].includes(missed)) {
    throw new OptionError(`${where}.missed`, missed, "'skip', 'once' or 'all'");
  }
  needs(where, 'waitingMax', given.waitingMax, "overlap: 'queue'", overlap === 'queue');
  needs(where, 'missedMax', given.missedMax, "missed: 'all'", missed === 'all');
  const rules = {
    jitterMs: given.jitterMs === undefined ? 0 : delayMs(`${where}.jitterMs`, given.jitterMs),
    overlap,
    waitingMax: countOf(`${where}.waitingMax`, given.waitingMax, WAITING_MAX),
    missed,
    missedMax: countOf(`${where}.missedMax`, given.missedMax, MISSED_MAX, PASSED_MAX),
    timesMax: countOf(`${where}.timesMax`, given.timesMax, Infinity),
  };
  const { everyMs = null, cron = null, timeZone = null, at = null } = given;
  return {
    name, durable, ...rules,
    asked: {
      times: { everyMs, cron, timeZone, at },
      rules: { ...rules, timesMax: Number.isFinite(rules.timesMax) ? rules.timesMax : null },
    },
    times: timesOf(env, where, given, startOf(`${where}.startAt`, given.startAt)),
  };
}

function timesOf(env: Env, where: string, given: ScheduleTimes, startAt: number | undefined): Times {
  const { everyMs, cron, timeZone, at } = given;
  if ([everyMs, cron, at].filter((one) => one !== undefined).length !== 1) {
    throw new OptionError(
      where, cron ?? everyMs ?? at, 'one of everyMs, cron and at', 'an interval, a cron expression, or one moment',
    );
  }
  if (at !== undefined) {
    const other = (['timeZone', 'startAt', 'timesMax'] as const).find((option) => given[option] !== undefined);
    if (other === undefined) return new OnceTimes(env, startOf(`${where}.at`, at) as number);
    throw new OptionError(
      `${where}.${other}`, given[other], `no ${other} with at`, 'at is one moment in ms since 1970', 'BAD_COMBINATION',
    );
  }
  if (cron === undefined) {
    if (timeZone !== undefined) {
      throw new OptionError(`${where}.timeZone`, timeZone, 'no time zone with everyMs', 'it belongs to cron');
    }
    if (delayMs(`${where}.everyMs`, everyMs) === 0) {
      throw new OptionError(
        `${where}.everyMs`, everyMs, 'a whole number of milliseconds from 1',
        'a period of 0 would leave no time for anything else',
      );
    }
    return new IntervalTimes(env, everyMs, startAt);
  }
  const zone = new Zone(`${where}.timeZone`, timeZone === undefined ? 'UTC' : timeZone);
  const times = new CronTimes(env, readCron(`${where}.cron`, cron), zone, startAt);
  if (times.first() === Infinity) {
    throw new OptionError(
      `${where}.cron`, cron, 'an expression that fires some day', 'look for a day that its month does not have',
      'NEVER_FIRES',
    );
  }
  return times;
}

/** An option that would do nothing without the other is a misunderstanding. */
function needs(where: string, option: string, value: unknown, other: string, there: boolean): void {
  if (value === undefined || there) return;
  throw new OptionError(
    `${where}.${option}`, value, `${other} beside it`, `add ${other}, or leave ${option} out`, 'BAD_COMBINATION',
  );
}

function startOf(where: string, value: unknown): number | undefined {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 0 && (value as number) < WALL_MAX)) {
    return value as number | undefined;
  }
  throw new OptionError(where, value, 'whole ms since 1970', 'as Date.now() tells them');
}

function countOf(where: string, value: unknown, fallback: number, max: number = Infinity): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) return value as number;
  throw new OptionError(
    where, value, `a whole number from 1${max === Infinity ? '' : ` to ${max.toLocaleString('en')}`}`,
  );
}
