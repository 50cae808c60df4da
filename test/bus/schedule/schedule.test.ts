import { describe, expect, it } from 'vitest';
import { BusError, type Schedule, type ScheduledRun } from '../../../src/bus/public.js';
import { defineAgent } from '../../../src/index.js';
import { clock, world } from './help.js';

type Runs = ScheduledRun[];

/** Keeps the runs that it is given. */
function book(): { readonly runs: Runs; readonly at: () => string[]; readonly job: (run: ScheduledRun) => void } {
  const runs: ScheduledRun[] = [];
  return { runs, at: () => runs.map((run) => clock(run.at)), job: (run) => void runs.push(run) };
}

type End = (error?: Error) => void;

/** A job that ends when told. */
function slow(): { readonly runs: Runs; readonly ends: End[]; readonly job: (run: ScheduledRun) => unknown } {
  const runs: ScheduledRun[] = [];
  const ends: End[] = [];
  return {
    runs, ends,
    job: (run) => {
      runs.push(run);
      return new Promise<void>((resolve, reject) =>
        ends.push((error) => (error === undefined ? resolve() : reject(error))));
    },
  };
}

describe('a schedule by interval', () => {
  it('runs after each interval, and tells its next time', async () => {
    const { env, schedule } = world();
    const { at, job, runs } = book();
    const ticks = schedule('ticks', { everyMs: 5_000 }, job);
    expect(clock(ticks.stats().nextAt as number)).toBe('01-01 00:00:05');
    await env.advance(16_000);
    expect(at()).toEqual(['01-01 00:00:05', '01-01 00:00:10', '01-01 00:00:15']);
    expect(runs.map(({ name, number, missed }) => [name, number, missed]))
      .toEqual([['ticks', 1, false], ['ticks', 2, false], ['ticks', 3, false]]);
    expect(ticks.stats()).toEqual({
      name: 'ticks', runs: 3, running: 0, failed: 0, waiting: 0, skipped: 0, missed: 0, madeUp: 0,
      nextAt: Date.parse('2026-01-01T00:00:20Z'),
    });
  });

  it('begins at startAt, and ends by itself after timesMax runs', async () => {
    const { env, schedule, schedules } = world();
    const { at, job } = book();
    const made = schedule('thrice', { everyMs: 1_000, startAt: Date.parse('2026-01-01T00:01:00Z'), timesMax: 3 }, job);
    await env.advance(59_000);
    expect(at()).toEqual([]);
    await env.advance(60_000);
    expect(at()).toEqual(['01-01 00:01:00', '01-01 00:01:01', '01-01 00:01:02']);
    expect([made.active, made.cancel(), schedules().length]).toEqual([false, false, 0]);
  });

  it('does not care when the wall clock is set', async () => {
    const { env, schedule } = world();
    const { runs, job } = book();
    schedule('ticks', { everyMs: 1_000 }, job);
    await env.advance(1_500);
    env.set('2030-01-01T00:00:00Z');
    await env.advance(1_000);
    env.set('2020-01-01T00:00:00Z');
    await env.advance(1_000);
    expect(runs.length).toBe(3);
  });

  it('is late by its jitter, at most by half of the time to the next run', async () => {
    const { env, schedule } = world();
    env.luck = 1;
    const begun: number[] = [];
    const begin = env.now;
    schedule('jittered', { everyMs: 1_000, jitterMs: 300, timesMax: 2 }, () => void begun.push(env.now - begin));
    schedule('wild', { everyMs: 1_000, jitterMs: 60_000, timesMax: 2 }, () => void begun.push(env.now - begin));
    await env.advance(5_000);
    expect(begun).toEqual([1_300, 1_500, 2_300, 2_500]);
  });
});

