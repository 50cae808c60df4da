import { describe, expect, it } from 'vitest';
import type { ScheduleTimes } from '../../../src/bus/public.js';
import { defineAgent } from '../../../src/index.js';
import { world } from './help.js';

const job = (): void => undefined;

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
  return 'nothing was thrown';
}

describe('what breaks its rule is a coded error at once', () => {
  it('times', () => {
    const { schedule, schedules } = world();
    for (const times of [
      undefined, null, 7, {}, { everyMs: 0 }, { everyMs: -1 }, { everyMs: 1.5 }, { everyMs: NaN },
      { everyMs: Infinity }, { everyMs: '5' }, { everyMs: 5, cron: '* * * * *' }, { everyMs: 5, timeZone: 'UTC' },
      { everyMs: 5, jitterMs: -1 }, { everyMs: 5, overlap: 'drop' }, { everyMs: 5, missed: 'none' },
      { everyMs: 5, overlap: 'queue', waitingMax: 0 }, { everyMs: 5, missed: 'all', missedMax: 1_001 },
      { everyMs: 5, timesMax: 0 },
      { everyMs: 5, startAt: -1 }, { everyMs: 5, startAt: '2026' }, { everyMs: 5, startAt: 1e15 },
      { cron: '0 0 * * *', timeZone: 'Mars/Olympus' }, { everyMs: null },
    ]) {
      expect(codeOf(() => schedule('bad', times as unknown as ScheduleTimes, job)), JSON.stringify(times))
        .toBe('BAD_OPTION');
    }
    expect(codeOf(() => schedule('bad', { every: 5 } as unknown as ScheduleTimes, job))).toBe('UNKNOWN_OPTION');
    expect(codeOf(() => schedule('bad', { cron: '61 * * * *' }, job))).toBe('BAD_CRON');
    expect(schedules()).toEqual([]);
  });

  it('an option that does nothing without another', () => {
    const { schedule, schedules } = world();
    for (const times of [
      { everyMs: 5, waitingMax: 3 }, { everyMs: 5, overlap: 'allow', waitingMax: 3 },
      { everyMs: 5, missedMax: 3 }, { everyMs: 5, missed: 'once', missedMax: 3 },
    ] as const) {
      expect(codeOf(() => schedule('bad', times, job)), JSON.stringify(times)).toBe('BAD_COMBINATION');
    }
    expect(schedules()).toEqual([]);
    schedule('good', { everyMs: 5, overlap: 'queue', waitingMax: 3, missed: 'all', missedMax: 3 }, job);
  });

  it('an expression that never fires', () => {
    const { schedule } = world();
    for (const cron of ['0 0 31 2 *', '0 0 30,31 2 *', '0 0 0 1 1 * 2020']) {
      expect(codeOf(() => schedule('bad', { cron }, job)), cron).toBe('NEVER_FIRES');
    }
    expect(codeOf(() => schedule('leap', { cron: '0 0 29 2 *' }, job))).toBe('nothing was thrown');
  });

  it('names', () => {
    const { schedule } = world();
    for (const name of ['', 'a b', 'a..b', 'ä', '*', 7, null, 'x'.repeat(300)]) {
      expect(codeOf(() => schedule(name as string, { everyMs: 5 }, job)), String(name)).toBe('BAD_NAME');
    }
    schedule('__proto__', { everyMs: 5 }, job);
    expect(codeOf(() => schedule('__proto__', { everyMs: 5 }, job))).toBe('ALREADY_STARTED');
  });

  it('jobs', () => {
    const { schedule, system } = world();
    const to = system.start(defineAgent({ name: 'Probe', casts: { tick: () => undefined } }));
    for (const bad of [
      undefined, null, 'tick', {}, { to }, { cast: 'tick' }, { to: 'probe', cast: 'tick' },
      { to, cast: 'tick', call: 'tick' },
    ]) expect(codeOf(() => schedule('bad', { everyMs: 5 }, bad)), String(bad)).toBe('BAD_OPTION');
    expect(codeOf(() => schedule('bad', { everyMs: 5 }, { to, cast: 'tick', paylod: 1 }))).toBe('UNKNOWN_OPTION');
    expect(codeOf(() => schedule('bad', { everyMs: 5 }, { to, cast: 'tock' }))).toBe('UNKNOWN_OPERATION');
    expect(codeOf(() => schedule('bad', { everyMs: 5 }, { to, cast: Symbol('tick') }))).toBe('UNKNOWN_OPERATION');
  });
});
