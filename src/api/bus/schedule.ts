/*
 * Named schedules: what happens again and again, at times that an interval or a cron expression
 * gives.
 */

/** What becomes of a run whose time comes while the one before it has not ended. */
export type ScheduleOverlap = 'skip' | 'queue' | 'allow';

/** What becomes of times that passed while nothing could run: none, one run for all, or one run for each. */
export type ScheduleMissed = 'skip' | 'once' | 'all';

/** What an interval and a cron expression have in common. */
export interface ScheduleRules {
  /**
   * each run comes later by a random time of up to so many ms, at most by half of the time to the
   * next one; default 0
   */
  readonly jitterMs?: number | undefined;
  /**
   * while a run has not ended, the next one is left out (`skip`, the default), waits for its end
   * (`queue`), or runs beside it (`allow`)
   */
  readonly overlap?: ScheduleOverlap | undefined;
  /** runs that may wait with `overlap: 'queue'`, from 1; default 100. Further ones are left out */
  readonly waitingMax?: number | undefined;
  /**
   * A time is missed when it was not noticed before the next one had come as well, or for a minute:
   * the event loop was held, the machine slept, the wall clock was set forward, or `startAt` has
   * passed. Missed times are left out (`skip`, the default), made up for by one run (`once`), or by
   * one run each, one after the other, oldest first (`all`)
   */
  readonly missed?: ScheduleMissed | undefined;
  /** runs that make up for missed times at once, from 1 to 1,000, with `missed: 'all'`; default 100 */
  readonly missedMax?: number | undefined;
  /**
   * wall clock, ms since 1970: the first time of an interval, and the moment from which a cron
   * expression counts; times that have passed are missed. Default now; an interval begins with its
   * first wait
   */
  readonly startAt?: number | undefined;
  /** the schedule ends by itself after so many runs, from 1; default never */
  readonly timesMax?: number | undefined;
  /**
   * it outlives the program, and the process that made it; needs `createSystem({ store })`. A delivery,
   * to an agent by its registered name, is stored with it and goes on by itself in a later life; each
   * time is accepted exactly once. Any other job begins when that is made again, and is done at most
   * once for each time. Default false
   * @since 0.2.0
   */
  readonly durable?: boolean | undefined;
}

/** Every so many ms of the monotonic clock: setting the wall clock changes nothing. */
export interface IntervalRules extends ScheduleRules {
  /** from 1 */
  readonly everyMs: number;
  readonly cron?: undefined;
  readonly timeZone?: undefined;
  readonly at?: undefined;
}

/** At the local times of a cron expression. */
export interface CronRules extends ScheduleRules {
  /**
   * five fields (minute, hour, day, month, weekday), six with seconds before them, seven with a year
   * after them, or a name as `@daily`. Needs the package croner: `npm install croner`
   */
  readonly cron: string;
  /** where the clock hangs, as `Europe/Berlin`; default `UTC`, on every machine */
  readonly timeZone?: string | undefined;
  readonly everyMs?: undefined;
  readonly at?: undefined;
}

/**
 * Once. A moment that has passed is missed, and made up for: `missed` is `once` by default.
 * @since 0.2.0
 */
export interface OnceRules extends ScheduleRules {
  /** wall clock, ms since 1970 */
  readonly at: number;
  readonly everyMs?: undefined;
  readonly cron?: undefined;
  readonly timeZone?: undefined;
}

/** When a schedule runs. */
export type ScheduleTimes = IntervalRules | CronRules | OnceRules;

/** One run of a schedule, as its function sees it. */
export interface ScheduledRun {
  /** of the schedule */
  readonly name: string;
  /** from 1 */
  readonly number: number;
  /** wall clock, ms since 1970: the time it was due, without jitter; not when it began */
  readonly at: number;
  /** it makes up for a missed time */
  readonly missed: boolean;
  /** fires when the schedule is cancelled, when its process ends, and at the stop of the system */
  readonly signal: AbortSignal;
}

/** A function that a schedule calls; what it returns is waited for. */
export type ScheduledFunction = (run: ScheduledRun) => unknown;

/** What a schedule has counted since it was made. */
export interface ScheduleStats {
  readonly name: string;
  /** runs that have begun */
  readonly runs: number;
  /** of these: have not ended */
  readonly running: number;
  /** of these: ended with an error */
  readonly failed: number;
  /** wait for the end of a run */
  readonly waiting: number;
  /** left out for `overlap` */
  readonly skipped: number;
  /** times that were missed, made up for or not; at most 1,000 are counted at once */
  readonly missed: number;
  /** of these: made up for */
  readonly madeUp: number;
  /** wall clock, ms since 1970, of the next time, without jitter; undefined when there is none */
  readonly nextAt: number | undefined;
}

/**
 * A named schedule. It is gone when it is cancelled, when its last run has ended, when the process
 * that made it ends, and with the system.
 *
 * @example
 * const clock = system.schedule('clock', { everyMs: 60_000 }, () => {});
 * clock.stats().runs; // => 0
 * system.schedules().map((one) => one.name); // => ['clock']
 * clock.cancel(); // => true
 * system.schedules(); // => []
 */
export interface Schedule {
  readonly name: string;
  /** runs may still come */
  readonly active: boolean;
  stats(): ScheduleStats;
  /**
   * No further run begins, the signals of those that have not ended fire, and the name is free.
   * True when it was active.
   */
  cancel(): boolean;
  /** the same, for `using` */
  [Symbol.dispose](): void;
}