describe('a schedule by cron', () => {
  it('runs at the local times of its zone, across the leaps of the clock', async () => {
    const { env, schedule } = world();
    env.set('2026-03-28T00:00:00Z');
    const { at, job } = book();
    schedule('night', { cron: '0,30 2 * * *', timeZone: 'Europe/Berlin' }, job);
    await env.advance(3 * 86_400_000 - 1);
    expect(at()).toEqual([
      '03-28 01:00:00', '03-28 01:30:00', '03-29 01:00:00', '03-30 00:00:00', '03-30 00:30:00',
    ]);
  });

  it('runs in UTC unless told where the clock hangs', async () => {
    const { env, schedule } = world();
    const { at, job } = book();
    schedule('noon', { cron: '0 12 * * *' }, job);
    await env.advance(86_400_000);
    expect(at()).toEqual(['01-01 12:00:00']);
  });

  it('ends when its last time has been', async () => {
    const { env, schedule, schedules } = world();
    const { at, job } = book();
    schedule('once', { cron: '0 0 6 1 1 * 2026' }, job);
    await env.advance(86_400_000);
    expect(at()).toEqual(['01-01 06:00:00']);
    expect(schedules()).toEqual([]);
  });

  it('notices within a minute that the wall clock was set forward, and counts what was missed', async () => {
    const { env, schedule } = world();
    const { at, job } = book();
    const made = schedule('hours', { cron: '0 * * * *' }, job);
    await env.advance(1_000);
    env.set('2026-01-01T09:30:00Z');
    await env.advance(60_000);
    expect(at()).toEqual([]);
    expect(made.stats()).toMatchObject({ missed: 9, nextAt: Date.parse('2026-01-01T10:00:00Z') });
    await env.advance(30 * 60_000);
    expect(at()).toEqual(['01-01 10:00:00']);
  });

  it('runs a time again that a wall clock set back shows again, unless it was set by less than a minute', async () => {
    const { env, schedule } = world();
    const { at, job } = book();
    schedule('hours', { cron: '0 * * * *' }, job);
    await env.advance(3_600_000);
    env.ahead -= 30_000;
    await env.advance(60_000);
    expect(at()).toEqual(['01-01 01:00:00']);
    env.set('2026-01-01T00:30:00Z');
    await env.advance(3_600_000);
    expect(at()).toEqual(['01-01 01:00:00', '01-01 01:00:00']);
  });

  it('notices also one that was set back by little more than a minute, however late it looks', async () => {
    const { env, schedule } = world();
    const { at, job } = book();
    schedule('minutes', { cron: '* * * * *' }, job);
    await env.advance(120_000);
    const before = at().length;
    env.ahead -= 61_000;
    await env.advance(121_000);
    expect(at().slice(before)).toEqual(expect.arrayContaining([at()[before - 1]]));
  });

  it('counts at most 1,000 times as missed at once', async () => {
    const { env, schedule } = world();
    const made = schedule('old', { everyMs: 1, startAt: 0 }, () => undefined);
    await env.advance(5);
    expect(made.stats().missed).toBeLessThanOrEqual(1_000);
    made.cancel();
  });
});

describe('overlap', () => {
  it('skip leaves a run out while the one before has not ended', async () => {
    const { env, schedule } = world();
    const { runs, ends, job } = slow();
    const made = schedule('slow', { everyMs: 1_000 }, job);
    await env.advance(3_500);
    expect([runs.length, made.stats().running, made.stats().skipped]).toEqual([1, 1, 2]);
    ends[0]?.();
    await env.advance(1_000);
    expect([runs.length, made.stats().skipped]).toEqual([2, 2]);
  });

  it('queue lets runs wait, one after the other, at most waitingMax', async () => {
    const { env, schedule } = world();
    const { runs, ends, job } = slow();
    const made = schedule('slow', { everyMs: 1_000, overlap: 'queue', waitingMax: 2 }, job);
    await env.advance(4_500);
    expect([runs.length, made.stats().waiting, made.stats().skipped]).toEqual([1, 2, 1]);
    ends[0]?.();
    await env.settle();
    expect([runs.length, made.stats().waiting]).toEqual([2, 1]);
    ends[1]?.(new Error('bad'));
    await env.settle();
    expect(runs.map((run) => clock(run.at).slice(-2))).toEqual(['01', '02', '03']);
    expect(made.stats()).toMatchObject({ running: 1, failed: 1, waiting: 0 });
  });

  it('allow runs beside each other', async () => {
    const { env, schedule } = world();
    const { ends, job } = slow();
    const made = schedule('slow', { everyMs: 1_000, overlap: 'allow' }, job);
    await env.advance(3_500);
    expect(made.stats()).toMatchObject({ runs: 3, running: 3, skipped: 0 });
    ends.forEach((end) => end());
    await env.settle();
    expect(made.stats().running).toBe(0);
  });
});

