import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/index.js';
import { readCron } from '../../../src/bus/schedule/cron.js';
import { Zone } from '../../../src/bus/schedule/calendar.js';

function told(act: () => unknown): { code: string; text: string } {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    const { code, message } = error as OptionError;
    return { code, text: message };
  }
  throw new Error('nothing was thrown');
}

describe('a cron expression', () => {
  it('is five to seven fields, or a name', () => {
    const wall = Date.parse('2026-01-01T00:00:00Z');
    const next = (text: string): string => new Date(readCron('cron', text).next(wall) as number).toISOString();
    expect(next('30 2 * * *')).toBe('2026-01-01T02:30:00.000Z');
    expect(next('15 30 2 * * *')).toBe('2026-01-01T02:30:15.000Z');
    expect(next('  0   0 2  * *  1 2027 ')).toBe('2027-01-04T02:00:00.000Z');
    expect(next('@monthly')).toBe('2026-02-01T00:00:00.000Z');
    expect(next('0 9 L * *')).toBe('2026-01-31T09:00:00.000Z');
  });

  it('has any hour when that field begins with a star', () => {
    const any = (text: string): boolean => readCron('cron', text).anyHour;
    expect(['0 * * * *', '0 */2 * * *', '0 0 * * * *', '0 ? * * *', '@hourly'].map(any)).not.toContain(false);
    expect(['* 2 * * *', '0 1-5 * * *', '* * 2 * * *', '* * 2 * * * 2030', '@daily'].map(any)).not.toContain(true);
  });

  it('asks for a time after a moment within a second', () => {
    const { next } = readCron('cron', '30 2 * * *');
    const at = Date.parse('2026-01-01T02:30:00Z');
    expect([next(at - 1), next(at), next(at + 1)]).toEqual([at, at + 86_400_000, at + 86_400_000]);
  });

  it('that is none is a coded error that says why', () => {
    for (const [text, why] of [
      ['61 * * * *', 'Invalid value for minute: 61'], ['* * * *', 'five to seven fields'], ['', 'five to seven'],
      ['2026-12-24T00:00:00', 'five to seven fields'], ['@reboot', 'five to seven fields'],
      ['x * * * *', 'illegal characters'], [7, 'five to seven'], [`${'1,'.repeat(200)}1 * * * *`, 'five to seven'],
    ] as const) {
      const { code, text: message } = told(() => readCron('schedule.cron', text));
      expect(code, String(text)).toBe('BAD_CRON');
      expect(message).toContain(why);
    }
  });

  it('without croner is a coded error that says how to get it', () => {
    const { code, text } = told(() => readCron('schedule.cron', '0 0 * * *', () => {
      throw Object.assign(new Error("Cannot find module 'croner'"), { code: 'MODULE_NOT_FOUND' });
    }));
    expect(code).toBe('PEER_MISSING');
    expect(text).toContain('npm install croner');
  });
});

describe('a time zone', () => {
  it('that nobody knows is a coded error', () => {
    for (const zone of ['Europe/Atlantis', '', 7, null]) {
      expect(told(() => new Zone('schedule.timeZone', zone as string)).code, String(zone)).toBe('BAD_OPTION');
    }
  });

  it('tells the offset of any moment', () => {
    const berlin = new Zone('timeZone', 'Europe/Berlin');
    expect(berlin.offsetAt(Date.parse('2026-03-29T00:59:59.999Z'))).toBe(3_600_000);
    expect(berlin.offsetAt(Date.parse('2026-03-29T01:00:00.000Z'))).toBe(7_200_000);
    expect(new Zone('timeZone', 'Asia/Kathmandu').offsetAt(0)).toBe(5.5 * 3_600_000);
  });
});
