import { expect, test } from 'vitest';
import { BreakerOpenError, defineAgent } from '../../../src/index.js';
import { simulate } from '../../../src/testing/index.js';

test('retry, limit and breaker together run on virtual time: an outage of an hour costs none', async () => {
  const run = await simulate(29, async (sim) => {
    const back = sim.nowMs + 3_600_000;
    sim.system.limit('llm', { perMinute: 60, concurrency: 2 });
    const breaker = sim.system.breaker('llm', { failures: 3, openMs: 60_000 });
    let made = 0;
    const Agent = defineAgent({
      calls: {
        ask: (self) => self.retry(() => self.limit('llm').run(() => self.breaker('llm').run(() => {
          made++;
          if (sim.nowMs < back) throw new Error('503');
          return 'answer';
        })), { attemptsMax: 1_000, backoff: { baseMs: 1_000, maxMs: 30_000 } }),
      },
    });
    sim.equal(
      await sim.system.start(Agent).call('ask', undefined, { timeoutMs: 7_200_000 }), 'answer',
      'the answer of after the outage',
    );
    sim.always(
      made > 30 && made < 70,
      `the breaker let about one call a minute through, not one a retry: ${made}`,
    );
    sim.always(breaker.stats().rejected > made / 2, 'the others failed fast');
    sim.equal(breaker.state, 'closed', 'state');
  });
  expect(run.elapsedMs).toBeGreaterThan(3_600_000);
  expect(run.elapsedMs).toBeLessThan(3_800_000);
});

test('BREAKER_OPEN tells when to come back: who waits so long is the next probe', async () => {
  await simulate(1, async (sim) => {
    const breaker = sim.system.breaker('llm', { failures: 1, openMs: 12_345 });
    await breaker.run(() => { throw new Error('503'); }).catch(() => undefined);
    await sim.sleep(1_000);
    const error = await breaker.run(() => 'answer').catch((caught: unknown) => caught);
    sim.equal(error instanceof BreakerOpenError && error.probeInMs, 11_345, 'probeInMs');
    await sim.sleep((error as BreakerOpenError).probeInMs);
    sim.equal(await breaker.run(() => 'answer'), 'answer', 'the probe');
  });
});
