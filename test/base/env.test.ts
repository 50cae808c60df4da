import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodeEnv } from '../../src/base/env.js';
import { defineAgent } from '../../src/index.js';
import { testSystem } from '../support/system.js';

const YEAR = 31_536_000_000;

/** Somebody sets the clock of the machine. */
function setClock(by: number): void {
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() + by);
}

afterEach(() => { vi.restoreAllMocks(); });

describe('P32 the wall clock of the machine is set', () => {
  for (const by of [YEAR, -YEAR]) {
    const way = by > 0 ? 'forward' : 'back';
    test(`P32 ${way}: the monotonic clock does not jump, the wall clock does`, () => {
      const env = nodeEnv();
      const [mono, wall] = [env.mono(), env.wall()];
      setClock(by);
      expect(env.mono() - mono).toBeGreaterThanOrEqual(0);
      expect(env.mono() - mono).toBeLessThan(10_000);
      expect(Math.abs(env.wall() - wall - by)).toBeLessThan(10_000);
    });

    test(`P32 ${way}: nothing is due early, nothing is late`, async () => {
      const system = testSystem();
      const seen: string[] = [];
      const Agent = defineAgent({
        calls: { hang: () => new Promise<number>(() => undefined) },
        casts: { arm(self, ms: number) { self.timeout(ms); } },
        info(_self, message) { seen.push(typeof message === 'string' ? message : 'idle'); },
      });
      const ref = system.start(Agent);
      const idle = system.start(Agent);
      const began = system.monotonic();
      idle.cast('arm', 20);
      system.timers.sendInterval(20, 'tick', system.start(Agent));
      const call = system.start(Agent).tryCall('hang', undefined, { timeoutMs: 20 });
      const expiring = ref.deliver('hang', undefined, { expiresInMs: 60_000 });
      setClock(by);
      expect(await call).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
      expect(system.monotonic() - began).toBeGreaterThanOrEqual(20);
      expect(system.monotonic() - began).toBeLessThan(10_000);
      await vi.waitFor(() => { expect(seen).toContain('tick'); expect(seen).toContain('idle'); }, {
        interval: 5,
      });
      expect((await expiring).state).not.toBe('expired');
      expect(seen.filter((one) => one === 'tick').length).toBeLessThan(500);
    });
  }
});
