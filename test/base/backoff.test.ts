import { expect, test } from 'vitest';
import { BACKOFF, backoffMs, readBackoff } from '../../src/base/backoff.js';
import { defineAgent, retry, type OptionError } from '../../src/index.js';
import { testSystem } from '../support/system.js';

const thrown = (run: () => unknown): OptionError => {
  try {
    run();
  } catch (error) {
    return error as OptionError;
  }
  throw new Error('it was taken');
};

test('a wait grows by its factor up to its maximum, and jitter only shortens it', () => {
  const plain = readBackoff('x', { baseMs: 100, factor: 3, maxMs: 1_000, jitter: 0 });
  expect([1, 2, 3, 4, 400].map((n) => backoffMs(plain, n, 0.999))).toEqual([100, 300, 900, 1_000, 1_000]);
  const spread = { ...plain, jitter: 0.5 };
  expect([0, 0.5, 0.999].map((random) => backoffMs(spread, 2, random))).toEqual([300, 225, 151]);
  expect(backoffMs({ ...plain, baseMs: 0 }, 2_000, 0)).toBe(0);
});

test('what is left out is what the use says; a base above the maximum raises that, unless it was given', () => {
  expect(readBackoff('x', undefined)).toBe(BACKOFF);
  expect(readBackoff('x', {})).toEqual(BACKOFF);
  expect(readBackoff('x', { jitter: 1 }, { ...BACKOFF, baseMs: 5 }))
    .toEqual({ ...BACKOFF, baseMs: 5, jitter: 1 });
  expect(readBackoff('x', { baseMs: 60_000 }).maxMs).toBe(60_000);
  expect(thrown(() => readBackoff('x', { baseMs: 10, maxMs: 1 })).message)
    .toMatch(/x\.maxMs: got 1, .*baseMs \(10\)/);
  for (const bad of [
    5, null, { baseMs: -1 }, { factor: 0.5 }, { factor: Infinity }, { jitter: 2 }, { jitter: true },
  ]) {
    expect(thrown(() => readBackoff('x', bad as never)).code).toBe('BAD_OPTION');
  }
  expect(thrown(() => readBackoff('x', { base: 1 } as never)).message).toMatch(/did you mean baseMs/);
});

test('an option by an older name is told what it is called now', async () => {
  const system = testSystem();
  const ref = system.start(defineAgent({ calls: { ask: () => 1 }, casts: { note: () => undefined } }));
  const lane = 'it is called lane now', level = 'it is called level now', urgent = 'it is called urgent now';
  await expect(ref.call('ask', undefined, { priority: 'high' } as never)).rejects.toThrow(lane);
  await expect(ref.deliver('note', undefined, { priority: 'high' } as never)).rejects.toThrow(lane);
  expect(() => ref.tryCast('note', undefined, { priority: 'high' } as never)).toThrow(lane);
  expect(() => system.spawn(() => undefined, { priority: 'high' } as never)).toThrow(level);
  expect(() => system.start(defineAgent({}), { priority: 'high' } as never)).toThrow(level);
  expect(() => system.send('nobody', 1, { priority: true } as never)).toThrow(urgent);
  expect(() => system.limit('l', { concurrent: 1 } as never)).toThrow('it is called concurrency now');
  await expect(retry(() => 1, { baseMs: 1 } as never)).rejects.toThrow('it is called backoff now');
  const told = await new Promise<OptionError[]>((resolve) => {
    system.spawn((self) => resolve([
      thrown(
        () => self.flag('priority' as never, 'low' as never)
      ), thrown(() => self.flag('trapExit' as never, true as never)),
    ]));
  });
  expect(told.map((error) => error.message)).toEqual([
    expect.stringContaining('it is called level now'), expect.stringContaining('use self.trapExit(on)'),
  ]);
});
