import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Zone } from '../../../src/bus/schedule/calendar.js';
import { readCron } from '../../../src/bus/schedule/cron.js';
import { IntervalTimes, nextRun } from '../../../src/bus/schedule/times.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

/** The next runs after a moment, as UTC texts without the year's noise: `03-29 01:00`. */
function runs(cron: string, timeZone: string, after: string, count: number): string[] {
  const pattern = readCron('cron', cron);
  const zone = new Zone('timeZone', timeZone);
  const found: string[] = [];
  let at = Date.parse(after);
  for (let n = 0; n < count; n++) {
    at = nextRun(pattern, zone, at);
    found.push(at === Infinity ? 'never' : new Date(at).toISOString().slice(5, 16).replace('T', ' '));
  }
  return found;
}

describe('an expression that says the hour, where the clock leaps', () => {
  it('runs once at the end of the gap, single values and lists alike (Berlin, 02:00 to 03:00)', () => {
    const single = runs('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 3);
    expect(single).toEqual(['03-29 01:00', '03-30 00:30', '03-31 00:30']);
    const list = runs('0,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 3);
    expect(list, 'two times of the gap are one run').toEqual(['03-29 01:00', '03-30 00:00', '03-30 00:30']);
    const both = runs('30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 3);
    expect(both).toEqual(['03-29 01:00', '03-29 01:30', '03-30 00:30']);
  });

  it('runs once when the end of the gap is one of its times as well', () => {
    expect(runs('0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual(['03-29 01:00', '03-30 00:00']);
  });

  it('runs in the first pass of a doubled hour (Berlin, 02:00 to 03:00 twice)', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual(['10-25 00:30', '10-26 01:30']);
    expect(runs('0,30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 3))
      .toEqual(['10-25 00:00', '10-25 00:30', '10-26 01:00']);
  });

  it('does not run again when it is asked for in the second pass', () => {
    expect(runs('*/10 2 * * *', 'Europe/Berlin', '2026-10-25T01:05:00Z', 1)).toEqual(['10-26 01:00']);
    expect(runs('30 2,4 * * *', 'Europe/Berlin', '2026-10-25T01:05:00Z', 1)).toEqual(['10-25 03:30']);
  });

  it('holds in New York and on Lord Howe, whose clock moves by half an hour', () => {
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2))
      .toEqual(['03-08 07:00', '03-09 06:30']);
    expect(runs('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 2))
      .toEqual(['11-01 05:30', '11-02 06:30']);
    // 2026-10-04 02:00 becomes 02:30; 2026-04-05 02:00 becomes 01:30.
    expect(runs('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2))
      .toEqual(['10-03 15:30', '10-04 15:15']);
    expect(runs('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2))
      .toEqual(['04-04 14:45', '04-05 15:15']);
  });

  it('runs at the end of a day that a country has left out', () => {
    expect(runs('0 12 30 12 *', 'Pacific/Apia', '2011-12-29T00:00:00Z', 1)).toEqual(['12-30 10:00']);
  });
});

describe('an expression with any hour, where the clock leaps', () => {
  it('runs at every real hour', () => {
    expect(runs('0 * * * *', 'Europe/Berlin', '2026-03-28T23:30:00Z', 3))
      .toEqual(['03-29 00:00', '03-29 01:00', '03-29 02:00']);
    expect(runs('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', 4))
      .toEqual(['10-25 00:00', '10-25 01:00', '10-25 02:00', '10-25 03:00']);
    expect(runs('@hourly', 'America/New_York', '2026-11-01T04:30:00Z', 3))
      .toEqual(['11-01 05:00', '11-01 06:00', '11-01 07:00']);
  });

  it('runs in both passes of a doubled half hour, and never in a gap', () => {
    expect(runs('*/15 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:20:00Z', 6))
      .toEqual(['04-04 14:30', '04-04 14:45', '04-04 15:00', '04-04 15:15', '04-04 15:30', '04-04 15:45']);
    expect(runs('15 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:00:00Z', 2))
      .toEqual(['10-03 14:45', '10-03 16:15']);
  });
});

describe('the end of an expression', () => {
  it('is Infinity', () => {
    expect(runs('0 0 0 1 1 * 2027', 'Europe/Berlin', '2026-06-01T00:00:00Z', 2)).toEqual(['12-31 23:00', 'never']);
    expect(runs('0 0 0 1 1 */2 2027', 'UTC', '2027-06-01T00:00:00Z', 1)).toEqual(['never']);
  });
});

/* ---- against a walk over all minutes ---- */

interface Walk {
  readonly zone: string;
  readonly begin: number;
  /** what the clock shows at each minute, as if in UTC */
  readonly walls: readonly number[];
}

function walkOf(zone: string, around: string): Walk {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const begin = Date.parse(around) - 3 * DAY;
  const walls = Array.from({ length: 6 * 1_440 }, (_, n) =>
    Date.parse(`${format.format(begin + n * MINUTE).replace(' ', 'T')}Z`));
  return { zone, begin, walls };
}

const walks = [
  walkOf('Europe/Berlin', '2026-03-29T01:00:00Z'), walkOf('Europe/Berlin', '2026-10-25T01:00:00Z'),
  walkOf('America/New_York', '2026-03-08T07:00:00Z'), walkOf('America/New_York', '2026-11-01T06:00:00Z'),
  walkOf('Australia/Lord_Howe', '2026-10-03T15:30:00Z'), walkOf('Australia/Lord_Howe', '2026-04-04T15:00:00Z'),
  walkOf('UTC', '2026-03-29T01:00:00Z'), walkOf('Asia/Kathmandu', '2026-03-29T01:00:00Z'),
];

interface Expression {
  readonly text: string;
  readonly anyHour: boolean;
  matches(wall: number): boolean;
}

const some = (max: number, likely: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: fc.nat(likely) }, fc.nat(max)), { minLength: 1, maxLength: 4 });
const field = (max: number, likely: number): fc.Arbitrary<{ text: string; has: (n: number) => boolean }> => fc.oneof(
  fc.constant({ text: '*', has: () => true }),
  fc.integer({ min: 2, max: Math.ceil(max / 2) })
    .map((step) => ({ text: `*/${step}`, has: (n: number) => n % step === 0 })),
  some(max, likely).map((list) => ({ text: list.join(','), has: (n: number) => list.includes(n) })),
);
const expressions: fc.Arbitrary<Expression> = fc.tuple(field(59, 59), field(23, 3), field(6, 6)).map(
  ([minute, hour, weekday]) => ({
    text: `${minute.text} ${hour.text} * * ${weekday.text}`,
    anyHour: hour.text.startsWith('*'),
    matches: (wall) => {
      const date = new Date(wall);
      return minute.has(date.getUTCMinutes()) && hour.has(date.getUTCHours()) && weekday.has(date.getUTCDay());
    },
  }),
);

/** By the rule as the guide says it, minute by minute. */
function walked({ begin, walls }: Walk, { anyHour, matches }: Expression, after: number): number[] {
  const found: number[] = [];
  let peak = (walls[0] as number) - 1;
  walls.forEach((wall, n) => {
    let fires = anyHour && matches(wall);
    for (let shown = Math.max(peak + 1, wall - DAY); shown <= wall; shown++) {
      shown = Math.ceil(shown / MINUTE) * MINUTE;
      if (shown <= wall && !anyHour && matches(shown)) fires = true;
    }
    peak = Math.max(peak, wall);
    if (fires && begin + n * MINUTE > after) found.push(begin + n * MINUTE);
  });
  return found;
}

it('the next run is that of a walk over all minutes', () => {
  fc.assert(fc.property(
    fc.constantFrom(...walks), expressions, fc.integer({ min: 1_440, max: 4 * 1_440 }), fc.nat(MINUTE - 1),
    (walk, expression, minute, ms) => {
      const pattern = readCron('cron', expression.text);
      const zone = new Zone('timeZone', walk.zone);
      let at = walk.begin + minute * MINUTE + ms;
      for (const expected of walked(walk, expression, at).slice(0, 6)) {
        at = nextRun(pattern, zone, at);
        expect(new Date(at).toISOString(), expression.text).toBe(new Date(expected).toISOString());
      }
    },
  ), { numRuns: 400 });
});

describe('an interval', () => {
  it('counts from its first time, without drift', () => {
    const env = new VirtualEnv();
    env.now = 1_000.37;
    const times = new IntervalTimes(env, 7, undefined);
    let at = times.first();
    for (let n = 0; n < 1_000; n++) at = times.after(at);
    expect(at).toBeCloseTo(1_007.37 + 7_000, 6);
    const { count, last, next } = times.pass(times.first(), times.first() + 20, 1_000);
    expect({ count, late: Math.round((last as number) - times.first()), next: Math.round(next - times.first()) })
      .toEqual({ count: 3, late: 14, next: 21 });
  });
});
