import { OptionError } from '../../base/index.js';

/*
 * Local time. A moment is in ms since 1970; what a clock on the wall shows then is written in the
 * same unit, as if the clock hung in UTC: 2026-03-29 02:30 is one number, wherever it hangs.
 *
 *   moment ── wallAt ──▶ wall      every moment has one
 *   wall ── firstAt ──▶ moment     the first at which the clock shows this time, or a later one:
 *                                  of a doubled hour the first pass, of a missing one its end
 */

export const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Days from 1970 to a date of the Gregorian calendar. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** The same backwards. */
function dateOf(days: number): readonly [year: number, month: number, day: number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * ofYear + 2) / 153);
  const month = part < 10 ? part + 3 : part - 9;
  return [
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - Math.floor((153 * part + 2) / 5) + 1,
  ];
}

/** A wall time as text, whole seconds: `2026-03-29T02:30:00Z`. */
export function isoOf(wall: number): string {
  const days = Math.floor(wall / DAY_MS);
  const seconds = Math.floor((wall - days * DAY_MS) / SECOND_MS);
  const [year, month, day] = dateOf(days);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}Z`;
}

const SHOWN = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/;

/** Wall times that are shown twice: from `from` up to `to`, which is not, and again from the moment `at` on. */
export interface Doubled {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** A place with its clock, as the platform's data of time zones has it. */
export class Zone {
  /** null for the one place whose clock never changes */
  private readonly format: Intl.DateTimeFormat | null;
  /** Errors: an OptionError for a place that nobody knows. */
  constructor(where: string, timeZone: string) {
    this.format = timeZone === 'UTC' ? null : formatOf(where, timeZone);
  }

  /** What the clock shows. */
  wallAt(moment: number): number {
    return moment + this.offsetAt(moment);
  }

  /** ms by which the clock is ahead of UTC. */
  offsetAt(moment: number): number {
    if (this.format === null) return 0;
    const whole = Math.floor(moment / SECOND_MS) * SECOND_MS;
    const parts = SHOWN.exec(this.format.format(whole)) as RegExpExecArray;
    const [month, day, year, hour, minute, second] = parts.slice(1).map(Number) as
      [number, number, number, number, number, number];
    return daysOf(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * SECOND_MS - whole;
  }

  /** The first moment at which the clock shows that time or, where it leaps over it, a later one. */
  firstAt(wall: number): number {
    const { early, late } = this.candidates(wall);
    if (this.wallAt(early) === wall) return early;
    return this.wallAt(late) === wall ? late : this.changeIn(early, late);
  }

  /** The moments at which the clock shows that time: none, one or two. */
  showing(wall: number): number[] {
    const { early, late } = this.candidates(wall);
    const both = early === late ? [early] : [early, late];
    return both.filter((moment) => this.wallAt(moment) === wall);
  }

  /** The times that the clock shows twice because it is set back within a day from then, or was in the day before. */
  repeated(moment: number, side: 'ahead' | 'behind'): Doubled | null {
    const [begin, end] = side === 'ahead' ? [moment, moment + DAY_MS] : [moment - DAY_MS, moment];
    const before = this.offsetAt(begin);
    const after = this.offsetAt(end);
    if (after >= before) return null;
    const at = this.changeIn(begin, end);
    return { at, from: at + after, to: at + before };
  }

  private candidates(wall: number): { readonly early: number; readonly late: number } {
    const before = this.offsetAt(wall - DAY_MS);
    const after = this.offsetAt(wall + DAY_MS);
    return { early: wall - Math.max(before, after), late: wall - Math.min(before, after) };
  }

  /** The moment, a whole second, after `begin` and up to `end`, at which the clock is set. */
  private changeIn(begin: number, end: number): number {
    const before = this.offsetAt(begin);
    let low = Math.floor(begin / SECOND_MS);
    let high = Math.floor(end / SECOND_MS);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * SECOND_MS) === before) low = middle;
      else high = middle;
    }
    return high * SECOND_MS;
  }
}

function formatOf(where: string, timeZone: string): Intl.DateTimeFormat {
  try {
    if (typeof timeZone !== 'string') throw new TypeError('no text');
    return new Intl.DateTimeFormat('en-US', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
      minute: 'numeric', second: 'numeric',
    });
  } catch {
    throw new OptionError(
      where, timeZone, 'the name of a time zone that the platform knows', "write 'Europe/Berlin', or 'UTC'",
    );
  }
}

/** How long a time may go unnoticed before it counts as missed, ms; also how often the wall clock is looked at. */
export const NOTICED_MS: number = MINUTE_MS;