describe('missed times', () => {
  /** The event loop is held for 5.5 intervals after the first run. */
  async function held(rules: object): Promise<{ at: string[]; missed: boolean[]; stats: object }> {
    const { env, schedule } = world();
    const { at, job, runs } = book();
    const made = schedule('ticks', { everyMs: 10_000, ...rules }, job);
    await env.advance(10_000);
    env.now += 55_000;
    await env.advance(1);
    await env.settle();
    const { missed, madeUp, runs: count } = made.stats();
    return {
      at: at().map((text) => text.slice(-5)), missed: runs.map((run) => run.missed), stats: { missed, madeUp, count },
    };
  }

  it('are left out by default; the latest is not missed as long as it is noticed in time', async () => {
    expect(await held({})).toEqual({
      at: ['00:10', '01:00'], missed: [false, false], stats: { missed: 4, madeUp: 0, count: 2 },
    });
  });

  it('are made up for by the one that is noticed in time', async () => {
    expect(await held({ missed: 'once' })).toMatchObject({ at: ['00:10', '01:00'], stats: { missed: 4, madeUp: 0 } });
  });

  it('are made up for one by one, oldest first', async () => {
    expect(await held({ missed: 'all' })).toEqual({
      at: ['00:10', '00:20', '00:30', '00:40', '00:50', '01:00'], missed: [false, true, true, true, true, false],
      stats: { missed: 4, madeUp: 4, count: 6 },
    });
  });

  it('are made up for at most missedMax times, and never beyond timesMax', async () => {
    expect((await held({ missed: 'all', missedMax: 2 })).at).toEqual(['00:10', '00:20', '00:30', '01:00']);
    expect((await held({ missed: 'all', timesMax: 3 })).at).toEqual(['00:10', '00:20', '00:30']);
  });

  it('before startAt count as well: one run for all of a night', async () => {
    const { env, schedule } = world();
    env.set('2026-01-01T12:00:00Z');
    const { at, runs, job } = book();
    const made = schedule('hours', {
      cron: '0 * * * *', missed: 'once', startAt: Date.parse('2026-01-01T02:00:00Z'),
    }, job);
    env.set('2026-01-01T12:30:00Z');
    await env.advance(1);
    expect(at()).toEqual(['01-01 12:00:00']);
    expect(runs[0]?.missed).toBe(true);
    expect(made.stats()).toMatchObject({ runs: 1, missed: 11, madeUp: 1 });
  });

  it('are made up for one after the other, whatever the overlap', async () => {
    const { env, schedule } = world();
    const { runs, ends, job } = slow();
    const made = schedule('hours', {
      cron: '0 * * * *', missed: 'all', startAt: Date.parse('2025-12-31T22:30:00Z'),
    }, job);
    await env.advance(1);
    expect([runs.length, made.stats().waiting]).toEqual([1, 1]);
    ends[0]?.();
    await env.settle();
    expect(runs.map((run) => [clock(run.at), run.missed]))
      .toEqual([['12-31 23:00:00', true], ['01-01 00:00:00', false]]);
  });

  it('of a cron expression are counted up to 1,000 at once', async () => {
    const { env, schedule } = world();
    const { runs, job } = book();
    const made = schedule('minutes', { cron: '* * * * *', startAt: Date.parse('2025-12-01T00:00:00Z') }, job);
    await env.advance(1);
    expect(made.stats()).toMatchObject({ missed: 1_000, runs: 0, nextAt: Date.parse('2026-01-01T00:01:00Z') });
    await env.advance(60_000);
    expect(runs.length).toBe(1);
  });
});

describe('a run that fails', () => {
  it('is counted and logged, and changes nothing', async () => {
    const { env, schedule, log } = world();
    const throwing: readonly (() => unknown)[] = [
      () => { throw new Error('one'); },
      () => Promise.reject(new Error('two')),
       
      () => { throw undefined; },
      () => ({ get then() { throw new Error('three'); } }),
    ];
    let n = 0;
    const made = schedule('bad', { everyMs: 1_000 }, () => throwing[n++ % 4]?.());
    await env.advance(4_000);
    expect(made.stats()).toMatchObject({ runs: 4, failed: 4, running: 0 });
    expect(log.texts('warn')).toEqual(Array.from({ length: 4 }, () => 'a scheduled run failed'));
    expect(log.lines[0]?.fields).toMatchObject({ schedule: 'bad', run: 1 });
  });
});

