import type { Env } from '../../base/index.js';
import type { Doubled, Zone } from './calendar.js';
import type { CronPattern } from './cron.js';

/** The times of a schedule, on the clock that they are on. */
export interface Times {
  now(): number;
  /** ms since 1970 of a reading of that clock */
  wallOf(at: number): number;
  /** the reading of that clock at a moment in ms since 1970 */
  atOf(wall: number): number;
  /** Its times are counted from that one. */
  align(at: number): void;
  /** the first time of all */
  first(): number;
  /** the time after one of them; Infinity when there is none */
  after(at: number): number;
  /** the times from one of them up to a later moment; at most so many are counted */
  pass(at: number, until: number, countMax: number): Passed;
  /** the clock is one that may be set */
  readonly mayJump: boolean;
}

/** Times that have passed. */
export interface Passed {
  readonly count: number;
  /** the last one; undefined when there were too many to count */
  readonly last: number | undefined;
  /** the one after them */
  readonly next: number;
}

/** Every so many ms of the monotonic clock. */
export class IntervalTimes implements Times {
  readonly mayJump = false;
  private anchor: number;
  constructor(
    private readonly env: Env,
    private readonly everyMs: number,
    /** wall clock of the first time; undefined: after one wait */
    startAt: number | undefined,
  ) {
    this.anchor = startAt === undefined ? env.mono() + everyMs : env.mono() + startAt - env.wall();
  }

  now(): number {
    return this.env.mono();
  }
  wallOf(at: number): number {
    return Math.round(this.env.wall() + at - this.env.mono());
  }
  atOf(wall: number): number {
    return this.env.mono() + wall - this.env.wall();
  }
  align(at: number): void {
    this.anchor = at;
  }
  first(): number {
    return this.anchor;
  }
  after(at: number): number {
    return this.anchor + (Math.round((at - this.anchor) / this.everyMs) + 1) * this.everyMs;
  }
  pass(at: number, until: number, countMax: number): Passed {
    const all = Math.floor((until - at) / this.everyMs) + 1;
    const last = at + (all - 1) * this.everyMs;
    return { count: Math.min(all, countMax), last, next: this.after(last) };
  }
}

/** The wall clock, which has these times as they are. */
abstract class WallTimes {
  readonly mayJump = true;
  constructor(private readonly env: Env) {}

  now(): number {
    return this.env.wall();
  }
  wallOf(at: number): number {
    return at;
  }
  atOf(wall: number): number {
    return wall;
  }
  align(): void {
    // the wall has them
  }
}

/** Once, on the wall clock. */
export class OnceTimes extends WallTimes implements Times {
  constructor(env: Env, private readonly at: number) {
    super(env);
  }

  first(): number {
    return this.at;
  }
  after(at: number): number {
    return at < this.at ? this.at : Infinity;
  }
  pass(at: number): Passed {
    return { count: 1, last: at, next: Infinity };
  }
}

/** At the local times of a cron expression, on the wall clock. */
export class CronTimes extends WallTimes implements Times {
  constructor(
    env: Env,
    private readonly pattern: CronPattern,
    private readonly zone: Zone,
    private readonly startAt: number | undefined,
  ) {
    super(env);
  }

  /** A start at a time of the expression is its first. */
  first(): number {
    return this.startAt === undefined ? this.after(this.now()) : this.after(this.startAt - 1);
  }
  after(at: number): number {
    return nextRun(this.pattern, this.zone, at);
  }
  pass(at: number, until: number, countMax: number): Passed {
    let last = at;
    let next = this.after(at);
    let count = 1;
    for (; next <= until && count < countMax; count++) {
      last = next;
      next = this.after(next);
    }
    return next <= until ? { count, last: undefined, next: this.after(until) } : { count, last, next };
  }
}

/**
 * The first moment after that one at which a cron expression fires, Infinity for none. The rule, for
 * single values and lists alike:
 *
 * - An expression that says the hour fires once for each of its local times, at the first moment at
 *   which the clock shows that time or a later one. So a time in a missing hour fires at the end of
 *   the gap, where several are one; a time in a doubled hour fires in the first pass.
 * - With any hour (`*`, `*` by a step, `?`) it fires whenever the clock shows one of its times: never in a gap,
 *   and in both passes of a doubled hour.
 */
export function nextRun(pattern: CronPattern, zone: Zone, after: number): number {
  return pattern.anyHour ? nextShown(pattern, zone, after) : nextFirst(pattern, zone, after);
}

function nextFirst(pattern: CronPattern, zone: Zone, after: number): number {
  const wall = pattern.next(zone.wallAt(after));
  if (wall === undefined) return Infinity;
  const at = zone.firstAt(wall);
  if (at > after) return at;
  // The second pass of a doubled hour: what the clock shows again has been.
  const doubled = zone.repeated(after, 'behind');
  const later = pattern.next(doubled === null ? wall : doubled.to - 1);
  return later === undefined ? Infinity : zone.firstAt(later);
}

function nextShown(pattern: CronPattern, zone: Zone, after: number): number {
  const doubled = zone.repeated(after, 'ahead');
  const second = doubled !== null && zone.wallAt(after) >= doubled.from ? secondPass(pattern, doubled) : Infinity;
  let wall = pattern.next(zone.wallAt(after));
  while (wall !== undefined) {
    const shown = zone.showing(wall).find((moment) => moment > after);
    if (shown !== undefined) return Math.min(shown, second);
    // In a gap: on from its end.
    wall = pattern.next(Math.max(wall, zone.wallAt(zone.firstAt(wall)) - 1));
  }
  return second;
}

/** The first moment of a second pass at which an expression fires. */
function secondPass(pattern: CronPattern, { at, from, to }: Doubled): number {
  const wall = pattern.next(from - 1);
  return wall === undefined || wall >= to ? Infinity : at + wall - from;
}
