import { afterEach, expect, test, vi } from 'vitest';
import { createSystem, defineAgent } from '../../src/index.js';
import { nodeEnv } from '../../src/base/env.js';

afterEach(() => { vi.useRealTimers(); });

test.each([
  ['all', undefined],
  ['timers only', ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate']],
  ['clocks only', ['Date', 'performance']],
] as const)('a system lives, times out and stops in real time under fake timers: %s', async (_what, toFake) => {
  vi.useFakeTimers(toFake === undefined ? {} : { toFake: [...toFake] });
  const system = createSystem({ logger: false });
  const Agent = defineAgent({ calls: { ping: () => 'pong', hang: (self) => self.noreply() } });
  const ref = system.start(Agent);
  expect(await ref.call('ping')).toBe('pong');
  await expect(ref.call('hang', undefined, { timeoutMs: 5 })).rejects.toThrow('no reply within 5 ms');
  const { drained } = await system.stop({ drain: true });
  expect(drained).toBe(true);
});

test('clock and timers agree: what a timer waited for has passed', async () => {
  vi.useFakeTimers({ now: 0 });
  const env = nodeEnv();
  const mono = env.mono();
  await new Promise<void>((resolve) => { env.timer(20, resolve); });
  expect(env.mono() - mono).toBeGreaterThan(15);
  expect(Date.now(), 'the user\'s clock stands').toBe(0);
});