describe('the end of a schedule', () => {
  it('by cancel: nothing runs any more, the signals fire, the name is free', async () => {
    const { env, schedule, schedules, log } = world();
    const { runs, ends, job } = slow();
    const made = schedule('slow', { everyMs: 1_000, overlap: 'queue' }, job);
    await env.advance(3_500);
    expect([made.cancel(), made.cancel(), made.active]).toEqual([true, false, false]);
    const { signal } = runs[0] as ScheduledRun;
    expect(signal.reason).toBeInstanceOf(BusError);
    expect((signal.reason as BusError).code).toBe('CANCELLED');
    ends[0]?.(signal.reason as Error);
    await env.advance(5_000);
    expect([runs.length, schedules(), log.lines]).toEqual([1, [], []]);
    expect(made.stats()).toMatchObject({ waiting: 0, running: 0, nextAt: undefined });
    schedule('slow', { everyMs: 1_000 }, () => undefined).cancel();
  });

  it('by its own run, and by using', async () => {
    const { env, schedule, schedules } = world();
    const made = schedule('once', { everyMs: 1_000, missed: 'all' }, () => made.cancel());
    await env.advance(1_000);
    expect([made.stats().runs, schedules()]).toEqual([1, []]);
    const other = schedule('other', { everyMs: 1_000 }, () => undefined);
    other[Symbol.dispose]();
    expect(schedules()).toEqual([]);
  });

  it('by the stop of the system, which waits for no run', async () => {
    const { env, schedule, system } = world();
    const { runs, job } = slow();
    const made = schedule('slow', { everyMs: 1_000 }, job);
    await env.advance(1_000);
    const stopped = system.stop();
    await env.advance(10_000);
    await stopped;
    expect([made.active, (runs[0]?.signal.reason as BusError).code]).toEqual([false, 'SYSTEM_STOPPED']);
    expect(() => schedule('late', { everyMs: 1_000 }, () => undefined)).toThrow(/the system has stopped/);
  });

  it('a listener of its signal that throws hurts nobody', async () => {
    const { env, schedule, log } = world();
    const made = schedule('slow', { everyMs: 1_000 }, ({ signal }: ScheduledRun) => {
      signal.addEventListener('abort', () => { throw new Error('listener'); });
      return new Promise(() => undefined);
    });
    await env.advance(1_000);
    made.cancel();
    expect(log.texts('warn')).toEqual(['a listener of a signal failed']);
  });
});

describe('a schedule that a process makes', () => {
  const Clock = defineAgent({
    name: 'Clock',
    init: () => ({ ticks: 0, made: null as Schedule | null, late: '' }),
    casts: {
      tick(self) { self.state.ticks++; },
      begin(self, job: (run: ScheduledRun) => unknown) {
        self.state.made = self.schedule('own', { everyMs: 1_000 }, job);
      },
      own(self) { self.schedule('self', { everyMs: 1_000 }, { to: self.ref, cast: 'tick' }); },
      keep(self, kept: (self: unknown) => void) { kept(self); },
    },
    calls: { ticks: (self) => self.state.ticks },
  });

  it('ends with it: signals fire, nothing is left', async () => {
    const { env, system, schedules } = world();
    const { runs, job } = slow();
    const owner = system.start(Clock);
    owner.cast('begin', job);
    await env.advance(1_500);
    expect([runs.length, schedules().length]).toEqual([1, 1]);
    await owner.stop();
    expect((runs[0]?.signal.reason as BusError).code).toBe('ZOMBIE');
    await env.advance(5_000);
    expect([runs.length, schedules()]).toEqual([1, []]);
  });

  it('may send to itself', async () => {
    const { env, system } = world();
    const owner = system.start(Clock);
    owner.cast('own');
    await env.advance(3_500);
    expect(await owner.call('ticks')).toBe(3);
  });

  it('is not made by one that has ended', async () => {
    const { system } = world();
    const owner = system.start(Clock);
    let kept: { schedule(...args: unknown[]): unknown } | null = null;
    owner.cast('keep', (self) => { kept = self as typeof kept; });
    await owner.call('ticks');
    await owner.stop();
    expect(() => kept?.schedule('late', { everyMs: 1_000 }, () => undefined)).toThrow(/has ended/);
    expect(system.stats().zombies).toBe(1);
  });
});
