import { describe, expect, test } from 'vitest';
import { createSystem, OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { held, outcome } from '../calls.js';

describe('options of a limit', () => {
  test.each<[object, string]>([
    [{}, 'perMinute'], [{ perMinute: 0 }, 'perMinute'], [
      { perMinute: Number.NaN }, 'perMinute',
    ], [
      { perMinute: Infinity }, 'perMinute',
    ], [{ concurrent: 0 }, 'concurrent'], [{ concurrent: 1.5 }, 'concurrent'],
    [{ perMinute: 5, burst: 0 }, 'burst'], [{ concurrent: 5, burst: 2 }, 'burst'],
    [{ perSecond: 1 }, 'perSecond'],
  ])('%o is an OptionError that names it', (options, name) => {
    const system = testSystem();
    expect(() => system.limit('openai', options)).toThrow(OptionError);
    expect(() => system.limit('openai', options)).toThrow(name);
    expect(system.limits()).toEqual([]);
  });

  test('the first use must give options; other ones are OPTIONS_CONFLICT', async () => {
    const system = testSystem();
    expect(() => system.limit('openai')).toThrow('options at its first use');
    const limit = system.limit('openai', { perMinute: 120 });
    expect(system.limit('openai', { perMinute: 120, burst: 2 }).name).toBe('openai');
    expect(() => system.limit('openai', { perMinute: 121 })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_CONFLICT', option: 'limit.perMinute' }),
    );
    for (const wrong of [
      limit.run('x' as never), limit.run(() => 1, { timeoutMs: -1 }),
      limit.run(() => 1, { signal: 5 as never }),
    ]) expect(await outcome(wrong)).toBeInstanceOf(OptionError);
    expect(() => limit.pause(Number.NaN)).toThrow(OptionError);
    expect(() => system.limit('other', { concurrency: 1, retryAfterMaxMs: -1 })).toThrow(
      'limit.retryAfterMaxMs: got -1',
    );
    expect(limit.stats()).toMatchObject({ running: 0, started: 0 });
  });

  test('the stop of the system ends all waits of the outside and leaves nothing', async () => {
    const env = new VirtualEnv();
    const system = createSystem({ env, logger: false });
    const limit = system.limit('openai', { concurrency: 1, perMinute: 1 });
    const first = held(limit);
    const waiting = outcome(limit.run(() => 'called'));
    await env.settle();
    await system.stop();
    expect(await waiting).toMatchObject({ code: 'SYSTEM_STOPPED' });
    await first.ok();
    expect(await outcome(limit.run(() => 'called'))).toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(env.pending).toEqual({ timers: 0, held: 0 });
  });
});
